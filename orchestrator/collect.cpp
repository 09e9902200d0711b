#include "orchestrator/collect.hpp"

#include "core/clock.hpp"
#include "core/error.hpp"
#include "core/log.hpp"
#include "core/record.hpp"
#include "orchestrator/array_records.hpp"
#include "orchestrator/experiment/slurm_changes.hpp"
#include "orchestrator/slurm/names.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <optional>
#include <utility>
#include <vector>

namespace gaggle::collect {

namespace {

/// Slurm may have been asked before another gaggle, perhaps on another host, submitted this array.
bool may_be_too_new(const store::ArrayRow& array, std::int64_t asked_unix_ns)
{
    constexpr std::chrono::nanoseconds between_clocks = std::chrono::seconds{5};
    return array.submitted_unix_ns.value_or(0) > asked_unix_ns - between_clocks.count();
}

/// What is said of a task of an array; nullptr: nothing is known of the array.
std::optional<SlurmWord> word_of(const slurm::ArrayJob* job, unsigned task)
{
    if (job == nullptr) {
        return std::nullopt;
    }
    const auto found = job->tasks.find(task);
    return found == job->tasks.end() ? std::nullopt : std::optional{found->second};
}

/// The template's name of its job, unless another one was given to `submit`.
std::string job_name(const store::Store& store, const store::ArrayRow& array)
{
    experiment::SlurmOptions slurm;
    slurm.given = plan::given_options(array.files);
    return experiment::value_given(slurm, "job-name", "-J")
        .value_or(fmt::format("{}{}", slurm::job_name_prefix, store.find(array.experiment)->name));
}

/// The arrays with attempts that should have a word of slurmctld's and have none.
std::vector<slurm::SubmittedArray> forgotten(const store::Store& store, const Answer& slurm)
{
    std::vector<slurm::SubmittedArray> arrays;
    for (const store::ArrayRow& array : store.unfinished_arrays()) {
        if (!array.job_id || may_be_too_new(array, slurm.asked_unix_ns)) {
            continue;
        }
        const slurm::ArrayJob* const job = slurm::find(slurm.queue, array.token, array.job_id);
        const std::vector<store::AttemptRow> attempts = store.attempts(array.id);
        if (std::ranges::any_of(attempts, [&](const store::AttemptRow& attempt) {
                return !is_terminal(attempt.state) && !word_of(job, attempt.task);
            })) {
            arrays.push_back({array.token, *array.job_id, job_name(store, array), array.submitted_unix_ns.value_or(0)});
        }
    }
    return arrays;
}

/// What of Slurm's can be heard of an attempt.
struct Hearing {
    SlurmWitness witness = SlurmWitness::NotInvolved;
    std::optional<SlurmWord> word;
};

/// One array while it is collected.
class ArrayCollector {
public:
    ArrayCollector(store::Store& store, const store::ArrayRow& array, const Answer& slurm)
        : store_(store), array_(array), slurm_(slurm), records_(array)
    {
        if (array.job_id) {
            job_ = slurm::find(slurm.queue, array.token, array.job_id);
            accounted_ = slurm.accounts ? slurm::find(slurm.accounts->queue, array.token, array.job_id) : nullptr;
        }
    }

    /// Those that Slurm had forgotten, and of which a record has turned up since: it decides now.
    std::size_t collect_found()
    {
        std::size_t updated = 0;
        for (const store::AttemptRow& attempt : store_.attempts(array_.id)) {
            if (attempt.state != AttemptState::Lost) {
                continue;
            }
            const auto [file, reading, findings, rows] = records_.of(attempt);
            if (!reading || !reading->record) {
                continue;
            }
            const Judgement judgement = judge_attempt(SlurmWitness::Answered, std::nullopt, reading, findings);
            store_.update_attempt(attempt.id, judgement, std::nullopt, file, &*reading, rows);
            ++updated;
        }
        return updated;
    }

    std::size_t collect()
    {
        records_.warn_of_folder();
        std::size_t updated = 0;
        for (const store::AttemptRow& attempt : store_.attempts(array_.id)) {
            if (!is_terminal(attempt.state) && collect(attempt)) {
                ++updated;
            }
        }
        return updated;
    }

private:
    /// Whether the attempt's row had to change.
    bool collect(const store::AttemptRow& attempt)
    {
        auto [file, reading, findings, rows] = records_.of(attempt);
        if (!array_.job_id && !reading) {
            return false;  // the local runner is at it, or was stopped and will be run again
        }
        const std::optional<Hearing> heard = hear(attempt, reading && reading->closed);
        if (!heard) {
            return false;
        }
        const std::optional<SlurmWord>& word = heard->word;
        if (records_.is_missing() && word && slurm::is_ended(word->state) && word->state != "COMPLETED") {
            reading.reset();  // a folder that may yet come back could not make a success of it
        }
        if (word && word->end_unix != 0 && (!reading || !reading->closed) &&
            records_.may_be_invisible(word->end_unix)) {
            return false;
        }
        Judgement judgement = judge_attempt(heard->witness, word, reading, findings);
        if (!reading && is_terminal(judgement.state)) {
            judgement.reason += records_.log_words(attempt.task);
        }
        const bool is_read =
            !reading || !reading->record || (file == attempt.record_file && reading->closed == attempt.record_closed);
        if (judgement.state == attempt.state && judgement.reason == attempt.reason && is_read) {
            return false;
        }
        log::debug(fmt::format("array {} task {}: {} {}", array_.position + 1, attempt.task, to_string(judgement.state),
                               judgement.reason));
        store_.update_attempt(attempt.id, judgement, word, file, reading ? &*reading : nullptr, rows);
        return true;
    }

