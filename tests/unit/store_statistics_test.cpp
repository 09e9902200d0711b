#include "core/random.hpp"
#include "tests/unit/store_fixture.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <map>
#include <sstream>

namespace gaggle::tests {

namespace {

using store::Store;

/// Six repetitions on 1, 2 and 4 nodes in six blocks: times from a seed, "tree" about three times those of "image", all
/// slowly growing. One repetition of tree was never run, one of image took ten times as long as it should. "copy" and
/// "tree" are staged; what that saves of copy is nothing to speak of on one node, and half of image's time on more.
struct Campaign {
    TemporaryDirectory scratch;
    Store store = create(scratch.path());

    Campaign()
    {
        plan::Plan plan = small_plan();
        plan.experiment.nodes = {1, 2, 4};
        plan.experiment.repetitions = 6;
        plan.experiment.blocks = 6;
        plan.experiment.environments.push_back(plan.experiment.environments.front());
        plan.experiment.environments.back().name = "copy";
        plan = plan::make_plan(plan.experiment);
        Generator generator{11};
        std::int64_t began = 1'000;
        for (const store::ArrayRow& array : store.arrays(add(store, plan))) {
            store.mark_submitted(array.id, 100 + array.position, "sbatch");
            for (const auto& attempt : store.attempts(array.id)) {
                const bool is_tree = attempt.cell.environment == "tree";
                if (is_tree && attempt.cell.nodes == 2 && attempt.repetition == 3) {
                    continue;
                }
                int pace = (is_tree ? 3 : 1) * static_cast<int>(100 + draw(generator, 40) + array.position);
                pace *= !is_tree && attempt.cell.nodes == 4 && attempt.repetition == 2 ? 10 : 1;
                pace /= attempt.cell.environment == "copy" && attempt.cell.nodes > 1 ? 2 : 1;
                record::Record record = made_record(array, attempt, pace, began);
                if (attempt.cell.environment != "image") {
                    record.steps = made_steps(attempt.cell.nodes, generator);
                }
                ingest(store, attempt, record);
                began += 7 + static_cast<std::int64_t>(draw(generator, 20));
            }
        }
    }

