#pragma once

#include "core/array_spec.hpp"
#include "worker/gate.hpp"

#include <filesystem>
#include <map>
#include <string>
#include <vector>

namespace gaggle::worker {

/// Names and values, as a process's environment holds them.
using Variables = std::map<std::string, std::string>;

/// The node's own HOME, USER, LOGNAME, SHELL, LANG and TMPDIR, and a plain PATH: what every environment builds on.
[[nodiscard]] Variables bare_variables();

/// Where on this node an environment's programs run.
struct Place {
    std::filesystem::path mount_point;  ///< of its image
    std::filesystem::path directory;    ///< where they start
    Variables variables;                ///< bare, or what the environment's set-up left
};

/// What one interpreter of `environment` runs at `place`: "{mount}" and "{PATH}" replaced, the interpreter found in the
/// PATH it will have, the probe and its imports appended, the environment's variables over the place's. Throws
/// Error(Usage) for a language without a probe.
[[nodiscard]] Program make_program(const EnvironmentSpec& environment, const Place& place);

/// The same for one of its controls: its command, and no probe.
[[nodiscard]] Program make_control(const EnvironmentSpec& environment, const ControlSpec& control, const Place& place);

/// "NAME=value" of each.
[[nodiscard]] std::vector<std::string> assignments(const Variables& variables);

/// "NAME=value", as an environment holds it.
[[nodiscard]] std::string assignment(const std::string& name, const std::string& value);

/// The file that `name` starts: itself if it has a slash, else the first in `path`, as execvp(3) would look. What is
/// not there comes back as it is: that exec fails is then a result of each interpreter.
[[nodiscard]] std::string find_executable(const std::string& name, const std::string& path);

}  // namespace gaggle::worker
