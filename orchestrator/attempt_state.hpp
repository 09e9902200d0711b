#pragma once

#include "core/examination.hpp"
#include "core/names.hpp"
#include "core/record.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace gaggle {

/// The state of an attempt: Slurm's own names (squeue's long form) where Slurm has one, and four of ours.
/// PLANNED: not yet handed to Slurm. INCOMPLETE: it ended, but results are missing. LOST: submitted, Slurm has
/// forgotten it and there is no record. UNVERIFIED: Slurm cannot be asked, or the record not be read, just now.
enum class AttemptState {
    Planned,
    Pending,
    Running,
    Completed,
    Failed,
    Timeout,
    Cancelled,
    NodeFail,
    OutOfMemory,
    Preempted,
    BootFail,
    Deadline,
    Incomplete,
    Lost,
    Unverified,
};
inline constexpr Names<AttemptState, 15> attempt_state_names{{
    "PLANNED",
    "PENDING",
    "RUNNING",
    "COMPLETED",
    "FAILED",
    "TIMEOUT",
    "CANCELLED",
    "NODE_FAIL",
    "OUT_OF_MEMORY",
    "PREEMPTED",
    "BOOT_FAIL",
    "DEADLINE",
    "INCOMPLETE",
    "LOST",
    "UNVERIFIED",
}};
[[nodiscard]] constexpr const auto& names_of(AttemptState /*value*/)
{
    return attempt_state_names;
}

/// No later witness can change it for the better without a new attempt.
[[nodiscard]] bool is_terminal(AttemptState state);

/// Who of Slurm's spoke: the controller, or accounting, which is asked about what the controller has forgotten.
enum class SlurmDaemon { slurmctld, slurmdbd };

/// What Slurm says of one array element.
struct SlurmWord {
    SlurmDaemon from = SlurmDaemon::slurmctld;
    std::string state;   ///< Slurm's own name, "UNKNOWN(n)" for one this build does not know
    std::string reason;  ///< its reason in words, "" if none
    std::optional<int> exit_code;
    std::optional<int> signal;
    unsigned restarts = 0;
    std::string nodes;            ///< compressed host list
    std::string lost_host;        ///< the batch script's node, if it is gone and Slurm lets the job go on without it
    std::int64_t start_unix = 0;  ///< 0: not started
    std::int64_t end_unix = 0;    ///< 0: not ended
};

struct Judgement {
    AttemptState state = AttemptState::Planned;
    std::string reason;  ///< in words, "" if there is nothing to say
};

/// Whether Slurm could be asked at all, and, where slurmctld has forgotten the element, how far slurmdbd makes up for
/// it. AccountsUnreachable: it did not answer. AccountsBehind: it may be about to know more, as its news come with a
/// delay. TakenOut: it knows the element's array, and no such element.
enum class SlurmWitness { Answered, Unreachable, NotInvolved, AccountsUnreachable, AccountsBehind, TakenOut };

/// The state from the three witnesses: Slurm's word (empty: it answered, and does not know the element any more),
/// the record file (empty: there is none), and the record's own completeness.
///
/// - Slurm not involved: the record alone decides. Slurm unreachable: UNVERIFIED.
/// - Slurm has forgotten it: the record decides, and says so; without a record, LOST, or CANCELLED if it was taken out
///   of its array before it started. While slurmdbd may know more: UNVERIFIED; if that is because it does not answer, a
///   closed record decides.
/// - Only slurmdbd knows it, and not that it ended: as if forgotten.
/// - Slurm says that it has not ended: PENDING or RUNNING, whatever the record says; but NODE_FAIL if it runs on
///   without the node of its batch script, from which alone a record could come.
/// - Slurm says COMPLETED: so it is only if the record is closed, complete, consistent, and no interpreter failed;
///   else FAILED (interpreters) or INCOMPLETE (results are missing).
/// - Slurm says FAILED: INCOMPLETE if the record lacks results, otherwise FAILED.
/// - Slurm says TIMEOUT, NODE_FAIL, CANCELLED …: that stands, even beside a complete record.
/// - It has ended, and there is a record that cannot be read now: UNVERIFIED.
/// - Slurm says what this gaggle does not know: RUNNING, until Slurm knows better or forgets.
///
/// `findings`: of the record as far as it could be read. Disagreement is in the reason. A record of an earlier start than the last that Slurm counts is no record.
[[nodiscard]] Judgement judge_attempt(SlurmWitness witness, const std::optional<SlurmWord>& slurm,
                                      const std::optional<record::Reading>& reading, const record::Findings& findings);

}  // namespace gaggle
