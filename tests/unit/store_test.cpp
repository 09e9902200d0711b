#include "orchestrator/store/store.hpp"

#include "core/spec_file.hpp"
#include "tests/unit/store_fixture.hpp"

namespace gaggle::tests {

namespace {

namespace fs = std::filesystem;
using gaggle::tests::has_text;
using store::Store;

}  // namespace

TEST_CASE("a plan becomes rows and files")
{
    const TemporaryDirectory scratch;
    Store store = create(scratch.path() / "store");
    const plan::Plan plan = small_plan();
    const auto id = add(store, plan);

    const auto arrays = store.arrays(id);
    REQUIRE(arrays.size() == 4);
    std::set<std::string> tokens;
    for (std::size_t position = 0; position < arrays.size(); ++position) {
        const store::ArrayRow& row = arrays[position];
        const plan::Cell& cell = plan.cells[plan.arrays[position].tasks.front().cell];
        tokens.insert(row.token);
        CHECK(row.token.size() == 32);
        CHECK(row.position == position);
        const std::size_t number = plan.arrays[position].tasks.front().cell + 1;
        CHECK(row.cells == std::vector<store::CellRow>{{static_cast<unsigned>(number), cell.nodes, cell.interpreters,
                                                        plan.experiment.environments[cell.environment].name}});
        CHECK(row.tasks == std::vector<store::TaskRow>{{0, 0, 1}, {1, 0, 2}});
        CHECK_FALSE(row.submitted_unix_ns.has_value());
        CHECK_FALSE(row.job_id);
        CHECK(parse_specs(read_text(row.files.spec)) == plan::array_specs(plan, plan.arrays[position], row.token));
        CHECK_THAT(read_text(row.files.script), has_text(row.token) && has_text(row.files.worker.string()));
        CHECK(fs::is_directory(row.files.records));
        CHECK(fs::is_directory(row.files.logs));
        const auto attempts = store.attempts(row.id);
        REQUIRE(attempts.size() == 2);
        CHECK(attempts[1].task == 1);
        CHECK(attempts[1].repetition == 2);
        CHECK(attempts[1].state == AttemptState::Planned);
    }
    CHECK(tokens.size() == 4);
    CHECK(read_text(arrays[0].files.worker) == "#!worker");
    CHECK((fs::status(arrays[0].files.worker).permissions() & fs::perms::owner_exec) != fs::perms::none);
    CHECK(read_text(store.directory() / "experiments/1-small/experiment.toml") == plan.experiment.text);
    CHECK(lines(store.query("SELECT seed, cache, start, folder, worker_file FROM experiment")) ==
          Lines{"7|as-is|synchronised|experiments/1-small|bin/gaggle-worker-aaaaaaaaaaaa"});
    CHECK(lines(store.query("SELECT command, variables, imports FROM environment WHERE name = 'tree'")) ==
          Lines{R"(["python3","-I"]|[["LANG","C"]]|["json"])"});
    for (const std::string& file : files_under(store.directory())) {
        CHECK_THAT(file, !has_text(".partial"));
    }
}

TEST_CASE("an experiment is found by name, bytes and launcher")
{
    const TemporaryDirectory scratch;
    Store store = create(scratch.path());
    CHECK_FALSE(store.newest_experiment());
    const auto first = add(store, small_plan());
    const auto second = add(store, small_plan());
    const auto local = add(store, small_plan(), record::Launcher::local);
    const std::string sha256(64, 'f');
    CHECK(store.find_experiment("small", sha256, record::Launcher::slurm) == second);
    CHECK(store.find_experiment("small", sha256, record::Launcher::local) == local);
    CHECK_FALSE(store.find_experiment("small", "other", record::Launcher::slurm));
    CHECK_FALSE(store.find_experiment("other", sha256, record::Launcher::slurm));
    CHECK(store.experiments() == std::vector{first, second, local});
    CHECK(store.newest_experiment() == local);
}

TEST_CASE("an array is refused, then submitted, then finished")
{
    const TemporaryDirectory scratch;
    Store store = create(scratch.path());
    const auto id = add(store, small_plan());
    const store::ArrayRow array = store.arrays(id).at(2);

    store.mark_refused(array.id, "QOSMaxSubmitJobPerUserLimit");
    CHECK_FALSE(store.arrays(id).at(2).submitted_unix_ns.has_value());
    CHECK(store.attempts(array.id).at(0).reason == "QOSMaxSubmitJobPerUserLimit");
    CHECK(store.unfinished_arrays().empty());

    store.mark_submitted(array.id, 4711, "sbatch --parsable script.sbatch");
    const store::ArrayRow submitted = store.arrays(id).at(2);
    CHECK(submitted.submitted_unix_ns.has_value());
    CHECK(submitted.job_id == 4711U);
    CHECK(store.attempts(array.id).at(0).state == AttemptState::Pending);
    CHECK(store.attempts(array.id).at(0).reason.empty());
    CHECK(lines(store.query("SELECT command_line, refusal FROM array WHERE slurm_job_id = 4711")) ==
          Lines{"sbatch --parsable script.sbatch|"});
    REQUIRE(store.unfinished_arrays().size() == 1);
    CHECK(store.unfinished_arrays().at(0).tasks == array.tasks);

    for (const auto& attempt : store.attempts(array.id)) {
        store.update_attempt(attempt.id, {AttemptState::Lost, "gone"}, {}, "", nullptr);
    }
    CHECK(store.unfinished_arrays().empty());
    CHECK(store.attempts(array.id).at(1).reason == "gone");

    const auto local = add(store, small_plan(), record::Launcher::local);
    store.mark_submitted(store.arrays(local).at(0).id, {}, "gaggle run");
    CHECK_FALSE(store.arrays(local).at(0).job_id);
    CHECK(store.arrays(local).at(0).submitted_unix_ns.has_value());
    CHECK_THAT(store_error([&] { store.mark_submitted({999}, {}, ""); }), has_text("array 999"));
}

TEST_CASE("Slurm's last words stay when it has forgotten")
{
    const TemporaryDirectory scratch;
    Store store = create(scratch.path());
    const auto attempt = store.attempts(store.arrays(add(store, small_plan())).at(0).id).at(0);
    const SlurmWord word{.state = "FAILED",
                         .reason = "NonZeroExitCode",
                         .exit_code = 7,
                         .signal = {},
                         .restarts = 1,
                         .nodes = "n[1-2]",
                         .lost_host = {},
                         .start_unix = 100,
                         .end_unix = 200};
    store.update_attempt(attempt.id, {AttemptState::Failed, "x"}, word, "", nullptr);
    store.update_attempt(attempt.id, {AttemptState::Lost, "y"}, {}, "", nullptr);
    CHECK(lines(store.query("SELECT state, reason, slurm_state, slurm_reason, slurm_exit_code, slurm_signal, "
                            "slurm_restarts, slurm_nodes, slurm_start_unix_s, slurm_end_unix_s FROM attempt "
                            "WHERE slurm_state IS NOT NULL")) ==
          Lines{"LOST|y|FAILED|NonZeroExitCode|7||1|n[1-2]|100|200"});
}

TEST_CASE("the schema refuses what cannot be")
{
    const TemporaryDirectory scratch;
    Store store = create(scratch.path());
    const auto id = add(store, small_plan());
    const auto array = store.arrays(id).at(0);
    ingest(store, store.attempts(array.id).at(0), made_record(array, store.attempts(array.id).at(0), 1));
    const std::string wrong = GENERATE(
        as<std::string>{}, "INSERT INTO attempt (array_id, task, cell_id, repetition) VALUES (1, 0, 1, 3)",
        "INSERT INTO attempt (array_id, task, cell_id, repetition) "
        "SELECT 1, 3, cell_id, 1 FROM attempt WHERE array_id = 1 AND repetition = 1",
        "INSERT INTO attempt (array_id, task, cell_id, repetition) VALUES (99, 0, 1, 1)",
        "INSERT INTO attempt (array_id, task, cell_id, repetition) VALUES (1, 3, 99, 3)",
        "INSERT INTO attempt (array_id, task, repetition) VALUES (1, 3, 3)",
        "INSERT INTO attempt (array_id, task, cell_id, repetition, state) VALUES (1, 3, 1, 3, 'DONE')",
        "INSERT INTO attempt (array_id, task, cell_id, repetition) VALUES (1, 'three', 1, 3)",
        "UPDATE array SET token = (SELECT token FROM array WHERE id = 2) WHERE id = 1",
        "UPDATE array SET slurm_job_id = 1 WHERE id = 1", "UPDATE attempt SET cell_id = 99 WHERE id = 1",
        "UPDATE array SET position = 1 WHERE position = 0",
        "INSERT INTO cell (experiment_id, position, environment_id, nodes, interpreters) VALUES (1, 9, 1, 1, 2)",
        "INSERT INTO cell (experiment_id, position, environment_id, nodes, interpreters) VALUES (1, 9, 1, 0, 9)",
        "INSERT INTO cell (experiment_id, position, environment_id, nodes, interpreters, role) "
        "VALUES (1, 9, 1, 9, 9, 'other')",
        "INSERT INTO cell (experiment_id, position, environment_id, nodes, interpreters) VALUES (1, 9, 99, 9, 9)",
        "INSERT INTO environment (experiment_id, position, name, kind, language, command, variables, imports) "
        "SELECT 1, 9, name, kind, language, command, variables, imports FROM environment WHERE id = 1",
        "UPDATE experiment SET launcher = 'pbs'", "UPDATE experiment SET seed = 'seven'",
        "INSERT INTO gaggle (attempt_id, node, name, outcome) SELECT attempt_id, 0, 'x', 'Died' FROM gaggle",
        "UPDATE gaggle SET outcome = 'Fine'", "UPDATE interpreter SET outcome = 'Fine'",
        "UPDATE interpreter SET number = 0", "UPDATE interpreter SET exit_ns = 1.5", "UPDATE phase SET ordinal = 0",
        "UPDATE phase SET interpreter = 99", "UPDATE phase SET name_id = 99", "DELETE FROM attempt_state",
        "INSERT INTO phase_name (name) VALUES ('exec')");
    const Finished finished = sqlite3(store, "PRAGMA foreign_keys = ON; " + wrong);
    INFO(wrong);
    CHECK(finished.status != 0);
    CHECK_THAT(finished.err + finished.out, has_text("constraint") || has_text("cannot store"));
}

TEST_CASE("an environment of another experiment is refused")
{
    const TemporaryDirectory scratch;
    Store store = create(scratch.path());
    add(store, small_plan());
    add(store, small_plan());
    CHECK_THAT(sqlite3(store, "PRAGMA foreign_keys = ON; UPDATE cell SET environment_id = 3 WHERE id = 1").err,
               has_text("FOREIGN KEY constraint"));
}

TEST_CASE("the table of states is the enumeration")
{
    const TemporaryDirectory scratch;
    const Store store = create(scratch.path());
    std::set<std::string> states;
    for (const auto& row : store.query("SELECT state, terminal FROM attempt_state").rows) {
        AttemptState state{};
        REQUIRE(from_string(*row[0], state));
        CHECK(is_terminal(state) == (row[1] == "1"));
        states.insert(*row[0]);
    }
    CHECK(states.size() == attempt_state_names.names.size());
}

TEST_CASE("what a crash left behind is neither used nor touched")
{
    const TemporaryDirectory scratch;
    const auto left = scratch.write("experiments/1-small/arrays/0000/spec", "of a crash");
    scratch.write("experiments/12-other/experiment.toml", "of a crash");
    scratch.write("experiments/readme", "");
    Store store = create(scratch.path());
    const auto id = add(store, small_plan());
    CHECK(id.value == 13);
    CHECK(read_text(left) == "of a crash");
    CHECK(add(store, small_plan("../a name/with Ünusual letters")).value == 14);
    CHECK(fs::exists(scratch.path() / "experiments/14-.._a_name_with___nusual_letters/experiment.toml"));
}

TEST_CASE("a plan that cannot be written leaves no row")
{
    const TemporaryDirectory scratch;
    Store store = create(scratch.path() / "store");
    add(store, small_plan());
    plan::Plan plan = small_plan();
    plan.cells.push_back(plan.cells.front());  // a doubled cell
    CHECK_THAT(store_error([&] { add(store, plan); }), has_text("UNIQUE constraint"));
    CHECK(store.experiments().size() == 1);
    CHECK(lines(store.query("SELECT count(*) FROM array")) == Lines{"4"});
    CHECK(add(store, small_plan()).value == 3);  // the folder of 2 is there
}

TEST_CASE("a worker is kept once per content")
{
    const TemporaryDirectory scratch;
    Store store = create(scratch.path() / "store");
    const auto kept = store.keep_worker(scratch.write("one", "first"), "0123456789abcdef");
    CHECK(kept == scratch.path() / "store/bin/gaggle-worker-0123456789ab");
    CHECK(store.keep_worker(scratch.write("two", "ignored"), "0123456789abcdef") == kept);
    CHECK(read_text(kept) == "first");
    CHECK_THAT(store_error([&] { store.keep_worker(scratch.path() / "absent", "ffffffffffffffff"); }),
               has_text("absent") && has_text("No such file"));
    CHECK_THAT(store_error([&] { store.add_experiment(small_plan(), {}, "/elsewhere/worker", ""); }),
               has_text("not in the store"));
}

}  // namespace gaggle::tests
