#pragma once

#include <chrono>
#include <optional>
#include <string>

namespace gaggle::slurm {

/// What slurmctld says of itself.
struct Controller {
    std::string version;  ///< "22.05.8"
    std::string cluster;
    std::string authentication;  ///< "auth/munge"
    unsigned max_array_size = 0;
    unsigned max_jobs = 0;
    /// By how much its clock is ahead of this machine's, to the second; empty: it did not say.
    std::optional<std::chrono::seconds> clock_ahead;
};

/// Two requests. libslurm must have been initialised. Throws Error(SlurmUnreachable).
[[nodiscard]] Controller ask_controller();

}  // namespace gaggle::slurm
