#pragma once

#include "orchestrator/plan/plan.hpp"
#include "orchestrator/store/store.hpp"

#include <string>
#include <vector>

/// How the commands name things.
namespace gaggle::commands {

/// The cell that an array, or an element of one, measures (plan::cell_name).
[[nodiscard]] std::string cell_name(const store::ArrayRow& array);
[[nodiscard]] std::string cell_name(const store::ElementRow& element);

/// Sorted numbers as "1-3,5"; "-" for none.
[[nodiscard]] std::string ranges(std::vector<unsigned> numbers);

/// An array's line: its job (or "-"), cell, block from 1, repetitions; separated by tabs.
[[nodiscard]] std::string array_line(const store::ArrayRow& array);

/// "1 array", "2 arrays".
[[nodiscard]] std::string counted(std::size_t count, const std::string& thing);

}  // namespace gaggle::commands
