#include "orchestrator/report/queries.hpp"
#include "orchestrator/report/report.hpp"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <ctime>
#include <map>
#include <nlohmann/json.hpp>

namespace gaggle::report {

namespace {

using nlohmann::ordered_json;

constexpr std::size_t places_of_a_curve = 60;
constexpr std::size_t least_points_of_a_box = 50;

/// SQLite's text of a number, as short as seven digits are: no figure shows more.
ordered_json json_number(const std::optional<std::string>& text)
{
    if (!text) {
        return nullptr;
    }
    const char* const end = text->data() + text->size();
    std::int64_t integer = 0;
    if (const auto read = std::from_chars(text->data(), end, integer); read.ec == std::errc{} && read.ptr == end) {
        return integer;
    }
    const double real = std::stod(*text);
    return std::isfinite(real) ? ordered_json(std::stod(fmt::format("{:.7g}", real))) : ordered_json(nullptr);
}

/// A column of text as its different values and, for each row, which of them it is; −1 for NULL.
ordered_json json_texts(const store::Table& table, std::size_t column)
{
    std::map<std::string, int> codes;
    ordered_json levels = ordered_json::array();
    ordered_json coded = ordered_json::array();
    for (const auto& row : table.rows) {
        if (!row[column]) {
            coded.push_back(-1);
            continue;
        }
        const auto [known, is_new] = codes.emplace(*row[column], static_cast<int>(codes.size()));
        if (is_new) {
            levels.push_back(*row[column]);
        }
        coded.push_back(known->second);
    }
    return {{"levels", std::move(levels)}, {"codes", std::move(coded)}};
}

ordered_json json_columns(const store::Table& table)
{
    ordered_json columns = ordered_json::object();
    for (std::size_t column = 0; column < table.columns.size(); ++column) {
        ordered_json& values = columns[table.columns[column]];
        if (!table.numeric[column]) {
            values = json_texts(table, column);
            continue;
        }
        values = ordered_json::array();
        for (const auto& row : table.rows) {
            values.push_back(json_number(row[column]));
        }
    }
    return columns;
}

ordered_json json_curve(const std::vector<statistics::Pair>& points)
{
    ordered_json x = ordered_json::array();
    ordered_json y = ordered_json::array();
    for (const statistics::Pair& point : statistics::smooth(points, places_of_a_curve)) {
        x.push_back(std::stod(fmt::format("{:.7g}", point.x)));
        y.push_back(std::stod(fmt::format("{:.7g}", point.y)));
    }
    return {{"x", std::move(x)}, {"y", std::move(y)}};
}

ordered_json json_law(unsigned interpreters, const std::vector<statistics::Pair>& points)
{
    const auto law = statistics::fit_power_law(points);
    if (!law) {
        return nullptr;
    }
    ordered_json json{{"interpreters", interpreters},
                      {"points", points.size()},
                      {"least_nodes", std::ranges::min_element(points, {}, &statistics::Pair::x)->x},
                      {"most_nodes", std::ranges::max_element(points, {}, &statistics::Pair::x)->x},
                      {"factor", law->factor},
                      {"exponent", law->exponent},
                      {"r_squared", law->r_squared}};
    if (law->exponent_interval && law->scatter) {
        json["low"] = law->exponent_interval->low;
        json["high"] = law->exponent_interval->high;
        json["t"] = law->scatter->t;
        json["residual"] = law->scatter->residual;
        json["mean_x"] = law->scatter->mean_x;
        json["sum_xx"] = law->scatter->sum_xx;
    }
    return json;
}

/// Points to draw at most of individual times with as many interpreters in all: all where they are few.
std::size_t most_of_a_box(const store::Table& boxes)
{
    double gaggles = 0;
    double greatest = 0;
    for (std::size_t row = 0; row < boxes.rows.size(); ++row) {
        gaggles += number(boxes, row, "gaggles");
        greatest = std::max(greatest, number(boxes, row, "gaggles"));
    }
    if (gaggles <= static_cast<double>(most_points)) {
        return static_cast<std::size_t>(greatest) + 1;
    }
    return std::max(least_points_of_a_box, most_points / boxes.rows.size());
}

ordered_json json_series(const std::vector<Series>& series, const std::vector<Times>& times)
{
    ordered_json all = ordered_json::array();
    for (std::size_t i = 0; i < series.size(); ++i) {
        ordered_json laws = ordered_json::array();
        for (const auto& [interpreters, points] : times[i].by_nodes) {
            if (ordered_json law = json_law(interpreters, points); !law.is_null()) {
                laws.push_back(std::move(law));
            }
        }
        all.push_back({{"name", series[i].name},
                       {"experiment_id", std::stoll(series[i].experiment)},
                       {"environment", series[i].environment},
                       {"curve", json_curve(times[i].by_total)},
                       {"laws", std::move(laws)}});
    }
    return all;
}

/// '<' would end the script element that holds the data.
std::string without_tags(std::string json)
{
    for (std::size_t at = json.find('<'); at != std::string::npos; at = json.find('<', at)) {
        json.replace(at, 1, "\\u003c");
    }
    return json;
}

}  // namespace

std::string gather(const store::Store& store, const std::vector<store::ExperimentId>& experiments)
{
    const store::Table overall = ask(store, "overall", experiments);
    const store::Table boxes = ask(store, "boxes", experiments);
    const std::size_t most = most_of_a_box(boxes);
    const std::vector<Series> series = series_of(store, experiments);
    ordered_json data{
        {"gaggle_version", GAGGLE_VERSION},
        {"written", fmt::format("{:%FT%TZ}", fmt::gmtime(std::time(nullptr)))},
        {"series", json_series(series, times_of(overall, series))},
        {"overall", json_columns(overall)},
        {"boxes", json_columns(boxes)},
        {"individual", json_columns(ask(store, "individual", experiments, {{"most", std::to_string(most)}}))}};
    for (const std::string name : {"experiments", "cells", "phases", "speedup", "failures", "spread", "provenance"}) {
        data[name] = json_columns(ask(store, name, experiments));
    }
    return without_tags(data.dump(-1, ' ', true, ordered_json::error_handler_t::replace));
}

}  // namespace gaggle::report
