#include "core/clock.hpp"
#include "core/error.hpp"
#include "core/log.hpp"
#include "core/resemblance.hpp"
#include "orchestrator/commands/collected.hpp"
#include "orchestrator/commands/commands.hpp"
#include "orchestrator/commands/eta.hpp"
#include "orchestrator/commands/format_option.hpp"
#include "orchestrator/commands/named.hpp"
#include "orchestrator/commands/options.hpp"
#include "orchestrator/slurm/hosts.hpp"
#include "orchestrator/store/store.hpp"
#include "orchestrator/table.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <iostream>
#include <map>
#include <nlohmann/json.hpp>
#include <sstream>
#include <tuple>

namespace gaggle::commands {

namespace {

const Usage status_usage{
    .synopsis = "gaggle status [options] [EXPERIMENT]",
    .description =
        "Shows how far an experiment is, the one of this number or name, else the newest: for each cell, the latest\n"
        "attempts at its repetitions by state, the latest reason that one of them has, and the hosts on which they\n"
        "run; on standard error, when it will end. Collects first.\n",
    .options = {format_option,
                {"columns", "NAME[,NAME...]", "only these columns, in this order, as sacct takes them with -o", 'o'},
                {"noheader", "", "no line of column names (table, csv, --parsable)", 'h'},
                {"parsable", "", "fields separated by |, as sacct does it with -P", 'P'},
                {"json", "",
                 "one JSON object: version (of this format, 1), experiment, name, launcher, ends_unix_s (null: not "
                 "known), cells"}},
    .least_operands = 0,
    .most_operands = 1};

/// One cell's attempts.
struct Line {
    std::size_t done = 0;
    std::size_t failed = 0;
    std::size_t running = 0;
    std::size_t pending = 0;
    std::size_t planned = 0;
    std::size_t unverified = 0;
    std::vector<std::string> hosts;  ///< lists, of those that run
    std::string reason;              ///< of the attempt last planned that has one
};

void count(Line& line, const store::ElementRow& attempt)
{
    switch (attempt.state) {
        case AttemptState::Completed: ++line.done; break;
        case AttemptState::Running:
            ++line.running;
            line.hosts.push_back(attempt.slurm_nodes);
            break;
        case AttemptState::Pending: ++line.pending; break;
        case AttemptState::Planned: ++line.planned; break;
        case AttemptState::Unverified: ++line.unverified; break;
        default: ++line.failed; break;
    }
    if (!attempt.reason.empty()) {
        line.reason = attempt.reason;
    }
}

store::Table progress(const std::vector<store::ElementRow>& elements)
{
    std::map<std::tuple<Role, std::string, unsigned, unsigned>, Line> lines;
    for (const store::ElementRow& element : elements) {
        if (!element.superseded) {
            count(lines[{element.role, element.environment, element.nodes, element.interpreters}], element);
        }
    }
    store::Table table{.columns = {"nodes", "interpreters", "environment", "role", "done", "failed", "running",
                                   "pending", "planned", "unverified", "reason", "hosts"},
                       .numeric = {true, true, false, false, true, true, true, true, true, true, false, false},
                       .rows = {}};
    const auto known = [](const std::string& words) { return words.empty() ? std::nullopt : std::optional{words}; };
    for (const auto& [cell, line] : lines) {
        const auto& [role, environment, nodes, interpreters] = cell;
        const auto text = [](std::size_t number) { return std::optional{std::to_string(number)}; };
        table.rows.push_back({text(nodes), text(interpreters), environment, std::string{to_string(role)},
                              text(line.done), text(line.failed), text(line.running), text(line.pending),
                              text(line.planned), text(line.unverified), known(line.reason),
                              known(slurm::joined_hosts(line.hosts))});
    }
    return table;
}

/// The columns whose names stand in `list`, separated by commas, in that order.
store::Table selected(const store::Table& all, const std::string& list)
{
    store::Table chosen;
    chosen.rows.resize(all.rows.size());
    std::istringstream names{list + ','};
    for (std::string name; std::getline(names, name, ',');) {
        const auto found = std::ranges::find(all.columns, name);
        if (found == all.columns.end()) {
            throw Error(ExitCode::Usage,
                        fmt::format("--columns: expected names out of {}, separated by commas, found "
                                    "'{}'{}",
                                    fmt::join(all.columns, ", "), name, did_you_mean(name, all.columns)));
        }
        const auto column = static_cast<std::size_t>(found - all.columns.begin());
        chosen.columns.push_back(name);
        chosen.numeric.push_back(all.numeric[column]);
        for (std::size_t row = 0; row < all.rows.size(); ++row) {
            chosen.rows[row].push_back(all.rows[row][column]);
        }
    }
    return chosen;
}

std::string as_json(const store::ExperimentRow& experiment, const store::Table& cells,
                    std::optional<std::int64_t> ends_unix_s)
{
    nlohmann::ordered_json object{{"version", 1},
                                  {"experiment", experiment.id.value},
                                  {"name", experiment.name},
                                  {"launcher", to_string(experiment.launcher)}};
    object["ends_unix_s"] = ends_unix_s ? nlohmann::ordered_json{*ends_unix_s} : nlohmann::ordered_json{};
    object["cells"] = nlohmann::ordered_json::parse(table::render(cells, table::Format::json));
    return object.dump(2, ' ', false, nlohmann::ordered_json::error_handler_t::replace) + "\n";
}

std::string as_fields(store::Table table)
{
    table.rows.insert(table.rows.begin(), {table.columns.begin(), table.columns.end()});
    for (auto& row : table.rows) {
        for (auto& value : row) {
            std::string text = value.value_or("");
            std::ranges::replace_if(
                text, [](char c) { return c == '|' || c == '\n' || c == '\r'; }, ' ');
            value = text;
        }
    }
    return table::render(table, table::Format::bcp);
}

/// What --format or --parsable makes of the cells, without its first line for --noheader.
std::string printed(const Parsed& parsed, const store::Table& cells)
{
    const table::Format format = format_of(parsed);
    std::string text = parsed.has("parsable") ? as_fields(cells) : table::render(cells, format);
    const bool has_header = parsed.has("parsable") || format == table::Format::table || format == table::Format::csv;
    return parsed.has("noheader") && has_header ? text.substr(text.find('\n') + 1) : text;
}

void require_one_format(const Parsed& parsed)
{
    static_cast<void>(format_of(parsed));
    if (std::ranges::count_if(std::array{"format", "parsable", "json"},
                              [&](const char* name) { return parsed.has(name); }) > 1) {
        throw Error(ExitCode::Usage, "--format, --parsable and --json: expected one of them");
    }
}

}  // namespace

ExitCode status(const Arguments& arguments)
{
    const std::optional<Parsed> parsed = parse(status_usage, arguments);
    if (!parsed) {
        return ExitCode::Ok;
    }
    require_one_format(*parsed);
    const store::Store store = open_collected(parsed->store());
    const store::ExperimentRow experiment = named_or_newest(store, parsed->operands);
    const std::vector<store::ElementRow> elements = store.elements(experiment.id);
    const std::int64_t now = clocks::realtime_ns() / 1'000'000'000;
    const auto left = time_left(elements, now);
    store::Table cells = progress(elements);
    if (const std::optional<std::string> columns = parsed->value("columns")) {
        cells = selected(cells, *columns);
    }
    if (parsed->has("json")) {
        std::cout << as_json(experiment, cells, left ? std::optional{now + left->count()} : std::nullopt);
        return ExitCode::Ok;
    }
    std::cout << printed(*parsed, cells);
    if (left) {
        log::info(fmt::format("experiment {}, {}: {}", experiment.id.value, experiment.name, words_of_end(*left, now)));
    }
    return ExitCode::Ok;
}

}  // namespace gaggle::commands
