#pragma once

#include "orchestrator/slurm/scheduler.hpp"
#include "orchestrator/store/store.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace gaggle::commands {

/// Hands planned arrays to Slurm, in order, each turn (turns.hpp) to begin after the one before; the first after what
/// of this store runs last, so that no two cells run at once but where an experiment says so. The arguments have to
/// outlive it; `queue` has to be asked for after the store was opened, or an array may be submitted twice.
class Submission {
public:
    Submission(store::Store& store, slurm::Scheduler& scheduler, const slurm::Queue& queue);

    /// Submits the array, or adopts it where the queue has its token already, or its files show that it ran; stores the
    /// job id and prints the array's line. A refusal is stored and thrown. While sbatch is at work it holds the store
    /// too: should gaggle die, the next one waits for sbatch's end before it looks at the queue.
    void submit(store::ArrayRow array);

private:
    /// The array runs next: beside those of this turn, or after them.
    void line_up(const store::ArrayRow& array);
    slurm::Submitted hand_over(const store::ArrayRow& array);
    void take(store::ArrayRow& array, std::uint64_t job_id, const std::string& command_line);

    store::Store& store_;
    slurm::Scheduler& scheduler_;
    const slurm::Queue& queue_;
    slurm::JobIds after_;                ///< the turn before
    std::vector<store::ArrayRow> turn_;  ///< in Slurm's hands
};

/// Says so if the shell names other clusters, which are left out.
void warn_of_clusters();

}  // namespace gaggle::commands
