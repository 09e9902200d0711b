#pragma once

#include "orchestrator/commands/options.hpp"
#include "orchestrator/store/store.hpp"

#include <span>
#include <string>
#include <vector>

/// What `resubmit`, `cancel` and `logs` have in common: which attempts they are about.
namespace gaggle::commands {

inline const Option experiment_option{"experiment", "N", "the experiment with this number (default: the newest)"};
inline const Option where_option{
    "where", "SQL",
    "only attempts for which this condition holds, over the columns of the view 'latest': "
    "experiment, environment, nodes, interpreters, repetition, block, state, reason, job, "
    "slurm_nodes ... (docs/data-model.md), such as \"nodes=320 AND environment='py_conda'\""};
inline const std::string selection_help =
    "SELECTION: cells as 'gaggle plan' numbers or names them (3, 2x4:env), jobs and their elements (123, 123_4,\n"
    "123_[4-6,9], 123_*). Without one: all.\n";

/// The experiment of --experiment, else the newest. Throws Error(Usage) if there is none.
[[nodiscard]] store::ExperimentRow chosen_experiment(const Parsed& parsed, const store::Store& store);

enum class Attempts { latest, all };

/// The attempts (the latest ones at their repetitions, or all) of the experiment that the operands name, in one of the
/// states of --state (without it: of `states`), for which --where holds, which only latest ones can be; in their order.
/// Throws Error(Usage).
[[nodiscard]] std::vector<store::ElementRow> chosen_attempts(const Parsed& parsed, const store::Store& store,
                                                             store::ExperimentId experiment,
                                                             std::span<const AttemptState> states,
                                                             Attempts which = Attempts::latest);

}  // namespace gaggle::commands
