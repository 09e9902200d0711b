#pragma once

#include "orchestrator/plan/plan.hpp"
#include "orchestrator/store/store.hpp"

#include <string>
#include <vector>

/// How the commands name things.
namespace gaggle::commands {

/// plan::cell_name; of an element, of the cell that it measures.
[[nodiscard]] std::string cell_name(const store::CellRow& cell);
[[nodiscard]] std::string cell_name(const store::ElementRow& element);

/// What an array measures: the name of its cell, of several plan::shape_name.
[[nodiscard]] std::string array_name(const store::ArrayRow& array);

/// Sorted numbers as "1-3,5", each once; "-" for none.
[[nodiscard]] std::string ranges(std::vector<unsigned> numbers);

/// What an array measures (array_name), block from 1, repetitions; separated by tabs.
[[nodiscard]] std::string array_words(const store::ArrayRow& array);

/// An array's line: its job (or "-") and, after a tab, array_words.
[[nodiscard]] std::string array_line(const store::ArrayRow& array);

/// "1 array", "2 arrays".
[[nodiscard]] std::string counted(std::size_t count, const std::string& thing);

}  // namespace gaggle::commands
