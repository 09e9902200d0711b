#include "orchestrator/commands/submit.hpp"

#include "core/log.hpp"
#include "orchestrator/commands/foresight.hpp"
#include "orchestrator/commands/options.hpp"
#include "orchestrator/commands/provenance.hpp"
#include "orchestrator/commands/sbatch_options.hpp"
#include "orchestrator/commands/sbatch_variables.hpp"
#include "orchestrator/commands/submission.hpp"
#include "orchestrator/commands/waiting.hpp"
#include "orchestrator/experiment/experiment.hpp"
#include "orchestrator/slurm/slurm_scheduler.hpp"

#include <fmt/format.h>

#include <iostream>

namespace gaggle::commands {

namespace {

const Usage submit_usage{
    .synopsis = "gaggle submit [options] FILE [-- SBATCH-OPTIONS]",
    .description =
        "Submits an experiment to Slurm, one job array per cell and block, each after the one before has ended (with\n"
        "concurrent = true: after the block before), and prints a line per array: job, cell, block, repetitions. The\n"
        "same command again goes on where it was stopped.\n" +
        sbatch_help,
    .options =
        with_sbatch_options({{"wait", "", "stay until all has ended, as 'gaggle wait' does"},
                             {"again", "", "submit a new experiment even if this file was submitted before"},
                             {"test-only", "",
                              "only say what speaks against it, a line each: exit status 4 if anything does; writes "
                              "and submits nothing"},
                             {"worker", "FILE",
                              "the gaggle-worker to measure with (default: $GAGGLE_WORKER, else the one beside "
                              "gaggle)"}}),
    .least_operands = 1,
    .most_operands = 1,
    .after_dashes = Usage::AfterDashes::verbatim};

/// What can never run is refused before anything is written; what may have to wait is Slurm's to decide.
void stop_or_warn(const std::vector<Obstacle>& obstacles)
{
    std::string never;
    for (const Obstacle& obstacle : obstacles) {
        if (obstacle.lasts == Obstacle::Lasts::forever) {
            never += (never.empty() ? "" : "\n") + obstacle.words;
        }
    }
    if (!never.empty()) {
        throw Error(ExitCode::Rejected, never);
    }
    for (const Obstacle& obstacle : obstacles) {
        log::warn(obstacle.words);
    }
}

experiment::Experiment asked_experiment(const Parsed& parsed)
{
    experiment::Experiment experiment = experiment::read_file(parsed.operands.front());
    experiment.slurm.given = given_sbatch_options(parsed);
    return experiment;
}

/// What is left of an experiment goes where the rest of it went.
void check_options(const store::ArrayRow& array, const std::vector<std::string>& given)
{
    if (const std::vector<std::string> kept = plan::given_options(array.files); kept != given) {
        throw Error(ExitCode::Usage,
                    fmt::format("experiment {} was submitted with {}: give the same to go on with it, or --again to "
                                "submit a new one",
                                array.experiment.value,
                                kept.empty() ? "no options of sbatch" : fmt::format("'{}'", fmt::join(kept, " "))));
    }
}

ExitCode test_only(const Parsed& parsed, slurm::Scheduler& scheduler)
{
    const plan::Plan planned = plan::make_plan(asked_experiment(parsed));
    const std::vector<Obstacle> obstacles = foresee(planned, scheduler.limits());
    for (const Obstacle& obstacle : obstacles) {
        std::cout << obstacle.words << "\n";
    }
    return obstacles.empty() ? ExitCode::Ok : ExitCode::Rejected;
}

store::ExperimentId submit_all(const Parsed& parsed, slurm::Scheduler& scheduler)
{
    const experiment::Experiment experiment = asked_experiment(parsed);
    warn_of_clusters();
    warn_of_contradictions(experiment.slurm);
    // Before anything is written: is there all that it takes?
    const std::filesystem::path worker = find_worker(parsed.value("worker"));
    const slurm::Limits limits = scheduler.limits();
    stop_or_warn(foresee(plan::make_plan(experiment), limits));
    store::Store store = store::Store::open(parsed.store(), store::Store::Access::write, store::Store::Missing::create);
    // Only now that nobody else can submit from this store: what of ours does Slurm already have?
    const slurm::Queue queue = scheduler.states();
    const store::ExperimentId id =
        keep_experiment(store, experiment, record::Launcher::slurm,
                        parsed.has("again") ? Wanted::another : Wanted::newest, worker, limits.max_array_tasks);
    Submission submission{store, scheduler, queue};
    std::size_t submitted = 0;
    const std::vector<store::ArrayRow> arrays = store.arrays(id);
    for (const store::ArrayRow& array : arrays) {
        if (!array.submitted_unix_ns) {
            check_options(array, experiment.slurm.given);
            submission.submit(array);
            ++submitted;
        }
    }
    if (submitted == 0) {
        log::info(fmt::format("experiment {}: {} submitted before; --again submits a new experiment", id.value,
                              arrays.size() == 1 ? "its array was" : fmt::format("all {} arrays were", arrays.size())));
    }
    return id;
}

}  // namespace

ExitCode submit_to(slurm::Scheduler& scheduler, const Arguments& arguments)
{
    const std::optional<Parsed> parsed = parse(submit_usage, arguments);
    if (!parsed) {
        return ExitCode::Ok;
    }
    if (parsed->has("test-only")) {
        return test_only(*parsed, scheduler);
    }
    const store::ExperimentId id = submit_all(*parsed, scheduler);
    return parsed->has("wait") ? wait_for(parsed->store(), id, scheduler, std::nullopt) : ExitCode::Ok;
}

ExitCode submit(const Arguments& arguments)
{
    slurm::SlurmScheduler scheduler;
    return submit_to(scheduler, arguments);
}

}  // namespace gaggle::commands
