#pragma once

#include "orchestrator/experiment/experiment.hpp"

#include <filesystem>
#include <optional>
#include <set>
#include <string>
#include <string_view>

/// What Slurm is asked for when an experiment's attempts are made again: the same, but for what the user changes.
namespace gaggle::experiment {

/// The [slurm] table of a file that was planned before, but for `template`: the template's text is kept beside it.
/// Nothing else of the file is looked at: what its environments need may be gone. Throws Error(Usage).
[[nodiscard]] SlurmOptions slurm_of(std::string_view text, const std::filesystem::path& file);

/// The value of an option, however it is spelled; of several the last, which is the one that counts for sbatch.
[[nodiscard]] std::optional<std::string> value_of(const SlurmOptions& slurm, std::string_view name,
                                                  std::string_view short_name);

/// The same of what was given on the command line only.
[[nodiscard]] std::optional<std::string> value_given(const SlurmOptions& slurm, std::string_view name,
                                                     std::string_view short_name);

/// Sets the time limit: "x2" and "x1.5" multiply the one that is there (up to the next minute), anything else has to be
/// a limit as sbatch takes it. Throws Error(Usage), also if there is none to multiply.
void change_time(SlurmOptions& slurm, const std::string& wanted);

/// Leaves these nodes out, beside those that are left out already.
void exclude(SlurmOptions& slurm, const std::set<std::string>& nodes);

}  // namespace gaggle::experiment
