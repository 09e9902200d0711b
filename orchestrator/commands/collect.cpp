#include "core/log.hpp"
#include "orchestrator/commands/collected.hpp"
#include "orchestrator/commands/commands.hpp"
#include "orchestrator/commands/options.hpp"
#include "orchestrator/commands/words.hpp"

#include <fmt/format.h>

namespace gaggle::commands {

namespace {

const Usage collect_usage{.synopsis = "gaggle collect [options]",
                          .description =
                              "Takes new record files and Slurm's word into the store. Every command that shows\n"
                              "results does this first; doing it again changes nothing.\n",
                          .options = {}};

}  // namespace

ExitCode collect(const Arguments& arguments)
{
    const std::optional<Parsed> parsed = parse(collect_usage, arguments);
    if (!parsed) {
        return ExitCode::Ok;
    }
    const Collected collected = collect_now(parsed->store());
    log::info(fmt::format("{} changed; asked slurmctld {}", counted(collected.updated, "attempt"),
                          counted(collected.requests, "time")));
    return ExitCode::Ok;
}

}  // namespace gaggle::commands
