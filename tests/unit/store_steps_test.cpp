#include "tests/unit/store_fixture.hpp"

#include <algorithm>

namespace gaggle::tests {

namespace {

using store::Store;

constexpr std::int64_t millisecond = 1'000'000;

/// A record of two nodes with two interpreters each. Node n sets up for n + 1 s, then fails to stage the second file of
/// two; the k-th process of the null control (from 1) runs from k to 11 k ms, that of "broken" exits with 4.
record::Record with_steps(const store::ArrayRow& array, const store::AttemptRow& attempt)
{
    record::Record record = made_record(array, attempt, 1);
    for (unsigned node = 0; node < 2; ++node) {
        record.steps.push_back({node, "setup", "module load x", (node + 1) * 1000 * millisecond, 0, ""});
        record.steps.push_back({node, "stage", "cp a /tmp", 5 * millisecond, 0, ""});
        record.steps.push_back({node, "stage", "cp b /tmp", 6 * millisecond, 1, "no space"});
    }
    for (const std::string name : {"null", "broken"}) {
        for (unsigned k = 1; k <= 4; ++k) {
            record::Interpreter process;
            process.node = (k - 1) / 2;
            process.index = (k - 1) % 2;
            process.status = name == "broken" ? 4 : 0;
            process.start_ns = k * millisecond;
            process.exit_ns = 11 * k * millisecond;
            record.controls.push_back({name, process});
        }
    }
    return record;
}

/// Columns of a canned query.
Lines columns_of(Store& store, const std::string& name, const std::string& columns)
{
    const auto& all = store::canned_queries();
    std::string sql{std::ranges::find(all, name, &store::CannedQuery::name)->sql};
    sql.resize(sql.rfind(';'));
    return lines(store.query("SELECT " + columns + " FROM (" + sql + ")"));
}

}  // namespace

TEST_CASE("steps and controls become rows of their own, and nothing of them is in the interpreters' times")
{
    const TemporaryDirectory scratch;
    Store store = create(scratch.path());
    const store::ExperimentId id = add(store, small_plan());
    const store::ArrayRow array = array_of(store, id, 2, "tree");
    store.mark_submitted(array.id, 100, "sbatch");
    for (const store::AttemptRow& attempt : store.attempts(array.id)) {
        ingest(store, attempt, with_steps(array, attempt));
    }
    CHECK(lines(store.query("SELECT node, step, command, time_s, status, error FROM steps WHERE repetition = 1 "
                            "ORDER BY node, step, command")) ==
          Lines{"0|setup|module load x|1.0|0|", "0|stage|cp a /tmp|0.005|0|", "0|stage|cp b /tmp|0.006|1|no space",
                "1|setup|module load x|2.0|0|", "1|stage|cp a /tmp|0.005|0|", "1|stage|cp b /tmp|0.006|1|no space"});
    // From the first start, 1 ms, to the last exit, 44 ms; (10 + 20 + 30 + 40) / 4.
    CHECK(lines(store.query("SELECT control, time_s, mean_s, failed, missing FROM controls WHERE repetition = 2 "
                            "ORDER BY control")) == Lines{"broken|0.043|0.025|4|0", "null|0.043|0.025|0|0"});
    CHECK(lines(store.query("SELECT count(*) FROM interpreter")) == Lines{"8"});

    CHECK(columns_of(store, "steps", "nodes, interpreters, step, command, times, failed, median_s, max_s") ==
          Lines{"2|2|setup|module load x|4|0|1.5|2.0", "2|2|stage|cp a /tmp|4|0|0.005|0.005",
                "2|2|stage|cp b /tmp|4|4|0.006|0.006"});
    // The slower node's 2.011 s, then from the first start, 1 ms, to the last exit, 4.004 s.
    CHECK(lines(store.query("SELECT steps_s, time_s, end_to_end_s, failed FROM end_to_end WHERE repetition = 1")) ==
          Lines{"2.011|4.003|6.014|0"});
    CHECK(columns_of(store, "end_to_end", "environment, nodes, completed, steps_s, time_s, end_to_end_s") ==
          Lines{"tree|2|2|2.011|4.003|6.014"});
    CHECK(columns_of(store, "controls", "total, control, repetitions, failed, median_s, median_of_one_s") ==
          Lines{"4|broken|2|8|0.043|0.025", "4|null|2|0|0.043|0.025"});
}

TEST_CASE("where the time goes: a cell whose containers were not marked has no time for that, and not zero")
{
    const TemporaryDirectory scratch;
    Store store = create(scratch.path());
    const store::ExperimentId id = add(store, small_plan());
    for (const std::string environment : {"tree", "image"}) {
        const store::ArrayRow array = array_of(store, id, 2, environment);
        store.mark_submitted(array.id, 100 + array.position, "sbatch");
        for (const store::AttemptRow& attempt : store.attempts(array.id)) {
            record::Record record = made_record(array, attempt, 1);
            for (std::size_t i = 0; environment == "image" && i < record.phases.size(); ++i) {
                const record::Phase exec = record.phases[i];
                if (exec.name == "exec") {
                    const std::int64_t ready = exec.end_ns + 7 * millisecond;
                    record.phases.insert(record.phases.begin() + static_cast<std::ptrdiff_t>(i) + 1,
                                         {{exec.node, exec.interpreter, "runtime", exec.end_ns, ready},
                                          {exec.node, exec.interpreter, "ready", ready, ready + millisecond}});
                }
            }
            ingest(store, attempt, record);
        }
    }
    CHECK(columns_of(store, "phases", "environment, phase, measured, mean_s") ==
          Lines{"image|exec|8|0.01", "image|runtime|8|0.007", "image|ready|8|0.001", "image|import json|8|0.25",
                "image|exit|8|0.001", "tree|exec|8|0.01", "tree|import json|8|0.25", "tree|exit|8|0.001"});
}

}  // namespace gaggle::tests
