#pragma once

#include <string>
#include <string_view>
#include <vector>

/// What of the submitter's shell reaches sbatch, and with it the job, or the worker of `gaggle run`.
namespace gaggle::scrub {

/// Whether a variable of that name is kept. Kept are those that a person's session needs (HOME, PATH, LANG …), those
/// that find and authenticate to Slurm, and sbatch's own SBATCH_* except where gaggle itself decides.
[[nodiscard]] bool is_kept(std::string_view name);

/// The "NAME=VALUE" of `environment` that are kept, in their order.
[[nodiscard]] std::vector<std::string> kept(const std::vector<std::string>& environment);

/// This process's environment.
[[nodiscard]] std::vector<std::string> current();

}  // namespace gaggle::scrub
