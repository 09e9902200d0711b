#include "orchestrator/commands/bars.hpp"
#include "orchestrator/commands/commands.hpp"
#include "orchestrator/commands/named.hpp"
#include "orchestrator/commands/options.hpp"
#include "orchestrator/commands/waiting.hpp"
#include "orchestrator/slurm/slurm_scheduler.hpp"
#include "orchestrator/store/store.hpp"

#include <fmt/format.h>

namespace gaggle::commands {

namespace {

const Usage watch_usage{
    .synopsis = "gaggle watch [options] [EXPERIMENT]",
    .description =
        "Shows how far an experiment is until all of it has ended: the one of this number or name, else the newest.\n"
        "On a terminal a bar for each environment (# completed, x ended otherwise, > runs, . waits), redrawn in "
        "place;\n"
        "elsewhere a line when something changed. Asks slurmctld at once, then after 15 s and at intervals that "
        "double\n"
        "up to two minutes, and says in the end how often it did. Exit status 0 if all attempts completed, 1 if not.\n"
        "^C detaches (exit status 130); the jobs go on.\n",
    .options = {},
    .least_operands = 0,
    .most_operands = 1};

}  // namespace

ExitCode watch(const Arguments& arguments)
{
    const std::optional<Parsed> parsed = parse(watch_usage, arguments);
    if (!parsed) {
        return ExitCode::Ok;
    }
    const store::Store store = store::Store::open(parsed->store(), store::Store::Access::read);
    const store::ExperimentRow experiment = named_or_newest(store, parsed->operands);
    slurm::SlurmScheduler scheduler;
    ProgressBars bars{fmt::format("experiment {}, {}", experiment.id.value, experiment.name)};
    return watch_over(parsed->store(), experiment.id, scheduler, bars);
}

}  // namespace gaggle::commands
