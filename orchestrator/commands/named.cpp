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

}  // namespace gaggle::commands
