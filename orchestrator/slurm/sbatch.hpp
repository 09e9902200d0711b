#pragma once

#include "orchestrator/slurm/scheduler.hpp"

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace gaggle::slurm {

/// Runs sbatch on a script, in an environment scrubbed of the submitter's shell (orchestrator/scrub.hpp).
/// sbatch, because no other way in honours the site's cli_filter and SPANK options and the user's SBATCH_*.
/// It inherits `held`. Throws Error(SlurmUnreachable) if there is no sbatch or it cannot reach slurmctld,
/// Error(Rejected) if Slurm said no.
[[nodiscard]] Submitted run_sbatch(const std::filesystem::path& script, const std::vector<std::string>& options,
                                   const JobIds& after, std::optional<int> held);

/// sbatch's arguments.
[[nodiscard]] std::vector<std::string> sbatch_arguments(const std::filesystem::path& script,
                                                        const std::vector<std::string>& options, const JobIds& after);

/// What `sbatch --parsable` prints: "ID" or "ID;CLUSTER"; job_id and cluster only. Lines before it are a site's
/// greetings. Throws Error(Rejected) on anything else.
[[nodiscard]] Submitted parse_parsable(std::string_view output);

/// Whether sbatch's complaint means that it got no answer, and so the job may or may not have been taken.
[[nodiscard]] bool is_unreachable(std::string_view complaint);

}  // namespace gaggle::slurm
