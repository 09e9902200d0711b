#pragma once

#include "orchestrator/experiment/checks.hpp"
#include "orchestrator/experiment/experiment.hpp"
#include "orchestrator/experiment/kinds.hpp"

#include <filesystem>
#include <optional>
#include <string>
#include <utility>
#include <vector>

/// The values of a kind's keys.
namespace gaggle::experiment {

using Variables = std::vector<std::pair<std::string, std::string>>;

/// What an environment takes from the rest of the file, and paths from.
struct Surroundings {
    std::filesystem::path folder;       ///< of the experiment file: relative paths start here
    ShellVariables shell;               ///< for "~"
    std::optional<Field> imports = {};  ///< the experiment's: names of whatever language an environment has
    Variables inherited = {};
    bool controls = true;                   ///< whether each environment gets its null control
    bool staged = false;                    ///< the environment's own: its paths come to be on the nodes
    std::vector<Absent>* absent = nullptr;  ///< takes what is not here; without it that is an error
};

/// `text` as an absolute path: "~/" is the home folder, a relative path starts at the experiment file's folder.
[[nodiscard]] std::filesystem::path absolute_path(const std::string& text, const Surroundings& surroundings);

/// One key's value, as words to put into a command, checked to be what `form` says; empty if reported.
[[nodiscard]] std::optional<std::vector<std::string>> value_of(const Field& field, Form form,
                                                               const Surroundings& surroundings, Problems& problems);

}  // namespace gaggle::experiment
