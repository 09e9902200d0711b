#include "core/error.hpp"
#include "core/log.hpp"
#include "orchestrator/collect.hpp"
#include "orchestrator/commands/choice.hpp"
#include "orchestrator/commands/commands.hpp"
#include "orchestrator/commands/options.hpp"
#include "orchestrator/commands/turns.hpp"
#include "orchestrator/commands/words.hpp"
#include "orchestrator/record_files.hpp"
#include "orchestrator/slurm/names.hpp"
#include "orchestrator/slurm/slurm_scheduler.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <iostream>
#include <limits>
#include <set>
#include <utility>

namespace gaggle::commands {

namespace {

const Usage cancel_usage{
    .synopsis = "gaggle cancel [options] [SELECTION...]",
    .description =
        "Cancels what waits or runs, at once and without asking, and prints a line per array. Arrays that were not "
        "yet\n"
        "submitted stay planned. 'gaggle resubmit' makes new attempts at what was cancelled.\n" +
        selection_help,
    .options = {experiment_option, {"state", "STATES", "only what waits (PD) or only what runs (R)"}, where_option},
    .least_operands = 0,
    .most_operands = std::numeric_limits<std::size_t>::max()};

constexpr std::array alive{AttemptState::Pending, AttemptState::Running};

/// An array that Slurm has not ended yet.
struct Link {
    store::ArrayRow array;
    std::uint64_t job_id = 0;
    std::vector<unsigned> tasks;  ///< to cancel
    std::size_t open = 0;         ///< elements that have not ended
    bool is_running = false;

