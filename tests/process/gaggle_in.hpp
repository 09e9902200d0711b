#pragma once

#include "tests/support/process.hpp"
#include "tests/support/temporary.hpp"

#include <string>
#include <utility>
#include <vector>

namespace gaggle::tests {

/// gaggle with a store of its own in `folder`. Slurm must not be needed: its configuration cannot even be read.
inline Finished gaggle_in(const TemporaryDirectory& folder, std::vector<std::string> arguments)
{
    arguments.insert(arguments.begin(), {GAGGLE_PROGRAM, "--store", (folder.path() / "store").string()});
    return run(arguments, {{"SLURM_CONF", "/nonexistent"}, {"PYTHONPATH", "/leak"}, {"SLURM_JOB_ID", "424242"}});
}

}  // namespace gaggle::tests
