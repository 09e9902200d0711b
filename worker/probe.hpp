#pragma once

#include "core/array_spec.hpp"
#include "worker/gate.hpp"

#include <filesystem>
#include <string>

/// Probes, worker/probes: one program per language, handed to the interpreter on its command line, so that none reads
/// a file of its own. Arguments: the descriptor to mark on, the timer's (worker/marks.hpp), the number of
/// clock_gettime(2) on this machine, then the imports, in order; names are data, never code. A probe
///
/// - reads its clock, with nothing loaded that the interpreter has not loaded anyway: no import may find a file read;
/// - marks "ready" with that instant, then "probe", then each import when it is done, in the format of
///   worker/marks.hpp, each mark being one write(2);
/// - at the first import that fails marks "error" with the first line of the language's own words, and fails as the
///   language fails.
///
/// The arguments are gone before the first import, where the language lets them go.
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
