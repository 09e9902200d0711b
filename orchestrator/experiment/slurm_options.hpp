#pragma once

#include "orchestrator/experiment/checks.hpp"
#include "orchestrator/experiment/experiment.hpp"
#include "orchestrator/experiment/forms.hpp"

namespace gaggle::experiment {

/// The [slurm] table.
[[nodiscard]] SlurmOptions read_slurm(const Node& table, const Surroundings& surroundings, Problems& problems);

}  // namespace gaggle::experiment
