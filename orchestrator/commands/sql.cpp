#include "orchestrator/commands/collected.hpp"
#include "orchestrator/commands/commands.hpp"
#include "orchestrator/commands/format_option.hpp"
#include "orchestrator/commands/options.hpp"
#include "orchestrator/store/store.hpp"
#include "orchestrator/table.hpp"

#include <algorithm>
#include <iostream>

namespace gaggle::commands {

namespace {

const Usage sql_usage{
    .synopsis = "gaggle sql [options] 'SELECT ...' | NAME",
    .description = "Runs one read-only SQL statement on the store, or the canned query NAME, after collecting.\n",
    .options = {format_option, {"list", "", "print the names of the canned queries and what they show"}},
    .least_operands = 0,
    .most_operands = 1};

store::Table list()
{
    store::Table table{.columns = {"name", "shows"}, .numeric = {false, false}, .rows = {}};
    for (const store::CannedQuery& query : store::canned_queries()) {
        table.rows.push_back({std::string{query.name}, std::string{query.description}});
    }
    return table;
}

/// A canned query's text, or the statement itself: no SQL statement is a single word.
std::string_view statement(std::string_view operand)
{
    std::string names;
    for (const store::CannedQuery& query : store::canned_queries()) {
        if (query.name == operand) {
            return query.sql;
        }
        names.append(names.empty() ? "" : ", ").append(query.name);
    }
    if (operand.find_first_of(" \t\n(") == std::string_view::npos) {
        throw Error(ExitCode::Usage, "no canned query '" + std::string{operand} + "'; there are: " + names);
    }
    return operand;
}

}  // namespace

table::Format format_of(const Parsed& parsed)
{
    table::Format format = table::Format::table;
    const std::string text = parsed.value("format").value_or("table");
    if (!from_string(text, format)) {
        throw Error(ExitCode::Usage, "--format: expected table, csv, json or bcp, found '" + text + "'");
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
    if (parsed->has("list")) {
        std::cout << table::render(list(), format);
        return ExitCode::Ok;
    }
    if (parsed->operands.empty()) {
        throw Error(ExitCode::Usage, "usage: " + sql_usage.synopsis);
    }
    const std::string_view text = statement(parsed->operands.front());
    std::cout << table::render(open_collected(parsed->store()).query(text), format);
    return ExitCode::Ok;
}

}  // namespace gaggle::commands
