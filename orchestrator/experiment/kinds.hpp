#pragma once

#include "core/array_spec.hpp"
#include "orchestrator/experiment/checks.hpp"
#include "orchestrator/experiment/experiment.hpp"

#include <filesystem>
#include <optional>
#include <string>
#include <utility>
#include <vector>

/// Kinds of environment. A kind is an entry of the table in kinds.cpp: which keys it takes and how they become an
/// interpreter's command and PATH. Users read about them in docs/environments.md.
namespace gaggle::experiment {

using Variables = std::vector<std::pair<std::string, std::string>>;

/// Sets `name`, in place if it is there already.
void set_variable(Variables& variables, const std::string& name, const std::string& value);

/// What an environment takes from the rest of the file, and paths from.
struct Surroundings {
    std::filesystem::path folder;  ///< of the experiment file: relative paths start here
    ShellVariables shell;          ///< for "~"
    std::optional<Field> imports;  ///< the experiment's: names of whatever language an environment has
    Variables inherited;
    bool controls = true;  ///< whether each environment gets its null control
    bool staged = false;   ///< the environment's own: its paths come to be on the nodes
};

/// `text` as an absolute path: "~/" is the home folder, a relative path starts at the experiment file's folder.
[[nodiscard]] std::filesystem::path absolute_path(const std::string& text, const Surroundings& surroundings);

/// One [[environment]] table. Its `name` alone may be known although the rest is not sound: then the problems say why.
[[nodiscard]] EnvironmentSpec read_environment(const Node& table, const Surroundings& surroundings, Problems& problems);

}  // namespace gaggle::experiment
