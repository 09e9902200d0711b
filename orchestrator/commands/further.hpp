#pragma once

#include "orchestrator/slurm/scheduler.hpp"
#include "orchestrator/store/store.hpp"

#include <optional>
#include <string>
#include <vector>

/// What a resubmission consists of.
namespace gaggle::commands {

enum class FailedNodes { used, left_out };

/// What is to differ from the first attempts.
struct Changes {
    std::vector<std::string> given;   ///< sbatch's arguments, behind those of the first attempts
    std::optional<std::string> time;  ///< "x2" or a limit
    FailedNodes nodes = FailedNodes::used;
    slurm::Limits limits;  ///< wanted where nodes are left out
};

/// An array to add, and its line before it is in the store.
struct Further {
    store::FurtherArray array;
    store::ArrayRow row;
};

/// An array for each of those that first made the chosen attempts, in their order. Says so where leaving out nodes would
/// leave too few. Throws Error(Usage) if the changes cannot be made, Error(Store) if the kept
/// experiment file is not what was planned.
[[nodiscard]] std::vector<Further> further_arrays(const store::Store& store, const store::ExperimentRow& experiment,
                                                  const std::vector<store::ElementRow>& chosen, const Changes& changes);

/// Arrays of second and later attempts that were never submitted, or not run to their end by the local runner.
[[nodiscard]] std::vector<store::ArrayRow> left_of_resubmissions(const store::Store& store,
                                                                 store::ExperimentId experiment);

/// The template of the experiment's scripts: what the store keeps, else the built-in one if that is what was used.
/// Throws Error(Store) if neither is.
[[nodiscard]] std::string template_of(const store::ExperimentRow& experiment);

}  // namespace gaggle::commands
