#include "orchestrator/commands/turns.hpp"

#include <algorithm>

namespace gaggle::commands {

namespace {

bool is_same_cell(const store::ArrayRow& one, const store::ArrayRow& other)
{
    return one.nodes == other.nodes && one.interpreters == other.interpreters && one.environment == other.environment &&
           one.role == other.role;
}

}  // namespace

bool is_of_turn(const store::ArrayRow& array, const std::vector<store::ArrayRow>& turn)
{
    return std::ranges::all_of(turn, [&](const store::ArrayRow& other) {
        return array.concurrent && array.experiment == other.experiment && array.block == other.block &&
               (array.role == Role::trace) == (other.role == Role::trace) && !is_same_cell(array, other);
    });
}

}  // namespace gaggle::commands
