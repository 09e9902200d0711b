#pragma once

#include "orchestrator/slurm/scheduler.hpp"
#include "orchestrator/store/store.hpp"

#include <chrono>
#include <cstddef>
#include <optional>
#include <string>

/// The one way from record files and Slurm's word into the store. Idempotent; every command that reads results
/// collects first.
namespace gaggle::collect {

/// What slurmdbd said of what slurmctld has forgotten.
struct Accounts {
    SlurmWitness witness = SlurmWitness::NotInvolved;  ///< NotInvolved: the cluster has no slurmdbd
    slurm::Queue queue;
};

/// What Slurm said when it was asked.
struct Answer {
    SlurmWitness witness = SlurmWitness::NotInvolved;  ///< slurmctld's; NotInvolved: it was not asked
    slurm::Queue queue{};
    std::string trouble{};               ///< why it, or else slurmdbd, is unreachable
    std::int64_t asked_unix_ns = 0;      ///< just before it was asked
    std::optional<Accounts> accounts{};  ///< empty: slurmdbd was not asked
};

/// How long slurmdbd may go on not knowing the end of what slurmctld has forgotten, before what else is known decides.
/// It hears of an end within seconds, after an outage of its own within some more.
inline constexpr std::chrono::seconds accounting_patience{30};

/// Asks slurmctld once, and, if it has forgotten anything that is not terminal in the store, slurmdbd once about that.
/// An unreachable slurmdbd is an answer. Throws Error(SlurmUnreachable) if slurmctld does not answer.
[[nodiscard]] Answer hear(slurm::Scheduler& scheduler, const store::Store& store);

/// The same, but an unreachable slurmctld is an answer too.
[[nodiscard]] Answer ask(slurm::Scheduler& scheduler, const store::Store& store);

/// Whether some array is in Slurm's hands and not known to have ended.
[[nodiscard]] bool needs_slurm(const store::Store& store);

/// Ends the elements of this store that Slurm lets go on without the node of their batch script: nothing else would end
/// them before their time limit, and what comes after them waits. To be called before `collect`, which says NODE_FAIL.
void end_abandoned(const store::Store& store, slurm::Scheduler& scheduler, const Answer& slurm);

/// Judges every attempt that is not terminal from its record file and from `slurm`, and stores what changed; returns
/// how many attempts did. Slurm must have been asked before this is called, never after: an element that Slurm calls
/// ended has then written its record. Arrays in Slurm's hands are left alone when Slurm was not asked, what slurmctld
/// has forgotten when slurmdbd was not asked, attempts of the local launcher while they have no record. An attempt that
/// is LOST is judged once more when its record turns up.
std::size_t collect(store::Store& store, const Answer& slurm);

}  // namespace gaggle::collect
