#include "core/log.hpp"
#include "orchestrator/commands/collected.hpp"
#include "orchestrator/commands/commands.hpp"
#include "orchestrator/commands/options.hpp"
#include "orchestrator/commands/words.hpp"

#include <fmt/format.h>

#include <limits>

namespace gaggle::commands {

namespace {

const Usage merge_usage{
    .synopsis = "gaggle merge [options] OTHER...",
    .description =
        "Takes what has ended of the other stores' experiments into the store, after collecting there: rows, records,\n"
        "scripts, logs and workers. Each OTHER comes whole or not at all, and is not changed otherwise. What is here\n"
        "already is not taken again. Arrays that wait or run stay there, exit status 1: merge again when they have\n"
        "ended.\n",
    .options = {},
    .least_operands = 1,
    .most_operands = std::numeric_limits<std::size_t>::max()};

/// Whether all of it is here now.
bool merge_one(store::Store& store, const store::Store& other)
{
    const store::Merged merged = store.merge(other);
    const std::string directory = other.directory().string();
    if (merged.experiments + merged.arrays == 0) {
        log::info(fmt::format("{}: nothing new", directory));
    } else {
        log::info(fmt::format("{}: {} that {} not here, {}, {}", directory, counted(merged.experiments, "experiment"),
                              merged.experiments == 1 ? "was" : "were", counted(merged.arrays, "array"),
                              counted(merged.attempts, "attempt")));
    }
    if (merged.left > 0) {
        log::warn(fmt::format("{}: {} there, of arrays that have not ended: merge again when they have", directory,
                              merged.left == 1 ? "1 attempt stays" : fmt::format("{} attempts stay", merged.left)));
    }
    return merged.left == 0;
}

}  // namespace

ExitCode merge(const Arguments& arguments)
{
    const std::optional<Parsed> parsed = parse(merge_usage, arguments);
    if (!parsed) {
        return ExitCode::Ok;
    }
    std::vector<store::Store> others;
    for (const std::string& directory : parsed->operands) {
        others.push_back(open_collected(directory));
    }
    store::Store store =
        store::Store::open(parsed->store(), store::Store::Access::write, store::Store::Missing::create);
    ExitCode code = ExitCode::Ok;
    for (const store::Store& other : others) {
        if (!merge_one(store, other)) {
            code = ExitCode::CellsFailed;
        }
    }
    return code;
}

}  // namespace gaggle::commands