    /// Empty while it is too early to say that Slurm has forgotten the attempt.
    std::optional<Hearing> hear(const store::AttemptRow& attempt, bool is_recorded)
    {
        if (!array_.job_id) {
            return Hearing{};
        }
        std::optional<SlurmWord> word = word_of(job_, attempt.task);
        if (word || slurm_.witness != SlurmWitness::Answered) {
            return Hearing{slurm_.witness, std::move(word)};
        }
        if (!slurm_.accounts || may_be_too_new(array_, slurm_.asked_unix_ns)) {
            return std::nullopt;
        }
        if (slurm_.accounts->witness == SlurmWitness::Unreachable) {
            return Hearing{SlurmWitness::AccountsUnreachable, std::nullopt};
        }
        if (slurm_.accounts->witness == SlurmWitness::NotInvolved) {
            return Hearing{SlurmWitness::Answered, std::nullopt};
        }
        return hear_accounts(attempt, is_recorded);
    }

    /// slurmctld has forgotten the attempt, slurmdbd answered.
    Hearing hear_accounts(const store::AttemptRow& attempt, bool is_recorded)
    {
        std::optional<SlurmWord> word = word_of(accounted_, attempt.task);
        if (!is_settled(word, is_recorded) && !is_patience_over(attempt)) {
            return {SlurmWitness::AccountsBehind, std::move(word)};
        }
        if (!word && accounted_ != nullptr) {
            return {SlurmWitness::TakenOut, std::nullopt};
        }
        return {SlurmWitness::Answered, std::move(word)};
    }

    /// Whether no news of slurmdbd's can change what is known. Where all that it has of the array has ended, none is
    /// on its way.
    bool is_settled(const std::optional<SlurmWord>& word, bool is_recorded) const
    {
        if (word) {
            return slurm::is_ended(word->state);
        }
        return accounted_ != nullptr ? !accounted_->is_active() : is_recorded;
    }

    /// Patience begins when it is first needed.
    bool is_patience_over(const store::AttemptRow& attempt)
    {
        if (!attempt.forgotten_unix_ns) {
            store_.mark_forgotten(attempt.id, slurm_.asked_unix_ns);
            return false;
        }
        constexpr std::chrono::nanoseconds patience = accounting_patience;
        return slurm_.asked_unix_ns - *attempt.forgotten_unix_ns > patience.count();
    }

    store::Store& store_;
    const store::ArrayRow& array_;
    const Answer& slurm_;
    ArrayRecords records_;
    const slurm::ArrayJob* job_ = nullptr;        ///< as slurmctld knows it
    const slurm::ArrayJob* accounted_ = nullptr;  ///< as slurmdbd does
};

}  // namespace

Answer hear(slurm::Scheduler& scheduler, const store::Store& store)
{
    Answer answer{.witness = SlurmWitness::Answered, .asked_unix_ns = clocks::realtime_ns()};
    answer.queue = scheduler.states();
    const std::vector<slurm::SubmittedArray> arrays = forgotten(store, answer);
    if (arrays.empty()) {
        return answer;
    }
    answer.accounts = Accounts{};
    try {
        if (std::optional<slurm::Queue> queue = scheduler.accounts(arrays)) {
            answer.accounts = Accounts{SlurmWitness::Answered, std::move(*queue)};
        }
    } catch (const Error& error) {
        if (error.code() != ExitCode::SlurmUnreachable) {
            throw;
        }
        answer.accounts->witness = SlurmWitness::Unreachable;
        answer.trouble = error.what();
    }
    return answer;
}

Answer ask(slurm::Scheduler& scheduler, const store::Store& store)
{
    try {
        return hear(scheduler, store);
    } catch (const Error& error) {  // not an operating error here: the attempts are then Unverified, and that is stored
        if (error.code() != ExitCode::SlurmUnreachable) {
            throw;
        }
        return {.witness = SlurmWitness::Unreachable, .trouble = error.what(), .asked_unix_ns = clocks::realtime_ns()};
    }
}

void end_abandoned(const store::Store& store, slurm::Scheduler& scheduler, const Answer& slurm)
{
    for (const store::ArrayRow& array : store.unfinished_arrays()) {
        const slurm::ArrayJob* const job = array.job_id ? slurm::find(slurm.queue, array.token, array.job_id) : nullptr;
        if (job == nullptr) {
            continue;
        }
        for (const auto& [task, word] : job->tasks) {
            if (word.lost_host.empty()) {
                continue;
            }
            log::warn(
                fmt::format("job {}_{} lost node {}, where its batch script ran: it is cancelled, for Slurm would "
                            "keep it until its time limit",
                            job->job_id, task, word.lost_host));
            try {
                scheduler.cancel(job->job_id, {task});
            } catch (const Error& error) {  // it ends all the same, later
                log::warn(error.what());
            }
        }
    }
}

bool needs_slurm(const store::Store& store)
{
    for (const store::ArrayRow& array : store.unfinished_arrays()) {
        if (array.job_id) {
            return true;
        }
    }
    return false;
}

std::size_t collect(store::Store& store, const Answer& slurm)
{
    std::size_t updated = 0;
    for (const store::ArrayRow& array : store.collectable_arrays()) {
        ArrayCollector collector{store, array, slurm};
        updated += collector.collect_found();
        if (!array.job_id || slurm.witness != SlurmWitness::NotInvolved) {
            updated += collector.collect();
        }
    }
    return updated;
}

}  // namespace gaggle::collect
