#include "orchestrator/report/queries.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cassert>

namespace gaggle::report {

namespace {

std::size_t place_of(const store::Table& table, std::string_view column)
{
    const auto found = std::ranges::find(table.columns, column);
    assert(found != table.columns.end());
    return static_cast<std::size_t>(found - table.columns.begin());
}

}  // namespace

store::Table ask(const store::Store& store, std::string_view name, const std::vector<store::ExperimentId>& experiments,
                 store::Parameters parameters)
{
    std::string ids;
    for (const store::ExperimentId id : experiments) {
        ids += fmt::format("{}{}", ids.empty() ? "" : ",", id.value);
    }
    parameters["experiments"] = "[" + ids + "]";
    const auto query = std::ranges::find(store::report_queries(), name, &store::CannedQuery::name);
    assert(query != store::report_queries().end());
    return store.query(query->sql, parameters);
}

double number(const store::Table& table, std::size_t row, std::string_view column)
{
    const std::optional<std::string>& value = table.rows[row][place_of(table, column)];
    return value ? std::stod(*value) : 0;
}

const std::string& text_of(const store::Table& table, std::size_t row, std::string_view column)
{
    static const std::string nothing;
    const std::optional<std::string>& value = table.rows[row][place_of(table, column)];
    return value ? *value : nothing;
}

std::vector<Series> series_of(const store::Store& store, const std::vector<store::ExperimentId>& experiments)
{
    const store::Table chosen = ask(store, "experiments", experiments);
    std::map<std::string, int> times_named;
    std::map<std::string, std::string> name_of;  // of an experiment, by id
    for (std::size_t row = 0; row < chosen.rows.size(); ++row) {
        name_of[text_of(chosen, row, "id")] = text_of(chosen, row, "name");
        ++times_named[text_of(chosen, row, "name")];
    }
    const store::Table environments = ask(store, "environments", experiments);
    std::vector<Series> all;
    for (std::size_t row = 0; row < environments.rows.size(); ++row) {
        Series series{.name = text_of(environments, row, "environment"),
                      .experiment = text_of(environments, row, "experiment_id"),
                      .environment = text_of(environments, row, "environment")};
        const std::string& name = name_of[series.experiment];
        const std::string told_apart = times_named[name] > 1 ? name + " " + series.experiment : name;
        if (chosen.rows.size() > 1) {
            series.name = told_apart + ": " + series.environment;
        }
        all.push_back(std::move(series));
    }
    return all;
}

std::vector<Times> times_of(const store::Table& overall, const std::vector<Series>& series)
{
    std::map<std::pair<std::string, std::string>, std::size_t> places;
    for (std::size_t i = 0; i < series.size(); ++i) {
        places[{series[i].experiment, series[i].environment}] = i;
    }
    std::vector<Times> all(series.size());
    for (std::size_t row = 0; row < overall.rows.size(); ++row) {
        Times& times = all[places.at({text_of(overall, row, "experiment_id"), text_of(overall, row, "environment")})];
        const double time = number(overall, row, "time_s");
        times.by_total.push_back({number(overall, row, "total"), time});
        times.by_nodes[static_cast<unsigned>(number(overall, row, "interpreters"))].push_back(
            {number(overall, row, "nodes"), time});
    }
    return all;
}

}  // namespace gaggle::report
