#include "core/resemblance.hpp"
#include "orchestrator/commands/collected.hpp"
#include "orchestrator/commands/commands.hpp"
#include "orchestrator/commands/format_option.hpp"
#include "orchestrator/commands/options.hpp"
#include "orchestrator/store/store.hpp"
#include "orchestrator/table.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <iostream>
#include <limits>

namespace gaggle::commands {

namespace {

const Usage sql_usage{
    .synopsis = "gaggle sql [options] 'SELECT ...' | NAME [KEY=VALUE...]",
    .description =
        "Runs one read-only SQL statement on the store, or the canned query NAME, after collecting. KEY=VALUE keeps\n"
        "those rows of a canned query whose column KEY is VALUE, and is the value of :KEY in a statement.\n",
    .options = {format_option,
                {"list", "",
                 "print the names of the canned queries, and of the views to SELECT from, and what they show"},
                {"bcp", "",
                 "of overall and individual: every measurement in the founding study's format, "
                 "interpreter|n.per.node|n.nodes|n.total|time.s"}},
    .least_operands = 0,
    .most_operands = std::numeric_limits<std::size_t>::max()};

store::Table list()
{
    store::Table table{.columns = {"kind", "name", "shows"}, .numeric = {false, false, false}, .rows = {}};
    for (const auto& [kind, all] : {std::pair{"query", &store::canned_queries()}, std::pair{"view", &store::views()}}) {
        for (const store::CannedQuery& one : *all) {
            table.rows.push_back({kind, std::string{one.name}, std::string{one.description}});
        }
    }
    return table;
}

bool is_name(std::string_view operand)  // no SQL statement is a single word
{
    return operand.find_first_of(" \t\n(") == std::string_view::npos;
}

/// The text of the query of that name; Error(Usage), which lists them, if there is none.
std::string_view find(const std::vector<store::CannedQuery>& queries, std::string_view name, std::string_view what)
{
    const auto found = std::ranges::find(queries, name, &store::CannedQuery::name);
    if (found == queries.end()) {
        std::vector<std::string_view> names;
        std::ranges::transform(queries, std::back_inserter(names), &store::CannedQuery::name);
        throw Error(ExitCode::Usage, fmt::format("{} '{}'{}; there are: {}", what, name, did_you_mean(name, names),
                                                 fmt::join(names, ", ")));
    }
    return found->sql;
}

store::Parameters parameters_of(const Parsed& parsed)
{
    store::Parameters parameters;
    for (auto operand = parsed.operands.begin() + 1; operand != parsed.operands.end(); ++operand) {
        const std::size_t equals = operand->find('=');
        if (equals == 0 || equals == std::string::npos) {
            throw Error(ExitCode::Usage, "expected KEY=VALUE, found '" + *operand + "'");
        }
        if (!parameters.emplace(operand->substr(0, equals), operand->substr(equals + 1)).second) {
            throw Error(ExitCode::Usage, "'" + *operand + "': " + operand->substr(0, equals) + " has a value already");
        }
    }
    return parameters;
}

/// Keeps the rows whose columns have these values, as they are printed.
void keep(store::Table& table, const store::Parameters& parameters)
{
    for (const auto& parameter : parameters) {
        const auto column = std::ranges::find(table.columns, parameter.first);
        if (column == table.columns.end()) {
            throw Error(ExitCode::Usage,
                        fmt::format("{}={}: there is no column {}{}; there are: {}", parameter.first, parameter.second,
                                    parameter.first, did_you_mean(parameter.first, table.columns),
                                    fmt::join(table.columns, ", ")));
        }
        const auto index = static_cast<std::size_t>(column - table.columns.begin());
        std::erase_if(table.rows, [&](const auto& row) { return row[index].value_or("") != parameter.second; });
    }
}

store::Table result(const Parsed& parsed)
{
    const std::string& operand = parsed.operands.front();
    const store::Parameters parameters = parameters_of(parsed);
    if (!is_name(operand) && !parsed.has("bcp")) {
        return open_collected(parsed.store()).query(operand, parameters);
    }
    const std::string_view text = parsed.has("bcp") ? find(store::bcp_queries(), operand, "--bcp: nothing for")
                                                    : find(store::canned_queries(), operand, "no canned query");
    store::Table table = open_collected(parsed.store()).query(text);
    keep(table, parameters);
    return table;
}

}  // namespace

table::Format format_of(const Parsed& parsed)
{
    table::Format format = table::Format::table;
    const std::string text = parsed.value("format").value_or("table");
    if (!from_string(text, format)) {
        throw Error(ExitCode::Usage, fmt::format("--format: expected table, csv, json, markdown or bcp, found '{}'{}",
                                                 text, did_you_mean(text, table::format_names.names)));
    }
    return format;
}

ExitCode sql(const Arguments& arguments)
{
    const std::optional<Parsed> parsed = parse(sql_usage, arguments);
    if (!parsed) {
        return ExitCode::Ok;
    }
    const table::Format format = format_of(*parsed);
    if (parsed->has("bcp") && (parsed->has("format") || parsed->has("list"))) {
        throw Error(ExitCode::Usage, "--bcp is a format of its own: neither --format nor --list beside it");
    }
    if (parsed->has("list")) {
        std::cout << table::render(list(), format);
        return ExitCode::Ok;
    }
    if (parsed->operands.empty()) {
        throw Error(ExitCode::Usage, "usage: " + sql_usage.synopsis);
    }
    std::cout << table::render(result(*parsed), parsed->has("bcp") ? table::Format::bcp : format);
    return ExitCode::Ok;
}

}  // namespace gaggle::commands
