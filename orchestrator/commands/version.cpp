#include "orchestrator/slurm/version.hpp"

#include "core/error.hpp"
#include "orchestrator/commands/commands.hpp"
#include "orchestrator/commands/options.hpp"

#include <fmt/format.h>

#include <iostream>

namespace gaggle::commands {

namespace {

const Usage version_usage{.synopsis = "gaggle version",
                          .description =
                              "Prints gaggle's version, the Slurm for which it was built, and the libslurm with which "
                              "it runs.\nExit status 3 if that is another release's.\n",
                          .options = {}};

}  // namespace

ExitCode version(const Arguments& arguments)
{
    if (!parse(version_usage, arguments)) {
        return ExitCode::Ok;
    }
    std::cout << fmt::format("gaggle {}\nbuilt for Slurm {}\n", GAGGLE_VERSION, slurm::built_version());
    if (const std::string trouble = slurm::mismatch(); !trouble.empty()) {
        std::cout.flush();
        throw Error(ExitCode::SlurmUnreachable, trouble);
    }
    std::cout << fmt::format("runs with {}\n", slurm::loaded_file());
    return ExitCode::Ok;
}

}  // namespace gaggle::commands
