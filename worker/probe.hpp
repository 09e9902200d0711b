#pragma once

#include "core/array_spec.hpp"
#include "worker/gate.hpp"

#include <filesystem>
#include <string>

namespace gaggle::worker {

/// What one interpreter of `environment` runs on this node: "{mount}" replaced, the interpreter found in the PATH it
/// will have, the probe and its imports appended, the bare environment of the node (HOME, USER, LOGNAME, SHELL, LANG,
/// TMPDIR and a plain PATH) under the environment's variables. Throws Error(Usage) for a language without a probe.
[[nodiscard]] Program make_program(const EnvironmentSpec& environment, const std::filesystem::path& mount_point,
                                   const std::filesystem::path& directory);

/// "NAME=value", as an environment holds it.
[[nodiscard]] std::string assignment(const std::string& name, const std::string& value);

/// The file that `name` starts: itself if it has a slash, else the first in `path`, as execvp(3) would look. What is
/// not there comes back as it is: that exec fails is then a result of each interpreter.
[[nodiscard]] std::string find_executable(const std::string& name, const std::string& path);

}  // namespace gaggle::worker
