#pragma once

#include "core/array_spec.hpp"
#include "worker/gate.hpp"

#include <filesystem>
#include <map>
#include <string>
#include <vector>

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

/// Names and values, as a process's environment holds them.
using Variables = std::map<std::string, std::string>;

/// The node's own HOME, USER, LOGNAME, SHELL, LANG and TMPDIR, and a plain PATH: what every environment builds on.
[[nodiscard]] Variables bare_variables();

/// Where on this node an environment's programs run.
struct Place {
    std::filesystem::path mount_point;  ///< of its image, or what staging puts there: at first an empty folder, or none
    std::filesystem::path directory;    ///< where they start
    Variables variables;                ///< bare, or what the environment's set-up left
};

/// `text` with the mount point for each "{mount}".
[[nodiscard]] std::string at_place(std::string text, const Place& place);

/// What "{enter}" in a command becomes: the worker that marks it (entry.cpp), or nothing.
enum class Entry { marked, unmarked };

/// What one interpreter of `environment` runs at `place`: "{mount}", "{PATH}" and "{enter}" replaced, the interpreter found in the
/// PATH it will have, the probe and its imports appended, the environment's variables over the place's. Throws
/// Error(Usage) for a language without a probe.
[[nodiscard]] Program make_program(const EnvironmentSpec& environment, const Place& place,
                                   Entry entry = Entry::unmarked);

/// The same for one of its controls: its command, and no probe.
[[nodiscard]] Program make_control(const EnvironmentSpec& environment, const ControlSpec& control, const Place& place,
                                   Entry entry);

/// The files and folders that a cache state of `environment` is about: its own, or else `program`, one of its
/// interpreters. What is mounted comes before its image.
[[nodiscard]] std::vector<std::filesystem::path> cached_paths(const EnvironmentSpec& environment, const Place& place,
                                                              const Program& program);

/// "NAME=value" of each.
[[nodiscard]] std::vector<std::string> assignments(const Variables& variables);

/// "NAME=value", as an environment holds it.
[[nodiscard]] std::string assignment(const std::string& name, const std::string& value);

/// The file that `name` starts: itself if it has a slash, else the first in `path`, as execvp(3) would look. What is
/// not there comes back as it is: that exec fails is then a result of each interpreter.
[[nodiscard]] std::string find_executable(const std::string& name, const std::string& path);

}  // namespace gaggle::worker
