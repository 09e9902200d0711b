#include "core/log.hpp"
#include "orchestrator/commands/commands.hpp"
#include "orchestrator/commands/options.hpp"
#include "orchestrator/commands/provenance.hpp"
#include "orchestrator/commands/words.hpp"
#include "orchestrator/published.hpp"

#include <fmt/format.h>

namespace gaggle::commands {

namespace {

const Usage import_usage{
    .synopsis = "gaggle import [options] published FILE...",
    .description =
        "Takes published times into the store, as an experiment of their own whose rows say 'imported'. A file's\n"
        "lines are interpreter|n.per.node|n.nodes|n.total|time.s; one whose name begins with overall has a time per\n"
        "attempt, one with individual a time per node. All or nothing; the same files again change nothing.\n",
    .options = {},
    .least_operands = 2,
    .most_operands = 3};

}  // namespace

ExitCode import_files(const Arguments& arguments)
{
    const std::optional<Parsed> parsed = parse(import_usage, arguments);
    if (!parsed) {
        return ExitCode::Ok;
    }
    if (parsed->operands.front() != "published") {
        throw Error(ExitCode::Usage, fmt::format("expected published, found '{}'; usage: {}", parsed->operands.front(),
                                                 import_usage.synopsis));
    }
    store::Imported imported = published::read_files({parsed->operands.begin() + 1, parsed->operands.end()});
    std::string bytes;
    for (const auto& [name, text] : imported.kept) {
        bytes += text;
    }
    imported.sha256 = sha256(bytes);
    store::Store store =
        store::Store::open(parsed->store(), store::Store::Access::write, store::Store::Missing::create);
    if (const auto known = store.find_experiment(imported.name, imported.sha256, record::Launcher::imported)) {
        log::info(fmt::format("experiment {}: these files were imported before", known->value));
        return ExitCode::Ok;
    }
    const store::ExperimentId id = store.add_imported(imported, GAGGLE_VERSION);
    log::info(fmt::format("experiment {}: {}, {} and {} in {}", id.value, imported.name,
                          counted(imported.overall.size(), "overall time"),
                          counted(imported.individual.size(), "individual time"), store.directory().string()));
    return ExitCode::Ok;
}

}  // namespace gaggle::commands
