#pragma once

#include "orchestrator/store/store.hpp"

#include <string>
#include <vector>

namespace gaggle::commands {

/// The experiments of this number or this name, imported ones too, oldest first. Throws Error(Usage) if there is none.
[[nodiscard]] std::vector<store::ExperimentId> experiments_named(const store::Store& store, const std::string& operand);

}  // namespace gaggle::commands
