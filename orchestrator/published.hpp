#pragma once

#include "orchestrator/store/store.hpp"

#include <filesystem>
#include <string_view>
#include <vector>

namespace gaggle::published {

/// The lines of a file in the founding study's format (github.com/wresch/python_import_problem), without a header:
///
///     interpreter|n.per.node|n.nodes|n.total|time.s
///     py_conda|16|320|5120|132.397
///
/// n.total is n.per.node × n.nodes; time.s is in seconds, greater than 0, with at most nine decimals. `file` is for
/// errors. Throws Error(Usage) "FILE:LINE:COLUMN: ..." at the first thing that is not so, and if there is no line.
[[nodiscard]] std::vector<store::ImportedTime> parse(std::string_view text, const std::filesystem::path& file);

/// Reads files of that format. One whose name begins with "overall" holds a time per attempt, with "individual" one per
/// gaggle; there is at most one of each. Throws Error(Usage).
[[nodiscard]] store::Imported read_files(const std::vector<std::filesystem::path>& files);

}  // namespace gaggle::published
