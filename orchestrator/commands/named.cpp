#include "orchestrator/commands/named.hpp"

#include "core/error.hpp"
#include "core/resemblance.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <optional>

namespace gaggle::commands {

std::vector<store::ExperimentId> experiments_named(const store::Store& store, const std::string& operand)
{
    std::vector<store::ExperimentId> named;
    std::ranges::copy_if(store.experiments(), std::back_inserter(named), [&](store::ExperimentId id) {
        return std::to_string(id.value) == operand || store.find(id)->name == operand;
    });
    if (named.empty()) {
        std::vector<std::string> names;
        std::ranges::transform(store.experiments(), std::back_inserter(names),
                               [&](store::ExperimentId id) { return store.find(id)->name; });
        throw Error(ExitCode::Usage, fmt::format("'{}': expected the number or the name of an experiment in {}{}",
                                                 operand, store.directory().string(), did_you_mean(operand, names)));
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

store::ExperimentRow named_or_newest(const store::Store& store, const std::vector<std::string>& operands)
{
    const std::optional<store::ExperimentId> newest =
        operands.empty() ? store.newest_experiment() : experiments_named(store, operands.front()).back();
    if (!newest) {
        throw Error(ExitCode::Usage, "no experiment in " + store.directory().string());
    }
    store::ExperimentRow row = *store.find(*newest);
    if (row.launcher == record::Launcher::imported) {
        throw Error(ExitCode::Usage, fmt::format("experiment {} was imported; gaggle did not run it", row.id.value));
    }
    return row;
}

}  // namespace gaggle::commands
