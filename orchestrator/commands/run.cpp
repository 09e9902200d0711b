#include "core/log.hpp"
#include "orchestrator/child.hpp"
#include "orchestrator/collect.hpp"
#include "orchestrator/commands/commands.hpp"
#include "orchestrator/commands/options.hpp"
#include "orchestrator/commands/progress.hpp"
#include "orchestrator/commands/provenance.hpp"
#include "orchestrator/commands/running.hpp"
#include "orchestrator/commands/words.hpp"
#include "orchestrator/experiment/experiment.hpp"
#include "orchestrator/record_files.hpp"
#include "orchestrator/scrub.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>
#include <iostream>

namespace gaggle::commands {

namespace {

const Usage run_usage{
    .synopsis = "gaggle run [options] FILE",
    .description =
        "Runs an experiment on this machine, without Slurm: the same plan and the same worker, but \"nodes\" are\n"
        "processes here, and every row says so. Prints a line per array. The same file again goes on where it was\n"
        "stopped.\n",
    .options = {{"again", "", "run a new experiment even if this file was run before"},
                {"worker", "FILE",
                 "the gaggle-worker to measure with (default: $GAGGLE_WORKER, else the one beside "
                 "gaggle)"}},
    .least_operands = 1,
    .most_operands = 1};

/// At most one `gaggle run` works in a store, or they would disturb each other's measurements, and measure twice. Ends
/// with its process, however that ends.
class OnlyRun {
public:
    explicit OnlyRun(const std::filesystem::path& store)
        : descriptor_(open((store / "run.lock").c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0666))
    {
        if (descriptor_ < 0) {
            throw system_error(ExitCode::Store, "open", (store / "run.lock").string(), errno);
        }
        if (flock(descriptor_, LOCK_EX | LOCK_NB) != 0) {
            const int trouble = errno;
            close(descriptor_);
            if (trouble == EWOULDBLOCK) {
                throw Error(ExitCode::Store, "another 'gaggle run' is at work in " + store.string());
            }
            throw system_error(ExitCode::Store, "lock", (store / "run.lock").string(), trouble);
        }
    }
    ~OnlyRun() { close(descriptor_); }
    OnlyRun(const OnlyRun&) = delete;
    OnlyRun& operator=(const OnlyRun&) = delete;

private:
    int descriptor_;
};

/// Runs what is left of an experiment. The store is opened for each write and not kept: an experiment takes long, and
/// others may want to look.
class LocalRun {
public:
    LocalRun(std::filesystem::path directory, store::ExperimentId experiment)
        : directory_(std::move(directory)), experiment_(experiment), environment_(scrub::kept(scrub::current()))
    {
    }

    void run()
    {
        for (const store::ArrayRow& array : open(store::Store::Access::read).arrays(experiment_)) {
            run_array(array);
        }
    }

private:
    store::Store open(store::Store::Access access) const { return store::Store::open(directory_, access); }

    void run_array(const store::ArrayRow& array)
    {
        std::size_t ran = 0;
        for (const store::AttemptRow& attempt : open(store::Store::Access::read).attempts(array.id)) {
            if (is_terminal(attempt.state)) {
                continue;
            }
            if (!array.submitted_unix_ns && ran == 0) {
                open(store::Store::Access::write).mark_submitted(array.id, std::nullopt, command_line(array));
            }
            run_task(array, attempt);
            ++ran;
        }
        if (ran > 0) {
            std::cout << array_line(array) << std::endl;  // at once: a pipe's reader may be waiting for it
        }
    }

    void run_task(const store::ArrayRow& array, const store::AttemptRow& attempt)
    {
        if (!collect::record_files(array).contains(
                attempt.task)) {  // else an earlier run was stopped before it collected
            const child::Finished finished =
                child::run(array.files.worker, arguments(array, attempt.task), environment_);
            if (!collect::record_files(array).contains(attempt.task)) {
                const std::string reason = fmt::format("gaggle-worker wrote no record and ended with {}: {}",
                                                       finished.status, child::last_words(finished.err, ""));
                log::warn(fmt::format("{}, repetition {}: {}", cell_name(attempt.cell), attempt.repetition, reason));
                open(store::Store::Access::write)
                    .update_attempt(attempt.id, {AttemptState::Incomplete, reason}, std::nullopt, "", nullptr);
                return;
            }
            log::debug(fmt::format("{}, repetition {}: exit status {} {}", cell_name(attempt.cell), attempt.repetition,
                                   finished.status, child::last_words(finished.err, "")));
        }
        store::Store store = open(store::Store::Access::write);
        collect::collect(store, {});
    }

    static std::vector<std::string> arguments(const store::ArrayRow& array, unsigned task)
    {
        return {"coordinate",
                "--spec",
                array.files.spec.string(),
                "--records",
                array.files.records.string(),
                "--task",
                std::to_string(task),
                "--local"};
    }

    static std::string command_line(const store::ArrayRow& array)
    {
        std::string line = array.files.worker.string();
        for (const std::string& argument : arguments(array, 0)) {
            line += " " + argument;
        }
        return line;
    }

    std::filesystem::path directory_;
    store::ExperimentId experiment_;
    std::vector<std::string> environment_;
};

}  // namespace

ExitCode run_left(const std::filesystem::path& store, store::ExperimentId experiment)
{
    const OnlyRun only{store};
    LocalRun{store, experiment}.run();
    const Progress progress = Progress::of(store::Store::open(store, store::Store::Access::read), experiment);
    log::info(fmt::format("experiment {}: {}", experiment.value, progress.words()));
    return progress.all_completed() ? ExitCode::Ok : ExitCode::CellsFailed;
}

ExitCode run(const Arguments& arguments)
{
    const std::optional<Parsed> parsed = parse(run_usage, arguments);
    if (!parsed) {
        return ExitCode::Ok;
    }
    const experiment::Experiment experiment = experiment::read_file(parsed->operands.front());
    const std::filesystem::path worker = find_worker(parsed->value("worker"));
    const store::ExperimentId id = [&] {
        store::Store store =
            store::Store::open(parsed->store(), store::Store::Access::write, store::Store::Missing::create);
        return keep_experiment(store, experiment, record::Launcher::local,
                               parsed->has("again") ? Wanted::another : Wanted::newest, worker);
    }();
    return run_left(parsed->store(), id);
}

}  // namespace gaggle::commands
