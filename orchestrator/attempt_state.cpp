#include "orchestrator/attempt_state.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

namespace gaggle {

namespace {

/// What the record says, by itself.
enum class Testimony { Unread, None, Torn, Incomplete, Failed, Clean };

struct RecordWord {
    Testimony testimony = Testimony::None;
    std::string words;  ///< "" for a clean record without a note
};

/// `slurm`: a record of an earlier start than the last that Slurm counts says nothing of this one.
RecordWord hear_record(const std::optional<record::Reading>& reading, const std::optional<SlurmWord>& slurm,
                       const record::Findings& findings)
{
    if (!reading) {
        return {Testimony::None, "there is no record"};
    }
    if (reading->unread) {
        return {Testimony::Unread, "the record cannot be read: " + reading->trouble};
    }
    if (!reading->record) {
        return {Testimony::Torn, "the record cannot be read: " + reading->trouble};
    }
    if (slurm && slurm->restarts > reading->record->attempt.restart) {
        return {Testimony::None, fmt::format("the record is of restart {}, Slurm counts {}",
                                             reading->record->attempt.restart, slurm->restarts)};
    }
    const record::Verdict& verdict = findings.verdict;
    if (!reading->closed) {
        return {Testimony::Torn, fmt::format("the record is damaged at {}{}{}", reading->trouble,
                                             verdict.reason.empty() ? "" : "; ", verdict.reason)};
    }
    if (!findings.contradiction.empty()) {
        return {Testimony::Incomplete, "the record contradicts itself: " + findings.contradiction};
    }
    if (!verdict.complete) {
        return {Testimony::Incomplete, verdict.reason};
    }
    return {verdict.failed > 0 ? Testimony::Failed : Testimony::Clean, verdict.reason};
}

std::string joined(std::string first, const std::string& second)
{
    if (!first.empty() && !second.empty()) {
        first += "; ";
    }
    return first + second;
}

/// The state if only the record is heard.
AttemptState state_of(Testimony testimony)
{
    switch (testimony) {
        case Testimony::Clean: return AttemptState::Completed;
        case Testimony::Failed: return AttemptState::Failed;
        case Testimony::Unread: return AttemptState::Unverified;
        case Testimony::None:
        case Testimony::Torn:
        case Testimony::Incomplete: break;
    }
    return AttemptState::Incomplete;
}

/// Slurm's states, base and flags, in the long form of squeue and sacct, and the state each is for us.
constexpr std::array<std::pair<std::string_view, AttemptState>, 27> slurm_states{{
    {"PENDING", AttemptState::Pending},
    {"REQUEUED", AttemptState::Pending},
    {"REQUEUE_FED", AttemptState::Pending},
    {"REQUEUE_HOLD", AttemptState::Pending},
    {"RESV_DEL_HOLD", AttemptState::Pending},
    {"SPECIAL_EXIT", AttemptState::Pending},
    {"EXPEDITING", AttemptState::Pending},
    {"RUNNING", AttemptState::Running},
    {"CONFIGURING", AttemptState::Running},
    {"COMPLETING", AttemptState::Running},
    {"SUSPENDED", AttemptState::Running},
    {"STOPPED", AttemptState::Running},
    {"SIGNALING", AttemptState::Running},
    {"RESIZING", AttemptState::Running},
    {"STAGE_OUT", AttemptState::Running},
    {"COMPLETED", AttemptState::Completed},
    {"FAILED", AttemptState::Failed},
    {"LAUNCH_FAILED", AttemptState::Failed},
    {"RECONFIG_FAIL", AttemptState::Failed},
    {"TIMEOUT", AttemptState::Timeout},
    {"CANCELLED", AttemptState::Cancelled},
    {"NODE_FAIL", AttemptState::NodeFail},
    {"OUT_OF_MEMORY", AttemptState::OutOfMemory},
    {"PREEMPTED", AttemptState::Preempted},
    {"BOOT_FAIL", AttemptState::BootFail},
    {"DEADLINE", AttemptState::Deadline},
    {"REVOKED", AttemptState::Cancelled},  // another cluster of the federation started it
}};

std::optional<AttemptState> known_state(std::string_view slurm)
{
    slurm = slurm.substr(0, slurm.find(' '));  // slurmdbd: "CANCELLED by 1000"
    const auto* const found = std::ranges::find(slurm_states, slurm, &decltype(slurm_states)::value_type::first);
    return found == slurm_states.end() ? std::nullopt : std::optional{found->second};
}

/// What Slurm gives as a job's signal when it could not start the batch script; no process was killed.
constexpr int not_launched = 53;

/// "Slurm says FAILED, exit code 7 (NonZeroExitCode)".
std::string words_of(const SlurmWord& slurm)
{
    const bool accounted = slurm.from == SlurmDaemon::slurmdbd;
    std::string words = (accounted ? "slurmctld has forgotten it; slurmdbd says " : "Slurm says ") + slurm.state;
    if (!slurm.lost_host.empty()) {
        return fmt::format("{} on {}, without node {} and the batch script that ran there", words, slurm.nodes,
                           slurm.lost_host);
    }
    if (slurm.signal.value_or(0) != 0) {
        words += fmt::format(", signal {}", *slurm.signal);
    } else if (slurm.exit_code.value_or(0) != 0) {
        words += fmt::format(", exit code {}", *slurm.exit_code);
    }
    if (!slurm.reason.empty() && slurm.reason != "None") {
        words += " (" + slurm.reason + ")";
    }
    return slurm.signal == not_launched ? words + ": the script could not be started, or its log not be opened" : words;
}

/// `forgotten`: that, in words.
Judgement judge_forgotten(const std::string& forgotten, const RecordWord& record)
{
    switch (record.testimony) {
        case Testimony::None: return {AttemptState::Lost, forgotten + " and " + record.words};
        case Testimony::Clean:
            return {AttemptState::Completed, joined(forgotten + "; the record is complete", record.words)};
        case Testimony::Unread:
        case Testimony::Torn:
        case Testimony::Incomplete:
        case Testimony::Failed: break;
    }
    return {state_of(record.testimony), joined(forgotten, record.words)};
}

/// slurmctld has forgotten it. `slurm`: slurmdbd's word, if it has one; not that it ended.
Judgement judge_unaccounted(SlurmWitness witness, const std::optional<SlurmWord>& slurm, const RecordWord& record)
{
    const std::string forgotten = slurm ? words_of(*slurm) : "Slurm has forgotten the job";
    switch (witness) {
        case SlurmWitness::AccountsUnreachable: {
            const std::string unheard = "slurmctld has forgotten it; slurmdbd cannot be asked";
            return record.testimony == Testimony::None || record.testimony == Testimony::Torn
                       ? Judgement{AttemptState::Unverified, joined(unheard, record.words)}
                       : judge_forgotten(unheard, record);
        }
        case SlurmWitness::AccountsBehind:
            return {
                AttemptState::Unverified,
                joined(slurm ? forgotten : "slurmctld has forgotten it; slurmdbd does not know it yet", record.words)};
        case SlurmWitness::TakenOut:
            if (record.testimony == Testimony::None) {
                return {AttemptState::Cancelled,
                        "slurmctld has forgotten it; slurmdbd has its array without it: cancelled before it started"};
            }
            break;
        case SlurmWitness::Answered:
        case SlurmWitness::Unreachable:
        case SlurmWitness::NotInvolved: break;
    }
    return judge_forgotten(forgotten, record);
}

/// Slurm says that the batch script ended by itself with a code other than 0. The worker does that too when what it
/// recorded is not all well, so where the record explains it, the record's words are the reason.
Judgement judge_failed(const SlurmWord& slurm, const RecordWord& record)
{
    switch (record.testimony) {
        case Testimony::Failed: return {AttemptState::Failed, record.words};
        case Testimony::Incomplete: return {AttemptState::Incomplete, record.words};
        case Testimony::Torn: return {AttemptState::Incomplete, joined(words_of(slurm), record.words)};
        case Testimony::None: return {AttemptState::Failed, joined(words_of(slurm), record.words)};
        case Testimony::Unread:
        case Testimony::Clean: break;
    }
    return {AttemptState::Failed,
            joined(words_of(slurm) + ", but the record is complete and no interpreter failed", record.words)};
}

Judgement judge_completed(const SlurmWord& slurm, const RecordWord& record)
{
    const bool explained = record.testimony == Testimony::Clean || record.testimony == Testimony::Failed;
    return {state_of(record.testimony), explained ? record.words : words_of(slurm) + ", but " + record.words};
}

/// Slurm ended it: that stands, even beside a record that looks complete.
Judgement judge_ended(AttemptState state, const SlurmWord& slurm, const RecordWord& record)
{
    if (record.testimony == Testimony::Clean) {
        return {state,
                joined(words_of(slurm) + ", but the record is complete and no interpreter failed", record.words)};
    }
    return {state, joined(words_of(slurm), record.words)};
}

/// Not ended: whatever the record says may still change.
Judgement judge_alive(AttemptState state, const SlurmWord& slurm)
{
    if (slurm.state == to_string(state)) {
        return {state, slurm.reason == "None" ? "" : slurm.reason};
    }
    return {state, words_of(slurm)};
}

}  // namespace

bool is_terminal(AttemptState state)
{
    switch (state) {
        case AttemptState::Planned:
        case AttemptState::Pending:
        case AttemptState::Running:
        case AttemptState::Unverified: return false;
        default: return true;
    }
}

Judgement judge_attempt(SlurmWitness witness, const std::optional<SlurmWord>& slurm,
                        const std::optional<record::Reading>& reading, const record::Findings& findings)
{
    const RecordWord record = hear_record(reading, slurm, findings);
    if (witness == SlurmWitness::Unreachable) {
        return {AttemptState::Unverified,
                joined(record.testimony == Testimony::Clean ? "Slurm cannot be asked; the record is complete"
                                                            : "Slurm cannot be asked",
                       record.words)};
    }
    if (witness == SlurmWitness::NotInvolved) {
        return {state_of(record.testimony), record.words};
    }
    const std::optional<AttemptState> state = slurm ? known_state(slurm->state) : std::nullopt;
    const bool has_ended = state && is_terminal(*state);
    if (!slurm || (slurm->from == SlurmDaemon::slurmdbd && !has_ended)) {
        return judge_unaccounted(witness, slurm, record);
    }
    if (!state) {
        // Not ended as far as we can know; when Slurm forgets it, the record decides.
        return {AttemptState::Running, words_of(*slurm) + ", which this gaggle does not know"};
    }
    if (!slurm->lost_host.empty()) {
        return judge_ended(AttemptState::NodeFail, *slurm, record);
    }
    if (*state == AttemptState::Pending || *state == AttemptState::Running) {
        return judge_alive(*state, *slurm);
    }
    if (record.testimony == Testimony::Unread) {
        return {AttemptState::Unverified, joined(words_of(*slurm), record.words)};
    }
    switch (*state) {
        case AttemptState::Completed: return judge_completed(*slurm, record);
        case AttemptState::Failed: return judge_failed(*slurm, record);
        default: return judge_ended(*state, *slurm, record);
    }
}

}  // namespace gaggle
