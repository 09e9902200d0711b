#include "core/error.hpp"
#include "core/log.hpp"
#include "core/statistics.hpp"
#include "orchestrator/commands/collected.hpp"
#include "orchestrator/commands/commands.hpp"
#include "orchestrator/commands/format_option.hpp"
#include "orchestrator/commands/named.hpp"
#include "orchestrator/commands/options.hpp"
#include "orchestrator/commands/words.hpp"
#include "orchestrator/report/queries.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <iostream>
#include <map>
#include <tuple>

namespace gaggle::commands {

namespace {

const Usage compare_usage{
    .synopsis = "gaggle compare [options] BEFORE AFTER",
    .description =
        "Collects, and says for each cell that both have by how much its overall time grew: the ratio of medians, "
        "AFTER\n"
        "to BEFORE, with its 95 % interval (from five repetitions of each on). BEFORE and AFTER are an experiment's "
        "number\n"
        "or name (the newest of that name), or NAME@2026-11-23: what began on that day (UTC) in all experiments of "
        "the\n"
        "name. The exit status is 1 if a cell is slower beyond --threshold.\n",
    .options = {{"threshold", "RATIO", "how many times slower is a regression (default: 1.1)"}, format_option},
    .least_operands = 2,
    .most_operands = 2};

using Cell = std::tuple<std::string, unsigned, unsigned>;  // environment, interpreters, nodes
using Times = std::map<Cell, std::vector<double>>;         // s

bool is_day(std::string_view text)
{
    constexpr std::string_view form = "dddd-dd-dd";
    return std::ranges::equal(text, form, [](char found, char expected) {
        return expected == 'd' ? found >= '0' && found <= '9' : found == expected;
    });
}

Times times_of(const store::Store& store, const std::string& operand)
{
    const std::size_t at = operand.find('@');
    std::vector<store::ExperimentId> experiments = experiments_named(store, operand.substr(0, at));
    std::string day;
    if (at == std::string::npos) {
        experiments = {experiments.back()};
    } else if (day = operand.substr(at + 1); !is_day(day)) {
        throw Error(ExitCode::Usage, fmt::format("'{}': expected NAME@YYYY-MM-DD", operand));
    }
    const store::Table table = report::ask(store, "times", experiments, {{"day", day}});
    Times times;
    for (std::size_t row = 0; row < table.rows.size(); ++row) {
        times[{report::text_of(table, row, "environment"),
               static_cast<unsigned>(report::number(table, row, "interpreters")),
               static_cast<unsigned>(report::number(table, row, "nodes"))}]
            .push_back(report::number(table, row, "time_s"));
    }
    if (times.empty()) {
        throw Error(ExitCode::Usage, fmt::format("'{}': nothing completed there", operand));
    }
    return times;
}

double threshold_of(const Parsed& parsed)
{
    const std::string text = parsed.value("threshold").value_or("1.1");
    double threshold = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), threshold);
    if (error != std::errc{} || end != text.data() + text.size() || !(threshold >= 1)) {
        throw Error(ExitCode::Usage, "--threshold: expected a ratio of at least 1, such as 1.1, found '" + text + "'");
    }
    return threshold;
}

struct Verdict {
    std::string words;
    bool is_regression = false;
};

/// Beyond the threshold a ratio counts, unless its interval says that it may be none at all.
Verdict judge(const statistics::Ratio& ratio, double threshold)
{
    const std::string doubt = ratio.interval ? "" : ", by too few repetitions for an interval";
    if (ratio.value > threshold) {
        const bool is_sure = !ratio.interval || ratio.interval->low > 1;
        return {is_sure ? "slower" + doubt : "perhaps slower: repetitions vary as much", is_sure};
    }
    if (ratio.value < 1 / threshold) {
        const bool is_sure = !ratio.interval || ratio.interval->high < 1;
        return {is_sure ? "faster" + doubt : "perhaps faster: repetitions vary as much", false};
    }
    return {"no change beyond the threshold" + doubt, false};
}

/// What was found of all cells that both have.
struct Comparison {
    store::Table table{.columns = {"environment", "nodes", "interpreters", "before_s", "after_s", "repetitions",
                                   "ratio", "low", "high", "verdict"},
                       .numeric = {false, true, true, true, true, false, true, true, true, false},
                       .rows = {}};
    std::size_t regressions = 0;
};

Comparison compare_cells(const Times& before, const Times& after, double threshold)
{
    Comparison found;
    for (const auto& [cell, old_times] : before) {
        const auto other = after.find(cell);
        if (other == after.end()) {
            continue;
        }
        const std::vector<double>& new_times = other->second;
        const statistics::Ratio ratio = statistics::ratio_of_medians(new_times, old_times);
        const Verdict verdict = judge(ratio, threshold);
        const auto& [environment, interpreters, nodes] = cell;
        const auto end = [&](double statistics::Interval::*which) {
            return ratio.interval ? std::optional{fmt::format("{:.4f}", (*ratio.interval).*which)} : std::nullopt;
        };
        found.table.rows.push_back(
            {environment, std::to_string(nodes), std::to_string(interpreters),
             fmt::format("{:.3f}", statistics::median(old_times)), fmt::format("{:.3f}", statistics::median(new_times)),
             fmt::format("{} and {}", old_times.size(), new_times.size()), fmt::format("{:.4f}", ratio.value),
             end(&statistics::Interval::low), end(&statistics::Interval::high), verdict.words});
        found.regressions += verdict.is_regression ? 1 : 0;
    }
    return found;
}

}  // namespace

ExitCode compare(const Arguments& arguments)
{
    const std::optional<Parsed> parsed = parse(compare_usage, arguments);
    if (!parsed) {
        return ExitCode::Ok;
    }
    const double threshold = threshold_of(*parsed);
    const table::Format format = format_of(*parsed);
    const store::Store store = open_collected(parsed->store());
    const Times before = times_of(store, parsed->operands[0]);
    const Times after = times_of(store, parsed->operands[1]);
    const Comparison found = compare_cells(before, after, threshold);
    const std::size_t compared = found.table.rows.size();
    if (compared == 0) {
        throw Error(ExitCode::Usage,
                    fmt::format("'{}' and '{}' have no cell in common: the same environment, nodes and "
                                "interpreters",
                                parsed->operands[0], parsed->operands[1]));
    }
    std::cout << table::render(found.table, format);
    if (const std::size_t alone = before.size() + after.size() - 2 * compared; alone > 0) {
        log::info(fmt::format("{} of only one of them left out", counted(alone, "cell")));
    }
    log::info(found.regressions == 0 ? fmt::format("no regression: none of {} is slower by more than {:g} times",
                                                   counted(compared, "cell"), threshold)
                                     : fmt::format("regression: {} of {} slower by more than {:g} times",
                                                   found.regressions, counted(compared, "cell"), threshold));
    return found.regressions == 0 ? ExitCode::Ok : ExitCode::CellsFailed;
}

}  // namespace gaggle::commands
