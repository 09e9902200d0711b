#include "orchestrator/commands/collected.hpp"
#include "orchestrator/commands/commands.hpp"
#include "orchestrator/commands/format_option.hpp"
#include "orchestrator/commands/options.hpp"
#include "orchestrator/store/store.hpp"
#include "orchestrator/table.hpp"

#include <iostream>
#include <map>
#include <tuple>

namespace gaggle::commands {

namespace {

const Usage status_usage{
    .synopsis = "gaggle status [options]",
    .description =
        "Shows how far the newest experiment is: for each cell, the latest attempts at its repetitions by\n"
        "state, and the latest reason that one of them has. Collects first.\n",
    .options = {format_option}};

/// One cell's attempts.
struct Line {
    std::size_t done = 0;
    std::size_t failed = 0;
    std::size_t running = 0;
    std::size_t pending = 0;
    std::size_t planned = 0;
    std::size_t unverified = 0;
    std::string reason;  ///< of the attempt last planned that has one
};

void count(Line& line, const store::AttemptRow& attempt)
{
    switch (attempt.state) {
        case AttemptState::Completed: ++line.done; break;
        case AttemptState::Running: ++line.running; break;
        case AttemptState::Pending: ++line.pending; break;
        case AttemptState::Planned: ++line.planned; break;
        case AttemptState::Unverified: ++line.unverified; break;
        default: ++line.failed; break;
    }
    if (!attempt.reason.empty()) {
        line.reason = attempt.reason;
    }
}

store::Table progress(const store::Store& store, store::ExperimentId experiment)
{
    std::map<std::tuple<Role, std::string, unsigned, unsigned>, Line> lines;
    for (const store::ArrayRow& array : store.arrays(experiment)) {
        for (const store::AttemptRow& attempt : store.attempts(array.id)) {
            const store::CellRow& cell = attempt.cell;
            if (!attempt.superseded) {
                count(lines[{cell.role, cell.environment, cell.nodes, cell.interpreters}], attempt);
            }
        }
    }
    store::Table table{.columns = {"nodes", "interpreters", "environment", "role", "done", "failed", "running",
                                   "pending", "planned", "unverified", "reason"},
                       .numeric = {true, true, false, false, true, true, true, true, true, true, false},
                       .rows = {}};
    for (const auto& [cell, line] : lines) {
        const auto& [role, environment, nodes, interpreters] = cell;
        const auto text = [](std::size_t number) { return std::optional{std::to_string(number)}; };
        table.rows.push_back({text(nodes), text(interpreters), environment, std::string{to_string(role)},
                              text(line.done), text(line.failed), text(line.running), text(line.pending),
                              text(line.planned), text(line.unverified),
                              line.reason.empty() ? std::nullopt : std::optional{line.reason}});
    }
    return table;
}

}  // namespace

ExitCode status(const Arguments& arguments)
{
    const std::optional<Parsed> parsed = parse(status_usage, arguments);
    if (!parsed) {
        return ExitCode::Ok;
    }
    const table::Format format = format_of(*parsed);
    const store::Store store = open_collected(parsed->store());
    const std::optional<store::ExperimentId> newest = store.newest_experiment();
    if (!newest) {
        throw Error(ExitCode::Usage, "no experiment in " + parsed->store().string());
    }
    std::cout << table::render(progress(store, *newest), format);
    return ExitCode::Ok;
}

}  // namespace gaggle::commands
