#pragma once

#include "orchestrator/slurm/scheduler.hpp"

namespace gaggle::slurm {

/// slurmctld's configuration and partitions, by one request each, and where a partition limits a node's memory its
/// nodes. libslurm must have been initialised.
/// Throws Error(SlurmUnreachable).
[[nodiscard]] Limits load_limits();

}  // namespace gaggle::slurm
