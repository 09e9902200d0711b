#pragma once

#include "orchestrator/store/store.hpp"

#include <span>
#include <string>
#include <vector>

namespace gaggle::commands {

/// The experiments of this number or this name, imported ones too, oldest first. Throws Error(Usage) if there is none.
[[nodiscard]] std::vector<store::ExperimentId> experiments_named(const store::Store& store, const std::string& operand);

/// Those that the operands name, each once and in order; all if there is no operand. Throws Error(Usage) if there is none.
[[nodiscard]] std::vector<store::ExperimentId> experiments_or_all(const store::Store& store,
                                                                  std::span<const std::string> operands);
/// The newest experiment that gaggle ran of this number or name, if there is an operand, else of all. Throws
/// Error(Usage).
[[nodiscard]] store::ExperimentRow named_or_newest(const store::Store& store, const std::vector<std::string>& operands);

}  // namespace gaggle::commands
