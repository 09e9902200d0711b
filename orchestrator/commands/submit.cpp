#include "orchestrator/collect.hpp"
#include "orchestrator/commands/commands.hpp"
#include "orchestrator/commands/options.hpp"
#include "orchestrator/commands/provenance.hpp"
#include "orchestrator/commands/waiting.hpp"
#include "orchestrator/commands/words.hpp"
#include "orchestrator/experiment/experiment.hpp"
#include "orchestrator/log.hpp"
#include "orchestrator/slurm/slurm_scheduler.hpp"

#include <fmt/format.h>

#include <cstdlib>
#include <iostream>

namespace gaggle::commands {

namespace {

const Usage usage{
    .synopsis = "gaggle submit [options] FILE",
    .description =
        "Submits an experiment to Slurm, one job array per cell and block, each after the one before has ended, and\n"
        "prints a line per array: job, cell, block, repetitions. The same file again goes on where it was stopped.\n",
    .options = {{"wait", "", "stay until all has ended, as 'gaggle wait' does"},
                {"again", "", "submit a new experiment even if this file was submitted before"},
                {"worker", "FILE",
                 "the gaggle-worker to measure with (default: $GAGGLE_WORKER, else the one beside "
                 "gaggle)"}},
    .least_operands = 1,
    .most_operands = 1};

/// The array of this store that runs last, if one is still in Slurm's hands: no two cells run at once, whichever
/// experiment of the store they belong to.
std::optional<std::uint64_t> last_job(const store::Store& store, const slurm::Queue& queue)
{
    std::optional<std::uint64_t> last;
    for (const store::ArrayRow& array : store.unfinished_arrays()) {
        const slurm::ArrayJob* job = slurm::find(queue, array.token, array.job_id);
        if (job != nullptr && job->is_active() && job->job_id > last.value_or(0)) {
            last = job->job_id;
        }
    }
    return last;
}

/// Hands the arrays over, in order, each to begin after the one before.
class Submission {
public:
    Submission(store::Store& store, slurm::Scheduler& scheduler, const slurm::Queue& queue)
        : store_(store), scheduler_(scheduler), queue_(queue), after_(last_job(store, queue))
    {
    }

    void submit(store::ArrayRow array)
    {
        if (const slurm::ArrayJob* job = slurm::find(queue_, array.token, std::nullopt)) {
            // An earlier gaggle died between sbatch and writing down the job id.
            log::info(fmt::format("job {} is already ours", job->job_id));
            take(array, job->job_id, "adopted by its token");
            return;
        }
        const slurm::Submitted submitted = hand_over(array);
        if (!submitted.cluster.empty()) {
            log::warn(fmt::format("job {} went to cluster {}: gaggle can only follow jobs of the local cluster",
                                  submitted.job_id, submitted.cluster));
        }
        take(array, submitted.job_id, submitted.command_line);
    }

private:
    slurm::Submitted hand_over(const store::ArrayRow& array)
    {
        try {
            return scheduler_.submit(array.files.script, after_);
        } catch (const Error& error) {  // kept beside the array, for `status`; then it is everybody's trouble
            store_.mark_refused(array.id, error.what());
            throw;
        }
    }

    void take(store::ArrayRow& array, std::uint64_t job_id, const std::string& command_line)
    {
        store_.mark_submitted(array.id, job_id, command_line);
        array.job_id = job_id;
        after_ = job_id;
        std::cout << array_line(array) << std::endl;  // at once: a pipe's reader may be waiting for it
    }

    store::Store& store_;
    slurm::Scheduler& scheduler_;
    const slurm::Queue& queue_;
    std::optional<std::uint64_t> after_;
};

void warn_of_clusters()
{
    for (const char* name : {"SLURM_CLUSTERS", "SBATCH_CLUSTERS"}) {
        if (std::getenv(name) != nullptr) {
            log::warn(std::string{name} +
                      " is left out: gaggle submits to the local cluster, the only one it can follow");
        }
    }
}

store::ExperimentId submit_all(const Parsed& parsed, slurm::Scheduler& scheduler)
{
    const experiment::Experiment experiment = experiment::read_file(parsed.operands.front());
    warn_of_clusters();
    // Before anything is written: is there all that it takes, and what of ours does Slurm already have?
    const std::filesystem::path worker = find_worker(parsed.value("worker"));
    const slurm::Queue queue = scheduler.states();
    store::Store store = store::Store::open(parsed.store(), store::Store::Access::write, store::Store::Missing::create);
    const store::ExperimentId id = keep_experiment(store, experiment, record::Launcher::slurm,
                                                   parsed.has("again") ? Wanted::another : Wanted::newest, worker);
    Submission submission{store, scheduler, queue};
    std::size_t submitted = 0;
    const std::vector<store::ArrayRow> arrays = store.arrays(id);
    for (const store::ArrayRow& array : arrays) {
        if (!array.submitted) {
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

ExitCode submit(const Arguments& arguments)
{
    const std::optional<Parsed> parsed = parse(usage, arguments);
    if (!parsed) {
        return ExitCode::Ok;
    }
    slurm::SlurmScheduler scheduler;
    const store::ExperimentId id = submit_all(*parsed, scheduler);
    return parsed->has("wait") ? wait_for(parsed->store(), id, scheduler, std::nullopt) : ExitCode::Ok;
}

}  // namespace gaggle::commands