    /// Each node's set-up, staging in two steps, unstaging: ten minutes, more or less.
    static std::vector<record::Step> made_steps(unsigned nodes, Generator& generator)
    {
        std::vector<record::Step> steps;
        for (unsigned node = 0; node < nodes; ++node) {
            for (const std::string name : {"setup", "stage", "stage", "unstage"}) {
                const auto seconds = static_cast<std::int64_t>(150 + draw(generator, 100));
                steps.push_back({node, name, "true", seconds * 1'000'000'000, 0, ""});
            }
        }
        return steps;
    }

    /// The columns of a canned query's result, as text between "|" with the query's name before them.
    [[nodiscard]] Lines canned(const std::string& name, const std::vector<std::string>& columns) const
    {
        const auto& all = store::canned_queries();
        const auto found = std::ranges::find(all, name, &store::CannedQuery::name);
        REQUIRE(found != all.end());
        const store::Table table = store.query(found->sql);
        Lines chosen;
        for (const auto& row : table.rows) {
            std::string line = name;
            for (const std::string& column : columns) {
                const auto at = std::ranges::find(table.columns, column) - table.columns.begin();
                line += "|" + row.at(static_cast<std::size_t>(at)).value_or("");
            }
            chosen.push_back(line);
        }
        return chosen;
    }
};

/// Equal, or numbers that differ by no more than the queries round: to three decimals or more.
bool same(const std::string& found, const std::string& expected)
{
    double a = 0;
    double b = 0;
    const auto is_number = [](const std::string& text, double& number) {
        const auto read = std::from_chars(text.data(), text.data() + text.size(), number);
        return read.ec == std::errc{} && read.ptr == text.data() + text.size();
    };
    if (!is_number(found, a) || !is_number(expected, b)) {
        return found == expected;
    }
    const std::size_t point = found.find('.');
    const std::size_t decimals = point == std::string::npos ? 0 : found.size() - point - 1;
    return std::abs(a - b) <= 0.500'001 * std::pow(10, -static_cast<double>(std::max<std::size_t>(decimals, 3)));
}

void check_same(const Lines& found, const Lines& expected)
{
    REQUIRE(found.size() == expected.size());
    for (std::size_t i = 0; i < found.size(); ++i) {
        INFO(found[i] << "\n" << expected[i]);
        std::istringstream left{found[i]};
        std::istringstream right{expected[i]};
        std::string a;
        std::string b;
        bool is_same = std::ranges::count(found[i], '|') == std::ranges::count(expected[i], '|');
        while (is_same && std::getline(left, a, '|') && std::getline(right, b, '|')) {
            is_same = same(a, b);
        }
        CHECK(is_same);
    }
}

}  // namespace

TEST_CASE("the canned queries of statistics say what scipy says of the views")
{
    const Campaign campaign;
    const Finished python =
        run({GAGGLE_SCIPY_PYTHON, GAGGLE_QUERY_REFERENCE, (campaign.store.directory() / "results.db").string()});
    INFO(python.err);
    REQUIRE(python.status == 0);
    std::map<std::string, Lines> expected;
    std::istringstream lines{python.out};
    for (std::string line; std::getline(lines, line);) {
        expected[line.substr(0, line.find('|'))].push_back(line);
    }
    const auto check = [&](const std::string& name, std::size_t rows, const std::vector<std::string>& columns) {
        INFO(name);
        CHECK(expected[name].size() == rows);
        check_same(campaign.canned(name, columns), expected[name]);
    };
    check("overall", 9, {"environment", "nodes", "median_s", "low_s", "high_s", "min_s", "max_s"});
    check("distribution", 9,
          {"environment", "nodes", "measured", "min_s", "p5_s", "q1_s", "median_s", "q3_s", "p95_s", "p99_s", "max_s",
           "outliers"});
    check("scaling", 3, {"environment", "exponent", "low", "high", "r_squared"});
    check("speedup", 6, {"environment", "nodes", "pairs", "speedup", "low", "high"});
    check("break_even", 6,
          {"environment", "nodes", "pairs", "staging_s", "saving_s", "saving_low_s", "saving_high_s", "launches", "low",
           "high", "first_launch_pays_from_nodes"});
    CHECK(std::ranges::count_if(expected["break_even"],
                                [](const std::string& line) { return line.find("|never|") != std::string::npos; }) > 3);
    check("drift", 1, {"attempts", "change", "low", "high", "p"});
    check("outliers", expected["outliers"].size(), {"environment", "nodes", "subject", "repetition", "time_s", "z"});
    CHECK(std::ranges::count_if(expected["outliers"], [](const std::string& line) {
              return line.starts_with("outliers|image|4|attempt|2");
          }) == 1);
}

TEST_CASE("flags stand beside the numbers: outliers, starts far apart, the share of failures")
{
    const Campaign campaign;
    CHECK(std::ranges::count(campaign.canned("overall", {"environment", "nodes", "wide", "outliers", "failure_rate"}),
                             "overall|image|4|0|1|0.0") == 1);

    Filled filled;
    const auto array = filled.array(1, "tree");
    const auto attempt = filled.store.attempts(array.id).at(1);
    record::Record record = made_record(array, attempt, 2);
    record.interpreters.back().start_ns += 1'000'000'000;  // of the 4 s that it took
    ingest(filled.store, attempt, record);
    CHECK(filled.ask("SELECT wide, outliers, failure_rate FROM (" +
                     canned("overall").substr(0, canned("overall").rfind(';')) + ") WHERE environment = 'tree'") ==
          Lines{"1|0|0.0", "0|0|0.0"});
}

TEST_CASE("below five repetitions the queries give the number and no interval")
{
    const TemporaryDirectory scratch;
    Store store = create(scratch.path());
    const auto experiment = add(store, small_plan());
    for (const std::string environment : {"image", "tree"}) {
        const auto array = array_of(store, experiment, 1, environment);
        for (const auto& attempt : store.attempts(array.id)) {
            ingest(store, attempt, made_record(array, attempt, environment == "tree" ? 2 : 4));
        }
    }
    const auto query = [&](const std::string& name) {
        const auto found = std::ranges::find(store::canned_queries(), name, &store::CannedQuery::name);
        return lines(store.query(found->sql));
    };
    CHECK(query("speedup") ==
          Lines{"small|slurm|tree|image|1|2|2|0|0|2|1.9998||", "small|slurm|tree|image|2|2|4|0|0|0|||"});
    CHECK(query("overall").front() == "small|slurm|image|1|2|2|2|0|8.001|||8.001|8.001|0.001|0||0.0");
    CHECK(query("scaling").front() == "small|slurm|image|2|1|1|1|2|0||||");
    CHECK(query("outliers").empty());
}

TEST_CASE("anybody's query may use the functions, NULL is no value, and wrong arguments are told")
{
    const TemporaryDirectory scratch;
    const Store store = create(scratch.path());
    const auto one = [&](const std::string& sql) { return lines(store.query("SELECT " + sql)).at(0); };
    CHECK(one("median(value), mad(value), quantile(value, 0.25) FROM json_each('[4, 1, null, 2, 9.5]')") ==
          "3.0|1.5|1.75");
    CHECK(one("median(value), median_low(value), ratio(value, value) FROM json_each('[]')") == "||");
    CHECK(one("ratio(value, 2), exponent(value, 4 * value * value), drift(value, 1) FROM json_each('[2, 8]')") ==
          "2.0|2.0|");
    CHECK(one("modified_z(9, 3, 2), modified_z(9, 3, 0), modified_z(NULL, 3, 2)") == "2.0235||");
    const auto complaint = [&](const std::string& sql) -> std::string {
        try {
            static_cast<void>(store.query("SELECT " + sql));
        } catch (const Error& error) {
            CHECK(error.code() == ExitCode::Usage);
            return error.what();
        }
        return "";
    };
    CHECK(complaint("median('x')") == "SQL: median: expected numbers");
    CHECK(complaint("median(9e999)") == "SQL: median: expected finite numbers");
    CHECK(complaint("quantile(1, 1.5)") == "SQL: quantile: expected a probability between 0 and 1");
    CHECK(complaint("ratio(1, 0)") == "SQL: ratio: expected positive numbers");
    CHECK(complaint("drift(1, -1)") == "SQL: drift: expected a positive second number");
}

}  // namespace gaggle::tests
