#include "orchestrator/commands/named.hpp"

#include "core/error.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>

namespace gaggle::commands {

std::vector<store::ExperimentId> experiments_named(const store::Store& store, const std::string& operand)
{
    std::vector<store::ExperimentId> named;
    std::ranges::copy_if(store.experiments(), std::back_inserter(named), [&](store::ExperimentId id) {
        return std::to_string(id.value) == operand || store.find(id)->name == operand;
    });
    if (named.empty()) {
        throw Error(ExitCode::Usage, fmt::format("'{}': expected the number or the name of an experiment in {}",
                                                 operand, store.directory().string()));
    }
    std::ranges::sort(named);
    return named;
}

std::vector<store::ExperimentId> experiments_or_all(const store::Store& store, std::span<const std::string> operands)
{
    std::vector<store::ExperimentId> all = store.experiments();
    if (all.empty()) {
        throw Error(ExitCode::Usage, "no experiment in " + store.directory().string());
    }
    if (operands.empty()) {
        return all;
    }
    std::vector<store::ExperimentId> some;
    for (const std::string& operand : operands) {
        std::ranges::copy(experiments_named(store, operand), std::back_inserter(some));
    }
    std::ranges::sort(some);
    some.erase(std::unique(some.begin(), some.end()), some.end());  // clang cannot read libstdc++ 12's ranges::unique
    return some;
}

}  // namespace gaggle::commands
