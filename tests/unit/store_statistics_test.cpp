#include "tests/unit/store_campaign.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>

namespace gaggle::tests {

namespace {

using store::Store;

/// What every canned query prints of the store, for tests/support/query_reference.py.
nlohmann::json all_canned(const Store& store)
{
    nlohmann::json found;
    for (const store::CannedQuery& query : store::canned_queries()) {
        const store::Table table = store.query(query.sql);
        nlohmann::json rows = nlohmann::json::array();
        for (const auto& row : table.rows) {
            nlohmann::json values = nlohmann::json::array();
            for (const auto& value : row) {
                values.push_back(value ? nlohmann::json(*value) : nlohmann::json());
            }
            rows.push_back(std::move(values));
        }
        found[std::string{query.name}] = {{"columns", table.columns}, {"rows", std::move(rows)}};
    }
    return found;
}

}  // namespace

TEST_CASE("every canned query says what pandas and scipy say of the tables")
{
    const Campaign campaign;
    const auto file = campaign.scratch.write("found.json", all_canned(campaign.store).dump());
    const Finished python = run({GAGGLE_SCIPY_PYTHON, GAGGLE_QUERY_REFERENCE,
                                 (campaign.store.directory() / "results.db").string(), file.string()});
    INFO(python.out << python.err);
    CHECK(python.status == 0);
}

TEST_CASE("pandas and R read every view, without gaggle's functions")
{
    const Campaign campaign;
    std::string expected;
    for (const std::string& view :
         lines(campaign.store.query("SELECT name FROM sqlite_schema WHERE type = 'view' ORDER BY name"))) {
        const std::string rows = lines(campaign.store.query("SELECT count(*) FROM " + view)).at(0);
        CHECK(rows != "0");
        expected += view + " " + rows + "\n";
    }
    const std::string file = (campaign.store.directory() / "results.db").string();
    const std::string support = std::string{GAGGLE_SOURCE} + "/tests/support/plain_client";
    for (const auto& command : {std::vector<std::string>{GAGGLE_SCIPY_PYTHON, support + ".py", file},
                                std::vector<std::string>{"Rscript", support + ".R", file}}) {
        const Finished client = run(command);
        INFO(client.err);
        CHECK(client.status == 0);
        CHECK(client.out == expected);
    }
}

TEST_CASE("flags stand beside the numbers: outliers, starts far apart, the share of failures")
{
    const Campaign campaign;
    CHECK(lines(campaign.store.query(
              "SELECT wide, outliers, failure_rate FROM (" + canned("overall").substr(0, canned("overall").rfind(';')) +
              ") WHERE experiment = 'small' AND environment = 'image' AND nodes = 4")) == Lines{"0|1|0.0"});

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
