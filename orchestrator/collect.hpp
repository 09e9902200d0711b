#pragma once

#include "orchestrator/slurm/scheduler.hpp"
#include "orchestrator/store/store.hpp"

#include <cstddef>
#include <string>

/// The one way from record files and Slurm's word into the store. Idempotent; every command that reads results
/// collects first.
namespace gaggle::collect {

/// What Slurm said when it was asked.
struct Answer {
    SlurmWitness witness = SlurmWitness::NotInvolved;  ///< NotInvolved: it was not asked
    slurm::Queue queue;
    std::string trouble;             ///< why it is unreachable
    std::int64_t asked_unix_ns = 0;  ///< just before it was asked
};

/// Asks once. An unreachable Slurm is an answer, not an error.
[[nodiscard]] Answer ask(slurm::Scheduler& scheduler);

/// Whether some array is in Slurm's hands and not known to have ended.
[[nodiscard]] bool needs_slurm(const store::Store& store);

/// Judges every attempt that is not terminal from its record file and from `slurm`, and stores what changed; returns
/// how many attempts did. Slurm must have been asked before this is called, never after: an element that Slurm calls
/// ended has then written its record. Arrays in Slurm's hands are left alone when Slurm was not asked, attempts of the
/// local launcher while they have no record.
std::size_t collect(store::Store& store, const Answer& slurm);

}  // namespace gaggle::collect
