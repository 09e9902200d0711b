#include "orchestrator/commands/turns.hpp"

#include <algorithm>

namespace gaggle::commands {

namespace {

bool share_a_cell(const store::ArrayRow& one, const store::ArrayRow& other)
{
    return std::ranges::any_of(one.cells, [&](const store::CellRow& cell) {
        return std::ranges::find(other.cells, cell) != other.cells.end();
    });
}

bool is_of_traces(const store::ArrayRow& array)
{
    return array.cells.front().role == Role::trace;
}

}  // namespace

bool is_of_turn(const store::ArrayRow& array, const std::vector<store::ArrayRow>& turn)
{
    return std::ranges::all_of(turn, [&](const store::ArrayRow& other) {
        return array.concurrent && array.experiment == other.experiment && array.block == other.block &&
               is_of_traces(array) == is_of_traces(other) && !share_a_cell(array, other);
    });
}

}  // namespace gaggle::commands
