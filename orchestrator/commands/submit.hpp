#pragma once

#include "core/error.hpp"
#include "orchestrator/commands/commands.hpp"
#include "orchestrator/slurm/scheduler.hpp"

namespace gaggle::commands {

/// `gaggle submit`, to a given scheduler.
ExitCode submit_to(slurm::Scheduler& scheduler, const Arguments& arguments);

}  // namespace gaggle::commands
