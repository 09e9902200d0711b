#pragma once

#include "orchestrator/experiment/checks.hpp"
#include "orchestrator/experiment/experiment.hpp"
#include "orchestrator/experiment/forms.hpp"

namespace gaggle::experiment {

/// Why an argument of sbatch's must not be given, because gaggle decides it: "--array" with its reason; "": it may.
[[nodiscard]] std::string refusal(std::string_view argument);

/// The [slurm] table.
[[nodiscard]] SlurmOptions read_slurm(const Node& table, const Surroundings& surroundings, Problems& problems);

}  // namespace gaggle::experiment
