#include "core/random.hpp"
#include "core/statistics.hpp"
#include "orchestrator/store/durations.hpp"
#include "tests/unit/store_fixture.hpp"

#include <fmt/format.h>

#include <cstdint>
#include <limits>

namespace gaggle::tests {

namespace {

/// The rows that follow from others.
Lines summaries(const store::Store& store)
{
    Lines all =
        lines(store.query("SELECT id, results, failed, first_start_ns, last_start_ns, last_exit_ns, steps_ns, ios,"
                          " read_calls, write_calls, read_bytes, storage_read_bytes FROM gaggle ORDER BY id"));
    for (const char* more :
         {"SELECT attempt_id, name_id, piece, ordinal, count, sum_ns, min_ns, max_ns, hex(packed)"
          " FROM durations ORDER BY attempt_id, name_id, piece",
          "SELECT * FROM control_summary ORDER BY attempt_id, name",
          "SELECT * FROM counter_summary ORDER BY attempt_id, source, name",
          "SELECT * FROM attempt_summary ORDER BY attempt_id",
          "SELECT attempt_id, number, name, command, times, failed, max_ns, hex(packed) FROM step_summary"
          " ORDER BY attempt_id, number",
          "SELECT attempt_id, number, asked, method, times, verified, hex(packed), reason, not_covered"
          " FROM cache_summary ORDER BY attempt_id, number",
          "SELECT * FROM fact_summary ORDER BY attempt_id, subject, fact_set_id",
          "SELECT id, median_duration_ns FROM attempt ORDER BY id"}) {
        const Lines rows = lines(store.query(more));
        all.insert(all.end(), rows.begin(), rows.end());
    }
    return all;
}

/// As it was before there were summaries.
void make_old(const std::filesystem::path& directory)
{
    std::string sql =
        "DROP INDEX gaggle_time; DROP INDEX gaggle_uncounted; DROP TABLE counter_summary; DROP TABLE attempt_summary;"
        "DROP TABLE step_summary; DROP TABLE cache_summary; DROP TABLE fact_summary;";
    for (const std::string& view : lines(store::Store::open(directory, store::Store::Access::read)
                                             .query("SELECT name FROM sqlite_schema WHERE type = 'view'"))) {
        sql += "DROP VIEW " + view + ";";
    }
    for (const char* column : {"results", "failed", "first_start_ns", "last_start_ns", "last_exit_ns", "steps_ns",
                               "ios", "read_calls", "write_calls", "read_bytes", "storage_read_bytes"}) {
        sql += std::string{"ALTER TABLE gaggle DROP COLUMN "} + column + ";";
    }
    sql +=
        "ALTER TABLE attempt DROP COLUMN median_duration_ns; DROP TABLE durations; DROP TABLE control_summary;"
        "DROP INDEX interpreter_failed; PRAGMA user_version = 11;";
    const Finished finished = run({"sqlite3", "-bail", (directory / "results.db").string(), sql});
    CAPTURE(finished.err);
    REQUIRE(finished.status == 0);
}

}  // namespace

TEST_CASE("durations survive their packing, whatever they are")
{
    constexpr auto least = std::numeric_limits<std::int64_t>::min();
    constexpr auto most = std::numeric_limits<std::int64_t>::max();
    for (const std::vector<std::int64_t>& some :
         {std::vector<std::int64_t>{}, {0}, {-1}, {5, 5, 5}, {3, -7, 0, 127, 128, 1'000'000'000}, {most, least, 0}}) {
        std::vector<std::int64_t> sorted = some;
        std::ranges::sort(sorted);
        std::vector<std::int64_t> found;
        CHECK(store::unpack(store::pack(some), found));
        CHECK(found == sorted);
    }
    std::vector<std::int64_t> found;
    const std::string packed = store::pack({1000});
    CHECK_FALSE(store::unpack(packed.substr(0, packed.size() - 1), found));
    CHECK_FALSE(store::unpack(std::string(11, '\xff'), found));
}

TEST_CASE("what is asked of packed durations is what it would be of the durations")
{
    Filled filled;
    const std::string durations =
        "(SELECT interpreter.exit_ns - interpreter.start_ns AS ns, attempt_id FROM interpreter"
        " JOIN gaggle ON gaggle.id = gaggle_id)";
    for (const char* probability : {"0", "0.05", "0.25", "0.5", "0.99", "1"}) {
        const std::string p = probability;
        CHECK(filled.ask("SELECT packed_quantile(packed, " + p + ") FROM durations WHERE name_id = 0") ==
              filled.ask("SELECT quantile(ns, " + p + ") FROM " + durations));
        CHECK(filled.ask("SELECT packed_quantile(packed, " + p +
                         ") FROM durations WHERE name_id = 0 GROUP BY attempt_id") ==
              filled.ask("SELECT quantile(ns, " + p + ") FROM " + durations + " GROUP BY attempt_id"));
    }
    CHECK(filled.ask("SELECT json_extract(packed_quantiles(packed, '[0, 0.05, 1]'), '$[1]') FROM durations") ==
          filled.ask("SELECT packed_quantile(packed, 0.05) FROM durations"));
    for (const char* wrong : {"2", "NULL", "'half'", "'[]'", "'[0.5, 2]'", "'[0.5, null]'"}) {
        CHECK_THROWS_WITH(filled.ask("SELECT packed_quantiles(packed, " + std::string{wrong} + ") FROM durations"),
                          "SQL: packed durations: expected a probability between 0 and 1, or a JSON array of them");
    }
    CHECK(filled.ask("SELECT packed_outliers(packed) FROM durations WHERE name_id = 0") ==
          filled.ask("WITH usual AS (SELECT median(ns) AS median, mad(ns) AS mad FROM " + durations +
                     ") SELECT sum(abs(modified_z(ns, median, mad)) > 3.5) FROM usual, " + durations));
    CHECK(filled.ask("SELECT packed_quantile(packed, 0.5), packed_outliers(packed) FROM durations WHERE 0") ==
          Lines{"|"});
}

TEST_CASE("more durations than a piece holds are several pieces, and one median")
{
    constexpr unsigned many = 10'000;
    const TemporaryDirectory scratch;
    store::Store store = create(scratch.path());
    plan::Plan plan = small_plan();
    plan.experiment.nodes = {1};
    plan.experiment.interpreters = {many};
    const store::ArrayRow array = store.arrays(add(store, plan::make_plan(plan.experiment))).front();
    const store::AttemptRow attempt = store.attempts(array.id).front();
    record::Record record = made_record(array, attempt, 1);
    Generator generator{5};
    std::vector<double> durations;
    for (record::Interpreter& one : record.interpreters) {
        one.exit_ns = one.start_ns + static_cast<std::int64_t>(draw(generator, 1'000'000'000));
        durations.push_back(static_cast<double>(one.exit_ns - one.start_ns));
    }
    ingest(store, attempt, record);
    CHECK(lines(store.query("SELECT count(*), sum(count) FROM durations WHERE name_id = 0")) == Lines{"2|10000"});
    CHECK(lines(store.query("SELECT median_duration_ns = :median FROM attempt WHERE record_file IS NOT NULL",
                            {{"median", fmt::format("{}", statistics::median(durations))}})) == Lines{"1"});
}

TEST_CASE("an older store gets the summaries that collecting makes")
{
    const TemporaryDirectory scratch;
    Lines before;
    {
        store::Store store = create(scratch.path());
        const store::ExperimentId experiment = add(store, small_plan());
        for (const store::ArrayRow& array : store.arrays(experiment)) {
            store.mark_submitted(array.id, std::nullopt, "made by a test");
            for (const store::AttemptRow& attempt : store.attempts(array.id)) {
                record::Record record = made_record(array, attempt, 1 + static_cast<int>(attempt.repetition));
                record.interpreters.front().status = attempt.cell.nodes == 1 ? 3 : 0;
                record.ios.push_back({0, 1, 10, 20, 30, 40, 50, 60, 0});
                record.gaggles.front().mount_ns = 7;
                for (const unsigned node : {0U, attempt.cell.nodes - 1}) {
                    record.steps.push_back({node, "stage", "cp", 100, 0, ""});
                    record.steps.push_back({node, "unstage", "rm", 1000, 0, ""});
                    record.counter_changes.push_back({node, "nfs /data", "LOOKUP operations", 5 + node});
                    record.caches.push_back({node, CacheState::cold, "drop_caches", 3, node * 8192U, 0, 4096, node == 0,
                                             node == 0 ? "" : "one is mapped", "", 10});
                    record.facts.push_back({node, record::Subject::node, {{"kernel", std::to_string(node)}}});
                    record.facts.push_back({node, record::Subject::paths, {{"type", "nfs"}}});
                    record.inspections.push_back({node, "3.11", {{"build", "gcc"}}, "", {}, "no list"});
                }
                for (const record::Interpreter& one : record.interpreters) {
                    record.controls.push_back({"null", one});
                }
                ingest(store, attempt, record);
            }
        }
        before = summaries(store);
    }
    REQUIRE(before.size() > 60);
    make_old(scratch.path());
    const store::Store store = create(scratch.path());
    CHECK(summaries(store) == before);
    CHECK(lines(store.query("PRAGMA integrity_check")) == Lines{"ok"});
}

TEST_CASE("summaries go and come with the rows that they are of")
{
    Filled filled;
    const Lines before = summaries(filled.store);
    const auto array = filled.array(2, "tree");
    const auto attempt = filled.store.attempts(array.id).at(0);
    ingest(filled.store, attempt, made_record(array, attempt, 9));
    CHECK(summaries(filled.store) != before);
    ingest(filled.store, attempt, made_record(array, attempt, static_cast<int>(attempt.repetition)));
    const Lines again = filled.ask("SELECT count(*), sum(count), sum(sum_ns) FROM durations");
    CHECK(again == filled.ask("SELECT (SELECT count(*) * 4 FROM attempt WHERE record_file IS NOT NULL),"
                              " (SELECT count(*) FROM phase) + (SELECT count(*) FROM interpreter),"
                              " (SELECT total(end_ns - begin_ns) FROM phase) +"
                              " (SELECT total(exit_ns - start_ns) FROM interpreter)"));
}

}  // namespace gaggle::tests
