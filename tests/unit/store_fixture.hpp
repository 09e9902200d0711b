#pragma once

#include "core/error.hpp"
#include "orchestrator/store/store.hpp"
#include "tests/catch.hpp"
#include "tests/support/process.hpp"
#include "tests/support/temporary.hpp"

#include <algorithm>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <functional>
#include <set>
#include <string>
#include <vector>

namespace gaggle::tests {

/// Two environments on 1 and 2 nodes with 2 interpreters each, 2 repetitions: 4 cells, 4 arrays, 8 attempts.
inline plan::Plan small_plan(const std::string& name = "small")
{
    experiment::Experiment experiment;
    experiment.name = name;
    experiment.nodes = {1, 2};
    experiment.interpreters = {2};
    experiment.repetitions = 2;
    experiment.seed = 7;
    experiment.file = "/somewhere/small.toml";
    experiment.text = "name = \"small\"\n";
    for (const std::string environment : {"image", "tree"}) {
        EnvironmentSpec spec;
        spec.name = environment;
        spec.kind = "command";
        spec.language = "python";
        spec.command = {"python3", "-I"};
        spec.variables = {{"LANG", "C"}};
        spec.imports = {"json"};
        experiment.environments.push_back(spec);
    }
    return plan::make_plan(experiment);
}

inline store::ExperimentId add(store::Store& store, const plan::Plan& plan,
                               record::Launcher launcher = record::Launcher::slurm)
{
    const TemporaryDirectory elsewhere;
    const auto worker = store.keep_worker(elsewhere.write("gaggle-worker", "#!worker"), std::string(64, 'a'));
    const store::Provenance provenance{.launcher = launcher,
                                       .gaggle_version = "0.1",
                                       .file_sha256 = std::string(64, 'f'),
                                       .template_sha256 = std::string(64, 't'),
                                       .worker_sha256 = std::string(64, 'a')};
    return store.add_experiment(plan, provenance, worker, plan::template_text(plan.experiment.slurm));
}

/// The array of a cell, where each has its own.
inline store::ArrayRow array_of(const store::Store& store, store::ExperimentId experiment, unsigned nodes,
                                const std::string& environment)
{
    for (const store::ArrayRow& row : store.arrays(experiment)) {
        if (row.cells.front().nodes == nodes && row.cells.front().environment == environment) {
            return row;
        }
    }
    FAIL("no such array");
    return {};
}

/// A complete record. The k-th interpreter of all (from 1) starts at k ms, takes `pace` × k s, and imports json in
/// k × 100 ms.
inline record::Record made_record(const store::ArrayRow& array, const store::AttemptRow& attempt, int pace,
                                  std::int64_t began_unix_s = 1'000)
{
    constexpr std::int64_t ms = 1'000'000;
    record::Record record;
    record.attempt.token = array.token;
    record.attempt.task = attempt.task;
    record.attempt.repetition = attempt.repetition;
    record.attempt.nodes = attempt.cell.nodes;
    record.attempt.interpreters = attempt.cell.interpreters;
    record.attempt.host = "batch";
    record.attempt.worker_version = "0.1";
    record.attempt.began_unix_ns = began_unix_s * 1000 * ms;
    record.attempt.ended_unix_ns = (began_unix_s + 10) * 1000 * ms;
    for (unsigned node = 0; node < attempt.cell.nodes; ++node) {
        record::Gaggle gaggle;
        gaggle.node = node;
        gaggle.name = "n" + std::to_string(node);
        gaggle.outcome = record::GaggleOutcome::Completed;
        gaggle.arrived_ns = 5 * ms;
        gaggle.clock_before = {100, 20};
        gaggle.clock_after = {130, 30 + static_cast<std::int64_t>(node)};
        record.gaggles.push_back(gaggle);
        for (unsigned index = 0; index < attempt.cell.interpreters; ++index) {
            const std::int64_t k = node * attempt.cell.interpreters + index + 1;
            record::Interpreter one;
            one.node = node;
            one.index = index;
            one.start_ns = k * ms;
            one.exit_ns = one.start_ns + pace * k * 1000 * ms;
            record.interpreters.push_back(one);
            record.phases.push_back({node, index, "exec", one.start_ns, one.start_ns + 10 * ms});
            record.phases.push_back(
                {node, index, "import json", one.start_ns + 20 * ms, one.start_ns + 20 * ms + k * 100 * ms});
            record.phases.push_back({node, index, "exit", one.exit_ns - ms, one.exit_ns});
        }
    }
    return record;
}

inline void ingest(store::Store& store, const store::AttemptRow& attempt, const record::Record& record)
{
    const record::Reading reading = record::read(record::write(record));
    REQUIRE(reading.closed);
    const Judgement judgement =
        judge_attempt(SlurmWitness::NotInvolved, {}, reading, record::examine(*reading.record, {"json"}));
    store.update_attempt(attempt.id, judgement, {}, record::file_name(attempt.task, 0), &reading);
}

/// The plain sqlite3 client: what any user has.
inline Finished sqlite3(const store::Store& store, const std::string& sql)
{
    return run({"sqlite3", "-bail", (store.directory() / "results.db").string(), sql});
}

/// A result as text: cells separated by "|", NULL empty.
inline std::vector<std::string> lines(const store::Table& table)
{
    std::vector<std::string> all;
    for (const auto& row : table.rows) {
        std::string line;
        for (const auto& cell : row) {
            line += (&cell == &row.front() ? "" : "|") + cell.value_or("");
        }
        all.push_back(line);
    }
    return all;
}

inline std::string canned(const std::string& name)
{
    for (const store::CannedQuery& query : store::canned_queries()) {
        if (query.name == name) {
            return std::string{query.sql};
        }
    }
    FAIL("no query " << name);
    return {};
}

using Lines = std::vector<std::string>;

inline store::Store create(const std::filesystem::path& directory)
{
    return store::Store::open(directory, store::Store::Access::write, store::Store::Missing::create);
}

/// A store whose "tree" cells are complete (paces 1 and 2), one attempt after the other; "image" is still planned.
struct Filled {
    TemporaryDirectory scratch;
    store::Store store = create(scratch.path());
    store::ExperimentId experiment = add(store, small_plan());

    /// Phases of these names have the first numbers.
    explicit Filled(const std::vector<std::string>& phases = {})
    {
        for (const std::string& name : phases) {
            REQUIRE(sqlite3(store, "INSERT INTO phase_name (name) VALUES ('" + name + "')").status == 0);
        }
        std::int64_t began = 1'000;
        for (const unsigned nodes : {1U, 2U}) {
            const auto array = array_of(store, experiment, nodes, "tree");
            store.mark_submitted(array.id, 100 + nodes, "sbatch");
            for (const auto& attempt : store.attempts(array.id)) {
                ingest(store, attempt, made_record(array, attempt, static_cast<int>(attempt.repetition), began));
                began += 20;
            }
        }
    }
    [[nodiscard]] Lines ask(const std::string& sql) const { return lines(store.query(sql)); }
    [[nodiscard]] store::ArrayRow array(unsigned nodes, const std::string& environment) const
    {
        return array_of(store, experiment, nodes, environment);
    }
};

/// The message of the Error(Store) that `work` must throw.
inline std::string store_error(const std::function<void()>& work)
{
    try {
        work();
    } catch (const Error& error) {
        CHECK(error.code() == ExitCode::Store);
        return error.what();
    }
    FAIL("no error");
    return {};
}

inline std::set<std::string> files_under(const std::filesystem::path& folder)
{
    std::set<std::string> files;
    for (const auto& entry : std::filesystem::recursive_directory_iterator{folder}) {
        files.insert(entry.path().lexically_relative(folder).string());
    }
    return files;
}

/// A store of the local launcher, so that only the records count; all of them are there, and none is collected.
inline void make_uncollected(const std::filesystem::path& directory)
{
    experiment::Experiment experiment = small_plan().experiment;
    experiment.repetitions = 4;
    store::Store store = create(directory);
    const store::ExperimentId id = add(store, plan::make_plan(experiment), record::Launcher::local);
    for (const store::ArrayRow& array : store.arrays(id)) {
        store.mark_submitted(array.id, std::nullopt, "made by a test");
        for (const store::AttemptRow& attempt : store.attempts(array.id)) {
            record::Record record = made_record(array, attempt, 1 + static_cast<int>(attempt.task));
            record.attempt.launcher = record::Launcher::local;
            std::ofstream{array.files.records / record::file_name(attempt.task, 0), std::ios::binary}
                << record::write(record);
        }
    }
}

/// Every row of every table, ids too: collecting goes through the records in one order.
inline std::vector<std::string> dump(const std::filesystem::path& directory)
{
    const store::Store store = store::Store::open(directory, store::Store::Access::read);
    std::vector<std::string> all;
    for (const std::string& table : lines(store.query(
             "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite%' ORDER BY name"))) {
        all.push_back(table);
        std::vector<std::string> rows = lines(store.query("SELECT * FROM " + table));
        std::sort(rows.begin(), rows.end());
        all.insert(all.end(), rows.begin(), rows.end());
    }
    return all;
}

}  // namespace gaggle::tests
