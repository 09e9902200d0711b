#pragma once

#include "orchestrator/experiment/experiment.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

/// The SBATCH_* of the submitter's shell that reach sbatch: they beat a batch script, and so the experiment file
/// (sbatch(1), INPUT ENVIRONMENT VARIABLES; docs/slurm.md has those that are left out).
namespace gaggle::commands {

/// What sbatch will take for an option ("partition", "time" …): what was given on the command line, else the variable's
/// value, else what the file says; empty: none of these.
[[nodiscard]] std::optional<std::string> asked_of_sbatch(const experiment::SlurmOptions& slurm,
                                                         std::string_view option);

/// "SBATCH_PARTITION=debug beats --partition=norm" for each variable that contradicts an option of the file which was not
/// given on the command line.
[[nodiscard]] std::vector<std::string> contradictions(const experiment::SlurmOptions& slurm);

/// Says them.
void warn_of_contradictions(const experiment::SlurmOptions& slurm);

}  // namespace gaggle::commands
