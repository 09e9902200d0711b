#include "tests/unit/store_fixture.hpp"

#include <algorithm>

namespace gaggle::tests {

namespace {

using gaggle::tests::has_text;
using store::Store;

/// small_plan() with 4 repetitions in 4 blocks.
experiment::Experiment campaign()
{
    experiment::Experiment experiment = small_plan().experiment;
    experiment.repetitions = 4;
    experiment.blocks = 4;
    return experiment;
}

/// What tracing a program with two kinds of calls might have found.
record::Trace made_trace()
{
    record::Trace trace;
    trace.calls = {{record::CallKind::open, 10, 6, 5, 0}, {record::CallKind::read, 4, 0, 0, 4096}};
    trace.files_opened = 4;
    trace.paths_looked_up = 9;
    trace.directories = {{"/lib", 7, 5}, {"/", 3, 0}};
    trace.threads = 2;
    trace.wall_ns = 1'500'000'000;
    return trace;
}

/// A store in which every attempt of a plan completed. Those of measured cells have the same times in every such store;
/// sentinels get slower, from 1 s by 0.1 s each.
struct Measured {
    TemporaryDirectory scratch;
    Store store = create(scratch.path());

    explicit Measured(const experiment::Experiment& experiment)
    {
        std::int64_t began = 10'000;
        int sentinels = 0;
        for (const store::ArrayRow& array : store.arrays(add(store, plan::make_plan(experiment)))) {
            store.mark_submitted(array.id, 100 + array.position, "sbatch");
            for (const store::AttemptRow& attempt : store.attempts(array.id)) {
                record::Record record = made_record(array, attempt, static_cast<int>(attempt.repetition), began);
                began += 20;
                if (attempt.cell.role == Role::sentinel) {
                    for (record::Interpreter& one : record.interpreters) {
                        one.exit_ns = one.start_ns + 1'000'000'000 + 100'000'000 * sentinels;
                    }
                    ++sentinels;
                } else if (attempt.cell.role == Role::trace) {
                    record.traces = {made_trace()};
                    record.import_times = {{0, {{"zipimport", 0, 300, 300}, {"a.b", 1, 20, 25}}, ""}};
                }
                ingest(store, attempt, record);
            }
        }
    }
    [[nodiscard]] Lines ask(const std::string& sql) const { return lines(store.query(sql)); }
};

}  // namespace

TEST_CASE("sentinels and traces are in no view, no statistic and no total of what was measured")
{
    const Measured plain{campaign()};
    experiment::Experiment experiment = campaign();
    experiment.sentinel = 3;
    experiment.trace = true;
    const Measured full{experiment};
    CHECK(full.ask("SELECT role, count(*) FROM all_attempts GROUP BY role") ==
          Lines{"measured|16", "sentinel|7", "trace|2"});
    CHECK(full.ask("SELECT role, count(*) FROM all_latest GROUP BY role ORDER BY role") ==
          Lines{"measured|16", "sentinel|7", "trace|2"});

    const std::set<std::string> of_other_roles{"all_attempts", "all_latest", "calls",        "costs",
                                               "failures",     "history",    "import_times", "lookups",
                                               "overlaps",     "sentinels",  "traces"};
    std::size_t checked = 0;
    for (const std::string& view : full.ask("SELECT name FROM sqlite_schema WHERE type = 'view' ORDER BY name")) {
        INFO(view);
        if (of_other_roles.contains(view)) {
            continue;
        }
        const std::string count = "SELECT count(*) FROM " + view;
        CHECK(full.ask(count) == plain.ask(count));
        CHECK(full.ask(count + " WHERE cell_id IN (SELECT id FROM cell WHERE role <> 'measured')") == Lines{"0"});
        ++checked;
    }
    CHECK(checked == 20);

    const std::set<std::string_view> says_otherwise{"attempts",   "calls",  "cost",    "drift",
                                                    "importtime", "latest", "lookups", "traces"};
    for (const store::CannedQuery& query : store::canned_queries()) {
        INFO(query.name);
        if (!says_otherwise.contains(query.name)) {
            CHECK(full.ask(std::string{query.sql}) == plain.ask(std::string{query.sql}));
        }
    }
    CHECK(full.ask(canned("attempts")).size() == 25);
}

TEST_CASE("drift is the sentinels' where there are any")
{
    const std::string select = "SELECT judged_by, attempts, change > 0.2, change < 1 FROM (";
    const auto drift = [&](const Measured& measured) {
        std::string sql = canned("drift");
        sql.resize(sql.rfind(';'));
        return measured.ask(select + sql + ")");
    };
    experiment::Experiment experiment = campaign();
    CHECK(drift(Measured{experiment}) == Lines{"measured cells|16|1|0"});  // repetition r takes r times as long
    experiment.sentinel = 3;
    const Measured with_sentinels{experiment};
    CHECK(drift(with_sentinels) == Lines{"sentinels|7|1|1"});  // 1.0 s to 1.6 s, each relative to 1.3 s
    CHECK(with_sentinels.ask("SELECT repetition, round(time_s, 3) FROM sentinels WHERE repetition IN (1, 7) "
                             "ORDER BY repetition") == Lines{"1|1.001", "7|1.601"});
    CHECK(
        with_sentinels.ask("SELECT DISTINCT environment, nodes, interpreters, failed, missing, state FROM sentinels") ==
        Lines{"image|1|2|0|0|COMPLETED"});
}

TEST_CASE("what was traced is told by kind of call, by folder and by module")
{
    experiment::Experiment experiment = campaign();
    experiment.trace = true;
    const Measured traced{experiment};
    CHECK(traced.ask(canned("calls")) == Lines{"small|slurm|image|open|10|6|5|0|", "small|slurm|image|read|4|0|0|4096|",
                                               "small|slurm|tree|open|10|6|5|0|", "small|slurm|tree|read|4|0|0|4096|"});
    CHECK(traced.ask(canned("traces")) ==
          Lines{"small|slurm|image|10|5|4|4096||4|9|2||", "small|slurm|tree|10|5|4|4096||4|9|2||"});
    CHECK(traced.ask(canned("lookups")) == Lines{"small|slurm|image|/lib|7|5", "small|slurm|image|/|3|0",
                                                 "small|slurm|tree|/lib|7|5", "small|slurm|tree|/|3|0"});
    CHECK(traced.ask(canned("importtime")) ==
          Lines{"small|slurm|image|zipimport|0|0.0003|0.0003", "small|slurm|image|a.b|1|2.0e-05|2.5e-05",
                "small|slurm|tree|zipimport|0|0.0003|0.0003", "small|slurm|tree|a.b|1|2.0e-05|2.5e-05"});
}

TEST_CASE("where tracing is forbidden the attempt is completed, and it and the row say why nothing is known")
{
    const TemporaryDirectory scratch;
    Store store = create(scratch.path());
    experiment::Experiment experiment = campaign();
    experiment.trace = true;
    const auto id = add(store, plan::make_plan(experiment));
    const auto arrays = store.arrays(id);
    const auto array =
        std::ranges::find(arrays, Role::trace, [](const store::ArrayRow& row) { return row.cells.front().role; });
    REQUIRE(array != arrays.end());
    const store::AttemptRow attempt = store.attempts(array->id).at(0);
    record::Record record = made_record(*array, attempt, 1);
    record.traces.emplace_back().trouble = "this system forbids tracing";
    record.import_times.emplace_back().trouble = "exit code 2: Unknown option: -X";
    ingest(store, attempt, record);
    const auto ask = [&](const std::string& sql) { return lines(store.query(sql)); };
    CHECK(ask("SELECT state, reason FROM all_attempts WHERE role = 'trace' AND reason IS NOT NULL") ==
          Lines{"COMPLETED|system calls: this system forbids tracing; import times: exit code 2: Unknown option: -X"});
    CHECK(ask("SELECT files_opened, paths_looked_up, threads, wall_ns, status, trouble, import_trouble FROM trace") ==
          Lines{"|||||this system forbids tracing|exit code 2: Unknown option: -X"});
    CHECK(ask(canned("calls")) ==
          Lines{"small|slurm|" + array->cells.front().environment + "||||||this system forbids tracing"});
    CHECK(ask(canned("traces")).size() == 1);
    CHECK(ask(canned("failures")).empty());
}

}  // namespace gaggle::tests