    [[nodiscard]] bool is_cut() const { return tasks.size() == open; }  ///< nothing of it stays
};

/// The arrays of this store in Slurm's hands, in the order in which they run, with what is to be cancelled of them.
std::vector<Link> chain_of(const store::Store& store, const slurm::Queue& queue,
                           const std::vector<store::ElementRow>& chosen)
{
    std::set<std::pair<store::ArrayId, unsigned>> is_chosen;
    for (const store::ElementRow& element : chosen) {
        is_chosen.emplace(element.array, element.task);
    }
    std::vector<Link> chain;
    for (store::ArrayRow& array : store.unfinished_arrays()) {
        const slurm::ArrayJob* const job = slurm::find(queue, array.token, array.job_id);
        if (job == nullptr || !job->is_active()) {
            continue;
        }
        Link& link = chain.emplace_back(Link{std::move(array), job->job_id, {}, 0, false});
        for (const auto& [task, word] : job->tasks) {
            if (slurm::is_ended(word.state)) {
                continue;
            }
            ++link.open;
            link.is_running = link.is_running || word.state != to_string(AttemptState::Pending);
            if (is_chosen.contains({link.array.id, task})) {
                link.tasks.push_back(task);
            }
        }
    }
    std::ranges::sort(chain, {}, &Link::job_id);
    return chain;
}

/// The chain's turns (turns.hpp), each with its links.
std::vector<std::vector<const Link*>> turns_of(const std::vector<Link>& chain)
{
    std::vector<std::vector<const Link*>> turns;
    std::vector<store::ArrayRow> turn;
    for (const Link& link : chain) {
        if (turns.empty() || !is_of_turn(link.array, turn)) {
            turns.emplace_back();
            turn.clear();
        }
        turns.back().push_back(&link);
        turn.push_back(link.array);
    }
    return turns;
}

slurm::JobIds those_that_run(const std::vector<const Link*>& turn)
{
    slurm::JobIds jobs;
    for (const Link* link : turn) {
        if (!link->is_cut() || link->is_running) {
            jobs.push_back(link->job_id);
        }
    }
    return jobs;
}

/// Each turn waits for the one before. Where all of that one goes before it ran, the next has to wait for the one
/// before it instead, or cells would run at once that should not.
void close_gaps(slurm::Scheduler& scheduler, const std::vector<Link>& chain)
{
    slurm::JobIds before;  // of the last turn that runs
    bool is_gap = false;   // between that one and this
    for (const std::vector<const Link*>& turn : turns_of(chain)) {
        for (const Link* link : turn) {
            if (before.empty() || !is_gap || link->is_cut() || link->is_running) {
                continue;
            }
            try {
                scheduler.wait_for(link->job_id, before);
            } catch (const Error& error) {
                if (error.code() != ExitCode::Rejected) {
                    throw;
                }
                log::warn(fmt::format("{}; two cells may run at once, 'gaggle sql overlaps' tells", error.what()));
            }
        }
        slurm::JobIds runs = those_that_run(turn);
        is_gap = runs.empty();
        if (!is_gap) {
            before = std::move(runs);
        }
    }
}

std::string line_of(const Link& link)
{
    const std::set<unsigned> chosen{link.tasks.begin(), link.tasks.end()};
    store::ArrayRow cancelled;
    cancelled.block = link.array.block;
    for (const store::TaskRow& task : link.array.tasks) {
        if (chosen.contains(task.index)) {
            cancelled.add(link.array.cells[task.cell], task.index, task.repetition);
        }
    }
    return fmt::format("{}_[{}]\t{}", link.job_id, ranges(link.tasks), array_words(cancelled));
}

/// From the last to the first: what waits for an array must not begin because that was cancelled.
ExitCode cancel_all(slurm::Scheduler& scheduler, const std::vector<Link>& chain)
{
    ExitCode code = ExitCode::Ok;
    for (auto found = chain.rbegin(); found != chain.rend(); ++found) {
        const Link& link = *found;
        if (link.tasks.empty()) {
            continue;
        }
        try {
            if (link.is_cut()) {
                scheduler.cancel(link.job_id);
            } else {
                scheduler.cancel(link.job_id, link.tasks);
            }
            std::cout << line_of(link) << std::endl;  // at once: what is done is done
        } catch (const Error& error) {
            if (error.code() != ExitCode::Rejected) {
                throw;
            }
            log::warn(error.what());
            code = ExitCode::Rejected;
        }
    }
    return code;
}

/// An earlier gaggle may have died between sbatch and writing down the job id.
void adopt(store::Store& store, store::ExperimentId experiment, const slurm::Queue& queue)
{
    for (const store::ArrayRow& array : store.arrays(experiment)) {
        const slurm::ArrayJob* const job = slurm::find(queue, array.token, std::nullopt);
        if (!array.submitted_unix_ns && job != nullptr) {
            store.mark_submitted(array.id, job->job_id, "adopted by its token");
        }
    }
}

/// Slurm keeps no word of an element that was taken out of an array before it started: collected later, it would be
/// LOST. What it does remember is collected as always.
void settle(store::Store& store, const slurm::Queue& queue, const std::vector<Link>& chain,
            const std::vector<store::ElementRow>& chosen)
{
    for (const store::ElementRow& element : chosen) {
        const auto link = std::ranges::find(chain, element.array, [](const Link& one) { return one.array.id; });
        if (element.state != AttemptState::Pending || link == chain.end() ||
            collect::record_files(link->array).contains(element.task)) {
            continue;
        }
        const slurm::ArrayJob* const job = slurm::find(queue, link->array.token, link->job_id);
        if (job == nullptr || !job->tasks.contains(element.task)) {
            store.update_attempt(element.attempt, {AttemptState::Cancelled, "gaggle cancelled it while it waited"},
                                 std::nullopt, "", nullptr);
        }
    }
    collect::collect(store, {.witness = SlurmWitness::Answered, .queue = queue});
}

void say_what_stays(const store::Store& store, store::ExperimentId experiment)
{
    const std::vector<store::ArrayRow> arrays = store.arrays(experiment);
    const auto planned = static_cast<std::size_t>(
        std::ranges::count(arrays, false, [](const auto& array) { return array.submitted_unix_ns.has_value(); }));
    if (planned > 0) {
        log::info(fmt::format("{} not submitted stay{} planned: 'gaggle submit FILE' would go on with {}",
                              counted(planned, "array"), planned == 1 ? "s" : "", planned == 1 ? "it" : "them"));
    }
}

}  // namespace

ExitCode cancel(const Arguments& arguments)
{
    const std::optional<Parsed> parsed = parse(cancel_usage, arguments);
    if (!parsed) {
        return ExitCode::Ok;
    }
    const store::ExperimentRow experiment =
        chosen_experiment(*parsed, store::Store::open(parsed->store(), store::Store::Access::read));
    if (experiment.launcher == record::Launcher::local) {
        throw Error(ExitCode::Usage,
                    fmt::format("experiment {} runs without Slurm: ^C ends its 'gaggle run'", experiment.id.value));
    }
    slurm::SlurmScheduler scheduler;
    // Held to the end: no other gaggle submits meanwhile.
    store::Store store = store::Store::open(parsed->store(), store::Store::Access::write);
    const collect::Answer answer = collect::hear(scheduler, store);
    const slurm::Queue& queue = answer.queue;
    adopt(store, experiment.id, queue);
    collect::end_abandoned(store, scheduler, answer);
    collect::collect(store, answer);
    const auto chosen = chosen_attempts(*parsed, store, experiment.id, alive);
    const std::vector<Link> chain = chain_of(store, queue, chosen);
    if (std::ranges::all_of(chain, [](const Link& link) { return link.tasks.empty(); })) {
        log::info(fmt::format("experiment {}: nothing to cancel: nothing of the selection waits or runs",
                              experiment.id.value));
        say_what_stays(store, experiment.id);
        return ExitCode::Ok;
    }
    close_gaps(scheduler, chain);
    const ExitCode code = cancel_all(scheduler, chain);
    if (code == ExitCode::Ok) {
        settle(store, scheduler.states(), chain, chosen);
    }
    say_what_stays(store, experiment.id);
    return code;
}

}  // namespace gaggle::commands
