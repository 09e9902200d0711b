#pragma once

#include "orchestrator/slurm/scheduler.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace gaggle::slurm {

/// Fills in exit code or signal from the wait status that Slurm's daemons keep of the batch script.
void set_exit(SlurmWord& word, std::uint32_t wait_status);

/// All of this user's arrays with a token, by one request to slurmctld, which filters by user: on a cluster with many
/// jobs that is gentler than loading all. libslurm must have been initialised. Throws Error(SlurmUnreachable).
[[nodiscard]] Queue load_queue();

/// Elements of an array as scancel names them: "123_[4,6,9]".
[[nodiscard]] std::string elements(std::uint64_t job_id, const std::vector<unsigned>& tasks);

/// Ends an array, "123", or some of its elements. libslurm must have been initialised. What has ended already is
/// nothing to complain about.
void cancel_jobs(const std::string& id);

/// Lets an array that is pending wait for the end of others, and for nothing else. libslurm must have been
/// initialised. Throws Error(Rejected).
void set_dependency(std::uint64_t job_id, const JobIds& after);

}  // namespace gaggle::slurm
