#include "core/log.hpp"
#include "orchestrator/collect.hpp"
#include "orchestrator/commands/choice.hpp"
#include "orchestrator/commands/commands.hpp"
#include "orchestrator/commands/further.hpp"
#include "orchestrator/commands/options.hpp"
#include "orchestrator/commands/provenance.hpp"
#include "orchestrator/commands/running.hpp"
#include "orchestrator/commands/sbatch_options.hpp"
#include "orchestrator/commands/submission.hpp"
#include "orchestrator/commands/waiting.hpp"
#include "orchestrator/commands/words.hpp"
#include "orchestrator/slurm/slurm_scheduler.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <iostream>
#include <iterator>
#include <limits>

namespace gaggle::commands {

namespace {

const Usage resubmit_usage{
    .synopsis = "gaggle resubmit [options] [SELECTION...] [-- SBATCH-OPTIONS]",
    .description =
        "Makes new attempts at what has ended and did not complete, as new arrays of exactly these repetitions, with\n"
        "the environment, the template and the worker of the first attempts, whose rows stay. Prints a line per "
        "array.\n"
        "What waits, runs or has completed is left alone, so that a second call does nothing.\n" +
        selection_help + sbatch_help,
    .options = with_sbatch_options(
        {experiment_option,
         {"state", "STATES",
          "only these states, in squeue's letters or in full: F,TO,CA,NF,OOM,PR,BF,DL,INCOMPLETE,LOST"},
         where_option,
         {"time", "LIMIT", "another time limit: x2 doubles the experiment's, 00:20:00 sets it", 't'},
         {"exclude-failed-nodes", "", "leave out the nodes on which these attempts failed"},
         {"dry-run", "", "print what would be submitted, from what was collected last; write nothing"},
         {"wait", "", "stay until all has ended, as 'gaggle wait' does"}}),
    .least_operands = 0,
    .most_operands = std::numeric_limits<std::size_t>::max(),
    .after_dashes = Usage::AfterDashes::verbatim};

constexpr std::array ended_badly{AttemptState::Failed,   AttemptState::Timeout,     AttemptState::Cancelled,
                                 AttemptState::NodeFail, AttemptState::OutOfMemory, AttemptState::Preempted,
                                 AttemptState::BootFail, AttemptState::Deadline,    AttemptState::Incomplete,
                                 AttemptState::Lost};

Changes changes_of(const Parsed& parsed, const store::ExperimentRow& experiment)
{
    Changes changes;
    changes.time = parsed.value("time");
    changes.given = given_sbatch_options(parsed, {"time"});
    changes.nodes = parsed.has("exclude-failed-nodes") ? FailedNodes::left_out : FailedNodes::used;
    if (experiment.launcher == record::Launcher::local &&
        (changes.time || !changes.given.empty() || changes.nodes == FailedNodes::left_out || parsed.has("wait"))) {
        throw Error(ExitCode::Usage, fmt::format("experiment {} runs without Slurm: options of sbatch, "
                                                 "--exclude-failed-nodes and --wait mean nothing to it",
                                                 experiment.id.value));
    }
    return changes;
}

void say_nothing_to_do(const store::ExperimentRow& experiment)
{
    log::info(
        fmt::format("experiment {}: nothing to resubmit: no latest attempt of the selection has ended without "
                    "completing",
                    experiment.id.value));
}

/// New arrays for what is chosen, in the store; then all of them that Slurm or the local runner has yet to get, those
/// of an earlier resubmission that was stopped included.
std::vector<store::ArrayRow> plan_further(const Parsed& parsed, store::Store& store,
                                          const store::ExperimentRow& experiment, const Changes& changes)
{
    const auto chosen = chosen_attempts(parsed, store, experiment.id, ended_badly);
    const std::vector<Further> further = further_arrays(store, experiment, chosen, changes);
    if (!further.empty() || !left_of_resubmissions(store, experiment.id).empty()) {
        restore_worker(store, experiment, std::nullopt);
    }
    if (!further.empty()) {
        std::vector<store::FurtherArray> arrays;
        std::ranges::transform(further, std::back_inserter(arrays), &Further::array);
        static_cast<void>(store.add_arrays(experiment.id, arrays, template_of(experiment)));
        log::info(fmt::format("experiment {}: {} to make again in {}", experiment.id.value,
                              counted(chosen.size(), "attempt"), counted(further.size(), "new array")));
    }
    return left_of_resubmissions(store, experiment.id);
}

ExitCode show(const Parsed& parsed, slurm::Scheduler& scheduler, const store::Store& store,
              const store::ExperimentRow& experiment, Changes changes)
{
    if (changes.nodes == FailedNodes::left_out) {
        changes.limits = scheduler.limits();
    }
    const auto chosen = chosen_attempts(parsed, store, experiment.id, ended_badly);
    const std::vector<Further> further = further_arrays(store, experiment, chosen, changes);
    const std::vector<store::ArrayRow> left = left_of_resubmissions(store, experiment.id);
    for (const store::ArrayRow& array : left) {
        std::cout << array_line(array) << "\n";
    }
    for (const Further& one : further) {
        std::cout << array_line(one.row) << "\n";
    }
    if (left.empty() && further.empty()) {
        say_nothing_to_do(experiment);
    } else {
        log::info(
            fmt::format("{} would be submitted; nothing was written", counted(left.size() + further.size(), "array")));
    }
    if (!store.unfinished_arrays().empty()) {
        log::info("some attempts had not ended when they were last collected: 'gaggle collect' looks again");
    }
    return ExitCode::Ok;
}

ExitCode resubmit_to_slurm(const Parsed& parsed, slurm::Scheduler& scheduler, const store::ExperimentRow& experiment,
                           Changes changes)
{
    warn_of_clusters();
    if (changes.nodes == FailedNodes::left_out) {
        changes.limits = scheduler.limits();
    }
    {
        store::Store store = store::Store::open(parsed.store(), store::Store::Access::write);
        // Only now that nobody else can submit from this store: what of ours does Slurm already have?
        const collect::Answer answer = collect::hear(scheduler, store);
        collect::end_abandoned(store, scheduler, answer);
        collect::collect(store, answer);
        const std::vector<store::ArrayRow> arrays = plan_further(parsed, store, experiment, changes);
        Submission submission{store, scheduler, answer.queue};
        for (const store::ArrayRow& array : arrays) {
            submission.submit(array);
        }
        if (arrays.empty()) {
            say_nothing_to_do(experiment);
        }
    }
    return parsed.has("wait") ? wait_for(parsed.store(), experiment.id, scheduler, std::nullopt) : ExitCode::Ok;
}

ExitCode resubmit_locally(const Parsed& parsed, const store::ExperimentRow& experiment, const Changes& changes)
{
    {
        store::Store store = store::Store::open(parsed.store(), store::Store::Access::write);
        collect::collect(store, {});
        if (plan_further(parsed, store, experiment, changes).empty()) {
            say_nothing_to_do(experiment);
        }
    }
    return run_left(parsed.store(), experiment.id);
}

}  // namespace

ExitCode resubmit(const Arguments& arguments)
{
    const std::optional<Parsed> parsed = parse(resubmit_usage, arguments);
    if (!parsed) {
        return ExitCode::Ok;
    }
    slurm::SlurmScheduler scheduler;
    const store::Store store = store::Store::open(parsed->store(), store::Store::Access::read);
    const store::ExperimentRow experiment = chosen_experiment(*parsed, store);
    Changes changes = changes_of(*parsed, experiment);
    if (parsed->has("dry-run")) {
        return show(*parsed, scheduler, store, experiment, std::move(changes));
    }
    return experiment.launcher == record::Launcher::local
               ? resubmit_locally(*parsed, experiment, changes)
               : resubmit_to_slurm(*parsed, scheduler, experiment, std::move(changes));
}

}  // namespace gaggle::commands
