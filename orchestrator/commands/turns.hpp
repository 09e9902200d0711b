#pragma once

#include "orchestrator/store/store.hpp"

#include <vector>

namespace gaggle::commands {

/// A turn: arrays that may run at the same time. One array alone; of an experiment with `concurrent = true` the cells
/// of one block, each once, and after all blocks its traces. What is submitted later waits for all of it.
[[nodiscard]] bool is_of_turn(const store::ArrayRow& array, const std::vector<store::ArrayRow>& turn);

}  // namespace gaggle::commands
