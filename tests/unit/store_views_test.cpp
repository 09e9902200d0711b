#include "tests/unit/store_fixture.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>
#include <sstream>

namespace gaggle::tests {

using store::Store;

TEST_CASE("overall is the time from the first start to the last exit over all nodes")
{
    const Filled filled;
    const Lines expected{
        "small|tree|2|1|2|1|2.001|0.001|0|0|COMPLETED|slurm", "small|tree|2|1|2|2|4.001|0.001|0|0|COMPLETED|slurm",
        "small|tree|2|2|4|1|4.003|0.003|0|0|COMPLETED|slurm", "small|tree|2|2|4|2|8.003|0.003|0|0|COMPLETED|slurm"};
    const std::string sql =
        "SELECT experiment, environment, interpreters, nodes, total, repetition, time_s, spread_s, "
        "failed, missing, state, launcher FROM overall ORDER BY nodes, repetition";
    CHECK(filled.ask(sql) == expected);

    const Finished plain = sqlite3(filled.store, "SELECT * FROM overall");
    CHECK(plain.status == 0);
    CHECK(std::ranges::count(plain.out, '\n') == 4);
    for (const std::string& line : expected) {
        CHECK_THAT(plain.out, has_text(line));
    }
}

TEST_CASE("individual is the time of one node's interpreters")
{
    const Filled filled;
    CHECK(filled.ask("SELECT nodes, repetition, node, node_name, time_s, spread_s, failed, missing, outcome, launcher "
                     "FROM individual ORDER BY nodes, repetition, node") ==
          Lines{"1|1|0|n0|2.001|0.001|0|0|Completed|slurm", "1|2|0|n0|4.001|0.001|0|0|Completed|slurm",
                "2|1|0|n0|2.001|0.001|0|0|Completed|slurm", "2|1|1|n1|4.001|0.001|0|0|Completed|slurm",
                "2|2|0|n0|4.001|0.001|0|0|Completed|slurm", "2|2|1|n1|8.001|0.001|0|0|Completed|slurm"});
}

TEST_CASE("spread tells how far apart the interpreters started")
{
    Filled filled;
    CHECK(filled.ask("SELECT repetition, spread_s, first_start_s, last_start_s, median_duration_s, wide, "
                     "round(fraction, 6), clock_uncertainty_s, clock_drift_s FROM spread WHERE nodes = 2 "
                     "ORDER BY repetition") == Lines{"1|0.003|0.001|0.004|2.5|0|0.0012|3.1e-08|3.0e-08",
                                                     "2|0.003|0.001|0.004|5.0|0|0.0006|3.1e-08|3.0e-08"});
    const auto array = filled.array(1, "image");
    const auto attempt = filled.store.attempts(array.id).at(0);
    record::Record record = made_record(array, attempt, 1);
    record.interpreters[1].start_ns += 200'000'000;
    record.gaggles[0].clock_before = record.gaggles[0].clock_after = {};
    ingest(filled.store, attempt, record);
    CHECK(filled.ask("SELECT spread_s, wide, clock_uncertainty_s FROM spread WHERE environment = 'image'") ==
          Lines{"0.201|1|"});
    const Lines printed = filled.ask(canned("spread"));
    REQUIRE(printed.size() == 5);
    CHECK(printed[0] == "small|slurm|image|1|2|1|COMPLETED|0.201|0.202|1.4|0.1436|1||");
    CHECK(printed[4] == "small|slurm|tree|2|2|2|COMPLETED|0.003|0.004|5.0|0.0006|0|0.0|0.0");
}

TEST_CASE("canned overall and individual: median, min and max of each cell")
{
    const Filled filled;
    CHECK(filled.store.query(canned("overall")).columns ==
          std::vector<std::string>{"experiment", "launcher", "environment", "nodes", "interpreters", "total",
                                   "completed", "failed", "median_s", "low_s", "high_s", "min_s", "max_s",
                                   "max_spread_s", "wide", "outliers", "failure_rate"});
    CHECK(filled.ask(canned("overall")) == Lines{"small|slurm|image|1|2|2|0|0|||||||||",
                                                 "small|slurm|image|2|2|4|0|0|||||||||",
                                                 "small|slurm|tree|1|2|2|2|0|3.001|||2.001|4.001|0.001|0|0|0.0",
                                                 "small|slurm|tree|2|2|4|2|0|6.003|||4.003|8.003|0.003|0|0|0.0"});
    CHECK(filled.ask(canned("individual")) == Lines{"small|slurm|image|1|2|2|0|0|0||||",
                                                    "small|slurm|image|2|2|4|0|0|0||||",
                                                    "small|slurm|tree|1|2|2|2|0|2|3.001|2.001|4.001|0.0",
                                                    "small|slurm|tree|2|2|4|2|0|4|4.001|2.001|8.001|0.0"});
    CHECK(filled.ask(canned("imports")) == Lines{"small|slurm|tree|1|2|json|4|0.15|0.1|0.2|2|0|0.0",
                                                 "small|slurm|tree|2|2|json|8|0.25|0.1|0.4|2|0|0.0"});
}

TEST_CASE("canned cells and attempts: progress")
{
    Filled filled;
    const auto array = filled.array(1, "image");
    filled.store.mark_submitted(array.id, 55, "sbatch");
    const auto attempts = filled.store.attempts(array.id);
    filled.store.update_attempt(attempts[0].id, {AttemptState::Running, ""}, {}, "", nullptr);
    filled.store.update_attempt(attempts[1].id, {AttemptState::Unverified, "Slurm cannot be asked"}, {}, "", nullptr);
    CHECK(filled.ask(canned("cells")) ==
          Lines{"small|slurm|image|1|2|2|2|0|0|1|1|0|0", "small|slurm|image|2|2|4|2|2|0|0|0|0|0",
                "small|slurm|tree|1|2|2|2|0|0|0|0|2|0", "small|slurm|tree|2|2|4|2|0|0|0|0|2|0"});
    const Lines all = filled.ask(canned("attempts"));
    CHECK(all.size() == 8);
    CHECK(std::ranges::count(all, "small|slurm|image|1|2|measured|2|UNVERIFIED|Slurm cannot be asked|55_1|||") == 1);
    CHECK(std::ranges::count(all,
                             "small|slurm|tree|1|2|measured|1|COMPLETED||101_0||1970-01-01T00:16:40Z|"
                             "1970-01-01T00:16:50Z") == 1);
}

TEST_CASE("a later attempt at a repetition takes the earlier one's place, which stays")
{
    const Filled filled;
    REQUIRE(sqlite3(filled.store,
                    "PRAGMA foreign_keys = ON;"
                    "INSERT INTO array (id, experiment_id, position, block, token, folder)"
                    "  SELECT 50, experiment_id, 99, 0, 'again', 'again' FROM array WHERE slurm_job_id = 101;"
                    "INSERT INTO attempt (array_id, task, cell_id, repetition, state)"
                    "  SELECT 50, 0, cell_id, 2, 'FAILED' FROM attempt JOIN array ON array.id = array_id"
                    "  WHERE slurm_job_id = 101 AND task = 0;")
                .status == 0);
    CHECK(filled.ask("SELECT count(*) FROM attempts") == Lines{"9"});
    CHECK(filled.ask("SELECT repetition, state, array_id = 50 FROM latest WHERE environment = 'tree' AND nodes = 1 "
                     "ORDER BY repetition") == Lines{"1|COMPLETED|0", "2|FAILED|1"});
    CHECK(filled.ask("SELECT repetitions, completed, failed FROM cells WHERE environment = 'tree' AND nodes = 1") ==
          Lines{"2|1|1"});
    CHECK(filled.ask(canned("overall")).at(2) == "small|slurm|tree|1|2|2|1|1|2.001|||2.001|2.001|0.001|0||0.5");
    CHECK(filled.ask("SELECT count(*) FROM overall WHERE environment = 'tree' AND nodes = 1") == Lines{"2"});
}

TEST_CASE("overlaps finds cells that ran at the same time, and only those")
{
    Filled filled;
    CHECK(filled.ask(canned("overlaps")).empty());
    const auto run_at = [&](Store& store, const store::ArrayRow& array, std::size_t task, std::int64_t began) {
        const auto attempt = store.attempts(array.id).at(task);
        ingest(store, attempt, made_record(array, attempt, 1, began));
    };
    run_at(filled.store, filled.array(1, "image"), 0, 1'070);  // touches the end of the last: 1060 … 1070
    run_at(filled.store, filled.array(1, "image"), 1, 1'072);  // the same cell
    const auto other = add(filled.store, small_plan("other"));
    run_at(filled.store, array_of(filled.store, other, 1, "tree"), 0, 1'000);  // another experiment
    CHECK(filled.ask("SELECT * FROM overlaps").empty());

    run_at(filled.store, filled.array(2, "image"), 0, 1'006);  // 1000 … 1010 is tree on 1 node, repetition 1
    const Lines found = filled.ask(canned("overlaps"));
    REQUIRE(found.size() == 1);
    CHECK_THAT(found[0], has_text("|tree|1|2|measured|1|") && has_text("|image|2|2|measured|1|4.0"));
    run_at(filled.store, filled.array(2, "image"), 0, 1'000);  // the same instant
    REQUIRE(filled.ask("SELECT * FROM overlaps").size() == 1);
    CHECK(filled.ask("SELECT overlap_s FROM overlaps") == Lines{"10.0"});
}

TEST_CASE("cold that could not be verified is told, cell by cell")
{
    Filled filled;
    const auto array = filled.array(2, "image");
    for (const auto& attempt : filled.store.attempts(array.id)) {
        record::Record record = made_record(array, attempt, 1);
        for (unsigned node = 0; node < 2; ++node) {
            const bool verified = node == 0 || attempt.repetition == 1;
            record.caches.push_back({.node = node,
                                     .asked = CacheState::cold,
                                     .method = "drop_caches",
                                     .files = 1,
                                     .bytes = 1000,
                                     .resident_before = 1000,
                                     .resident_after = verified ? 0U : 250U,
                                     .verified = verified,
                                     .reason = verified ? "" : "250 bytes are still cached",
                                     .not_covered = "",
                                     .duration_ns = 5});
        }
        ingest(filled.store, attempt, record);
    }
    CHECK(filled.ask("SELECT repetition, node, verified, perhaps_not_cold, resident, reason FROM caches "
                     "ORDER BY repetition, node") ==
          Lines{"1|0|1|0|0.0|", "1|1|1|0|0.0|", "2|0|1|0|0.0|", "2|1|0|1|0.25|250 bytes are still cached"});
    CHECK(filled.ask(canned("caches")) ==
          Lines{"small|slurm|image|2|2|cold|drop_caches|4|0.75|0.0|PERHAPS NOT COLD|250 bytes are still cached|"});
}

TEST_CASE("a first repetition is much slower beyond all others and 1.5 times their median")
{
    const auto judged = [](const std::vector<int>& paces) {
        const TemporaryDirectory scratch;
        experiment::Experiment experiment = small_plan().experiment;
        experiment.nodes = {1};
        experiment.environments.resize(1);
        experiment.repetitions = static_cast<unsigned>(paces.size());
        Store store = create(scratch.path());
        const auto array = store.arrays(add(store, plan::make_plan(experiment))).at(0);
        for (const auto& attempt : store.attempts(array.id)) {
            // Repetition 1 was made again: it began last.
            const std::int64_t began = attempt.repetition == 1 ? 9'000 : 1'000 + attempt.repetition;
            ingest(store, attempt, made_record(array, attempt, paces.at(attempt.repetition - 1), began));
        }
        const std::string sql = canned("first");
        return lines(store.query("SELECT others, ratio, much_slower FROM (" + sql.substr(0, sql.rfind(';')) + ")"));
    };
    // In the order in which they began: the second one is the first.
    CHECK(judged({10, 20, 10, 10}) == Lines{"3|2.0|1"});
    CHECK(judged({10, 20, 10, 20}) == Lines{"3|2.0|0"});
    CHECK(judged({10, 14, 10, 10}) == Lines{"3|1.4|0"});
    CHECK(judged({20, 10, 10, 10}) == Lines{"3|1.0|0"});
    CHECK(judged({10, 20, 10}) == Lines{"2|2.0|"});
    CHECK(judged({10}) == Lines{"0||"});
}

TEST_CASE("every view and canned query has a description and runs on an empty store")
{
    const TemporaryDirectory scratch;
    const Store store = create(scratch.path());
    CHECK(store::canned_queries().size() == 30);
    for (const store::CannedQuery& query : store::canned_queries()) {
        INFO(query.name);
        CHECK(query.description.size() > 20);
        CHECK(store.query(query.sql).rows.empty());
    }
    const store::Table views = store.query("SELECT name FROM sqlite_schema WHERE type = 'view'");
    CHECK(views.rows.size() == 31);
    for (const auto& row : views.rows) {
        CHECK(store.query("SELECT * FROM " + *row[0]).rows.empty());
    }
}

TEST_CASE("the diagram in docs/data-model.md has every foreign key, and no others")
{
    const TemporaryDirectory scratch;
    std::set<std::string> expected;
    for (const std::string& reference :
         lines(create(scratch.path())
                   .query("SELECT DISTINCT key.\"table\" || ' ' || t.name FROM pragma_table_list AS t "
                          "JOIN pragma_foreign_key_list(t.name) AS key WHERE t.schema = 'main'"))) {
        expected.insert(reference);
    }
    CHECK(expected.size() > 20);
    std::set<std::string> drawn;
    std::istringstream document{read_text(std::filesystem::path{GAGGLE_SOURCE} / "docs/data-model.md")};
    for (std::string line; std::getline(document, line);) {
        std::istringstream words{line};
        std::string one;
        std::string relation;
        std::string other;
        words >> one >> relation >> other;
        if (line.starts_with("    ") && (relation.starts_with("||--") || relation.starts_with("}|--||"))) {
            drawn.insert(relation.starts_with("||") ? one + " " + other : other + " " + one);
        }
    }
    CHECK(drawn == expected);
}

TEST_CASE("a view's columns keep their names and their order")
{
    const std::map<std::string, std::string> expected{
        {"all_attempts",
         "experiment, environment, interpreters, nodes, total, role, repetition, state, reason, launcher, job, "
         "slurm_state, slurm_reason, slurm_exit_code, slurm_signal, slurm_restarts, slurm_nodes, submitted, "
         "began, ended, met_s, prepared_s, release_s, gathered_s, record_file, record_closed, block, position, "
         "experiment_id, cell_id, array_id, attempt_id"},
        {"all_latest",
         "experiment, environment, interpreters, nodes, total, role, repetition, state, reason, launcher, job, "
         "slurm_state, slurm_reason, slurm_exit_code, slurm_signal, slurm_restarts, slurm_nodes, submitted, "
         "began, ended, met_s, prepared_s, release_s, gathered_s, record_file, record_closed, block, position, "
         "experiment_id, cell_id, array_id, attempt_id"},
        {"attempts",
         "experiment, environment, interpreters, nodes, total, role, repetition, state, reason, launcher, job, "
         "slurm_state, slurm_reason, slurm_exit_code, slurm_signal, slurm_restarts, slurm_nodes, submitted, "
         "began, ended, met_s, prepared_s, release_s, gathered_s, record_file, record_closed, block, position, "
         "experiment_id, cell_id, array_id, attempt_id"},
        {"baselines", "cell_id, base_id, baseline"},
        {"caches",
         "experiment, environment, interpreters, nodes, total, repetition, node, node_name, asked, method, "
         "verified, perhaps_not_cold, files, bytes, resident_before, resident_after, resident, reason, "
         "not_covered, time_s, state, launcher, experiment_id, cell_id, attempt_id, gaggle_id"},
        {"calls",
         "experiment, environment, interpreters, nodes, repetition, kind, calls, failed, enoent, bytes, "
         "trouble, state, launcher, experiment_id, cell_id, attempt_id, gaggle_id"},
        {"cells",
         "experiment, environment, interpreters, nodes, total, repetitions, planned, pending, running, "
         "unverified, completed, failed, launcher, experiment_id, cell_id"},
        {"controls",
         "experiment, environment, interpreters, nodes, total, repetition, control, time_s, mean_s, failed, "
         "missing, state, launcher, experiment_id, cell_id, attempt_id"},
        {"costs",
         "experiment, environment, interpreters, nodes, role, repetition, held_s, node_hours, said_by, state, "
         "launcher, "
         "experiment_id, cell_id, attempt_id"},
        {"counters",
         "experiment, environment, interpreters, nodes, total, repetition, node, node_name, source, counter, "
         "value, state, launcher, experiment_id, cell_id, attempt_id, gaggle_id"},
        {"end_to_end",
         "experiment, environment, interpreters, nodes, total, repetition, queued_s, batch_s, met_s, steps_s, time_s, "
         "end_to_end_s, failed, missing, state, launcher, experiment_id, cell_id, attempt_id"},
        {"failures",
         "experiment, environment, interpreters, nodes, role, repetition, subject, node_name, interpreter, "
         "outcome, status, detail, launcher, experiment_id, cell_id, attempt_id"},
        {"history",
         "experiment, environment, interpreters, nodes, role, repetition, try, tries, state, reason, job, slurm_nodes, "
         "submitted, began, ended, launcher, experiment_id, cell_id, attempt_id"},
        {"identity",
         "experiment, environment, interpreters, nodes, total, repetition, node, node_name, version, "
         "packages_sha256, packages, trouble, state, launcher, experiment_id, cell_id, attempt_id, gaggle_id"},
        {"import_times",
         "experiment, environment, interpreters, nodes, repetition, ordinal, module, depth, self_s, "
         "cumulative_s, state, launcher, experiment_id, cell_id, attempt_id, gaggle_id"},
        {"imports",
         "experiment, environment, interpreters, nodes, total, repetition, node, node_name, interpreter, "
         "library, begin_s, end_s, duration_s, state, launcher, experiment_id, cell_id, attempt_id, gaggle_id"},
        {"individual",
         "experiment, environment, interpreters, nodes, total, repetition, node, node_name, time_s, spread_s, "
         "failed, missing, outcome, state, launcher, mount_s, fork_s, cpus, experiment_id, cell_id, "
         "attempt_id, gaggle_id"},
        {"interpreters",
         "experiment, environment, interpreters, nodes, total, repetition, node, node_name, interpreter, "
         "start_s, exit_s, duration_s, outcome, status, error, user_s, system_s, max_rss_kib, minor_faults, "
         "major_faults, blocks_in, blocks_out, voluntary_switches, involuntary_switches, read_bytes, "
         "write_bytes, read_calls, write_calls, storage_read_bytes, storage_write_bytes, "
         "cancelled_write_bytes, state, launcher, experiment_id, cell_id, attempt_id, gaggle_id"},
        {"latest",
         "experiment, environment, interpreters, nodes, total, role, repetition, state, reason, launcher, job, "
         "slurm_state, slurm_reason, slurm_exit_code, slurm_signal, slurm_restarts, slurm_nodes, submitted, "
         "began, ended, met_s, prepared_s, release_s, gathered_s, record_file, record_closed, block, position, "
         "experiment_id, cell_id, array_id, attempt_id"},
        {"lookups",
         "experiment, environment, interpreters, nodes, repetition, directory, lookups, enoent, state, "
         "launcher, experiment_id, cell_id, attempt_id, gaggle_id"},
        {"overall",
         "experiment, environment, interpreters, nodes, total, repetition, time_s, spread_s, failed, missing, "
         "state, launcher, experiment_id, cell_id, attempt_id"},
        {"overlaps",
         "experiment, attempt_id, other_attempt_id, cell_id, other_cell_id, overlap_s, launcher, experiment_id"},
        {"phases",
         "experiment, environment, interpreters, nodes, total, repetition, node, node_name, interpreter, "
         "ordinal, phase, begin_s, end_s, duration_s, state, launcher, experiment_id, cell_id, attempt_id, "
         "gaggle_id"},
        {"provenance",
         "experiment, environment, interpreters, nodes, total, repetition, node, node_name, subject, fact, "
         "value, state, launcher, experiment_id, cell_id, attempt_id, gaggle_id"},
        {"sentinels",
         "experiment, environment, interpreters, nodes, total, repetition, time_s, failed, missing, began, "
         "state, launcher, experiment_id, cell_id, attempt_id"},
        {"spread",
         "experiment, environment, interpreters, nodes, total, repetition, spread_s, first_start_s, "
         "last_start_s, median_duration_s, fraction, wide, clock_uncertainty_s, clock_drift_s, state, "
         "launcher, experiment_id, cell_id, attempt_id"},
        {"staging",
         "experiment, environment, interpreters, nodes, total, repetition, time_s, state, launcher, experiment_id, "
         "cell_id, attempt_id"},
        {"steps",
         "experiment, environment, interpreters, nodes, total, repetition, node, node_name, step, command, "
         "time_s, status, error, state, launcher, experiment_id, cell_id, attempt_id, gaggle_id"},
        {"traces",
         "experiment, environment, interpreters, nodes, repetition, node_name, files_opened, paths_looked_up, "
         "threads, traced_s, status, error, trouble, import_trouble, state, launcher, experiment_id, cell_id, "
         "attempt_id, gaggle_id"},
    };
    const TemporaryDirectory scratch;
    const Store store = create(scratch.path());
    std::map<std::string, std::string> found;
    for (const std::string& view : lines(store.query("SELECT name FROM sqlite_schema WHERE type = 'view'"))) {
        if (!view.starts_with("measured_")) {  // parts of the others
            found[view] = fmt::format("{}", fmt::join(store.query("SELECT * FROM " + view).columns, ", "));
        }
    }
    CHECK(found == expected);
}

}  // namespace gaggle::tests
