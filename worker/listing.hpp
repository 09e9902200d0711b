#pragma once

#include <filesystem>
#include <string>
#include <string_view>

/// The files of an environment, to be compared with another's. In a container they are another program's to see: there
/// the worker itself is run (gate.hpp).
namespace gaggle::worker {

/// `gaggle-worker files FOLDER`: prints a record's `file` line for everything under `folder` but folders, by path, of
/// node 0; then "end". Does not go into other file systems. Throws Error if something cannot be read.
void print_files(const std::filesystem::path& folder);

/// The `file` lines of what it printed, with the number of this node; other lines are passed over: wrappers print, too.
/// Throws Error if it did not come to its end.
[[nodiscard]] std::string file_lines_of(std::string_view output, unsigned node);

}  // namespace gaggle::worker
