#pragma once

#include "orchestrator/slurm/scheduler.hpp"

#include <cstdint>

namespace gaggle::slurm {

/// All of this user's arrays with a token, by one request to slurmctld, which filters by user: on a cluster with many
/// jobs that is gentler than loading all. libslurm must have been initialised. Throws Error(SlurmUnreachable).
[[nodiscard]] Queue load_queue();

/// Ends an array. libslurm must have been initialised. An array that has ended already is none to complain about.
void cancel_job(std::uint64_t job_id);

}  // namespace gaggle::slurm
