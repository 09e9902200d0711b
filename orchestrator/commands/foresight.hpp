#pragma once

#include "orchestrator/plan/plan.hpp"
#include "orchestrator/slurm/scheduler.hpp"

#include <string>
#include <vector>

namespace gaggle::commands {

/// Something that keeps Slurm from running a plan.
struct Obstacle {
    /// now: Slurm, its staff, a plugin of the site or a QOS may still let it run. forever: nothing of these can.
    enum class Lasts { now, forever };

    Lasts lasts = Lasts::now;
    std::string words;  ///< one line

    bool operator==(const Obstacle&) const = default;
};

/// What can be known without submitting: arrays, partitions, and whether each number of nodes and the time limit fit
/// into one of those that SBATCH_PARTITION (else the file, else Slurm's default) names. Accounts, QOS, constraints and
/// reservations are left to sbatch.
[[nodiscard]] std::vector<Obstacle> foresee(const plan::Plan& plan, const slurm::Limits& limits);

}  // namespace gaggle::commands
