#pragma once

#include "orchestrator/collect.hpp"
#include "orchestrator/store/store.hpp"

#include <chrono>
#include <filesystem>

namespace gaggle::commands {

/// What collecting did.
struct Collected {
    std::size_t updated = 0;   ///< attempts whose row changed
    std::size_t requests = 0;  ///< to slurmctld
};

/// Collects into a store that can be written. Slurm is asked only if an array is in its hands; a Slurm that does not
/// answer is a warning.
Collected collect_now(const std::filesystem::path& store);

/// A store to read results from, after collecting if anything can have changed. Where that is not possible (read-only
/// media, a full disk, another writer that keeps at it) the store is read as it is, with a warning.
[[nodiscard]] store::Store open_collected(const std::filesystem::path& store);

}  // namespace gaggle::commands
