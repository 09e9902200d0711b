#pragma once

#include "core/error.hpp"
#include "orchestrator/store/store.hpp"

#include <filesystem>

namespace gaggle::commands {

/// Runs on this machine, without Slurm, what is left of an experiment of the local launcher, with a line per array.
/// Ok if the latest attempts then are all completed, else CellsFailed. Throws Error(Store) if another one is at it.
ExitCode run_left(const std::filesystem::path& store, store::ExperimentId experiment);

}  // namespace gaggle::commands
