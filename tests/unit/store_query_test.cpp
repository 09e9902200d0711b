#include "tests/unit/store_fixture.hpp"

#include <filesystem>

namespace gaggle::tests {

namespace {

using gaggle::tests::has_text;
using store::Store;

std::string usage_error(const Store& store, const std::string& sql)
{
    INFO(sql);
    try {
        (void)store.query(sql);
    } catch (const Error& error) {
        CHECK(error.code() == ExitCode::Usage);
        return error.what();
    }
    FAIL("no error");
    return {};
}

}  // namespace

TEST_CASE("a query gives SQLite's own text and says which columns are numbers")
{
    const TemporaryDirectory scratch;
    const Store store = create(scratch.path());
    const store::Table table = store.query(
        "-- a comment\n SELECT 1 AS a, 0.5 AS b, 'x' AS c, NULL AS d, 'ü|' AS \"e f\" UNION ALL "
        "SELECT 2, NULL, 3, NULL, '' -- and another\n ; \n -- done");
    CHECK(table.columns == std::vector<std::string>{"a", "b", "c", "d", "e f"});
    CHECK(table.numeric == std::vector<bool>{true, true, false, true, false});
    REQUIRE(table.rows.size() == 2);
    CHECK(table.rows[0] == std::vector<std::optional<std::string>>{"1", "0.5", "x", std::nullopt, "ü|"});
    CHECK(table.rows[1] == std::vector<std::optional<std::string>>{"2", std::nullopt, "3", std::nullopt, ""});
}

TEST_CASE("a query may read the schema and use every reading feature")
{
    const TemporaryDirectory scratch;
    Store store = create(scratch.path());
    add(store, small_plan());
    CHECK(lines(store.query("SELECT count(*) FROM environment, json_each(environment.imports)")) == Lines{"2"});
    CHECK(lines(store.query("WITH RECURSIVE n(x) AS (VALUES (1) UNION ALL SELECT x + 1 FROM n WHERE x < 9) "
                            "SELECT sum(x) FROM n")) == Lines{"45"});
    CHECK(store.query("PRAGMA table_info(attempt)").rows.size() > 20);
    CHECK(lines(store.query("PRAGMA user_version")) == Lines{"15"});
    CHECK(lines(store.query("SELECT count(*) FROM pragma_table_info('phase')")) == Lines{"6"});
    CHECK_FALSE(store.query("EXPLAIN QUERY PLAN SELECT * FROM overall").rows.empty());
    CHECK(lines(store.query("VALUES (1)")) == Lines{"1"});
}

TEST_CASE("a query that would write is refused")
{
    const TemporaryDirectory scratch;
    const std::filesystem::path other = scratch.path() / "other.db";
    const auto access = GENERATE(Store::Access::read, Store::Access::write);
    {
        Store store = Store::open(scratch.path() / "store", Store::Access::write, Store::Missing::create);
        add(store, small_plan());
    }
    const Store store = Store::open(scratch.path() / "store", access);
    for (const std::string& sql :
         {std::string{"DELETE FROM attempt"}, std::string{"INSERT INTO phase_name (name) VALUES ('x')"},
          std::string{"UPDATE attempt SET state = 'LOST'"}, std::string{"DROP VIEW overall"},
          std::string{"CREATE TABLE t (x)"}, std::string{"CREATE TEMP TABLE t (x)"}, std::string{"VACUUM"},
          "VACUUM INTO '" + other.string() + "'", "ATTACH '" + other.string() + "' AS other", std::string{"BEGIN"},
          std::string{"SAVEPOINT s"}, std::string{"REINDEX"}, std::string{"ANALYZE"},
          std::string{"PRAGMA user_version = 9"}, std::string{"PRAGMA journal_mode = WAL"},
          std::string{"PRAGMA query_only = 0"}, std::string{"PRAGMA writable_schema = 1"},
          std::string{"WITH x AS (SELECT 1) DELETE FROM attempt WHERE id IN x"}}) {
        CHECK_THAT(usage_error(store, sql), has_text("only reading is allowed"));
    }
    CHECK_FALSE(std::filesystem::exists(other));
    CHECK(lines(store.query("SELECT count(*) FROM attempt")) == Lines{"8"});
}

TEST_CASE("a wrong query is told in SQLite's words")
{
    const TemporaryDirectory scratch;
    const Store store = create(scratch.path());
    CHECK_THAT(usage_error(store, "SELEC 1"), has_text("near \"SELEC\": syntax error"));
    CHECK_THAT(usage_error(store, "SELECT * FROM nowhere"), has_text("no such table: nowhere"));
    CHECK_THAT(usage_error(store, "SELECT 1; SELECT 2"), has_text("one statement"));
    CHECK_THAT(usage_error(store, "SELECT 1; DELETE FROM attempt"), has_text("one statement"));
    CHECK_THAT(usage_error(store, ""), has_text("no statement"));
    CHECK_THAT(usage_error(store, " -- nothing\n ;"), has_text("no statement"));
    CHECK_THAT(usage_error(store, "SELECT abs(-9223372036854775808)"), has_text("integer overflow"));
    CHECK_THAT(usage_error(store, "SELECT load_extension('x')"), has_text("not authorized"));
    CHECK(lines(store.query("SELECT 1")) == Lines{"1"});
}

TEST_CASE("a query sees what was written since the last one")
{
    const TemporaryDirectory scratch;
    Store store = create(scratch.path());
    CHECK(lines(store.query("SELECT count(*) FROM attempt")) == Lines{"0"});
    add(store, small_plan());
    CHECK(lines(store.query("SELECT count(*) FROM attempt")) == Lines{"8"});
}

}  // namespace gaggle::tests
