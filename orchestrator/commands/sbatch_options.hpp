#pragma once

#include "orchestrator/commands/options.hpp"

#include <string>
#include <vector>

/// sbatch's options on gaggle's own command line. They beat SBATCH_* and the experiment file, as on sbatch's.
namespace gaggle::commands {

/// `own`, and behind them sbatch's, in its letters, but for those whose name `own` has already.
[[nodiscard]] std::vector<Option> with_sbatch_options(std::vector<Option> own);

/// For the description of a command that has them.
inline const std::string sbatch_help =
    "Options of sbatch beat SBATCH_* and the file, and are kept with the experiment; what follows -- goes to sbatch "
    "as\n"
    "it is.\n";

/// What of sbatch's was given, as its arguments: the options, then what follows "--". `own` are options of the command
/// that only share their name with one of sbatch's. Throws Error(Usage) for what gaggle decides.
[[nodiscard]] std::vector<std::string> given_sbatch_options(const Parsed& parsed,
                                                            const std::vector<std::string>& own = {});

}  // namespace gaggle::commands
