#include "core/spec_file.hpp"
#include "tests/unit/store_fixture.hpp"

#include <utility>

namespace gaggle::tests {

namespace {

using gaggle::tests::has_text;
using store::Store;

plan::Plan cold_plan()
{
    plan::Plan plan = small_plan();
    plan.experiment.cache = CacheState::cold;
    return plan;
}

/// A store in which attempt 2 of the cell 1 × "tree" failed, and the others of that array completed.
struct Failed {
    TemporaryDirectory scratch;
    Store store = create(scratch.path() / "store");
    store::ExperimentId experiment = add(store, cold_plan());
    store::ArrayRow array = array_of(store, experiment, 1, "tree");

    Failed()
    {
        store.mark_submitted(array.id, 100, "sbatch");
        const auto attempts = store.attempts(array.id);
        ingest(store, attempts.at(0), made_record(array, attempts.at(0), 1));
        record::Record broken = made_record(array, attempts.at(1), 1);
        broken.interpreters.at(0).status = 1;
        broken.gaggles.at(0).outcome = record::GaggleOutcome::Failed;
        ingest(store, attempts.at(1), broken);
    }
    store::ArrayRow add_again(const std::vector<unsigned>& tasks)
    {
        const experiment::SlurmOptions slurm{
            .options = {"--time=40"}, .exclusive = true, .extra = {"--exclude=n0"}, .template_file = {}, .given = {}};
        const auto added = store.add_arrays(experiment, {{array.id, tasks, slurm}}, plan::template_text({}));
        REQUIRE(added.size() == 1);
        return added.front();
    }
    [[nodiscard]] Lines ask(const std::string& sql) const { return lines(store.query(sql)); }
};

}  // namespace

TEST_CASE("an array that is added is the same as the earlier one, for other repetitions")
{
    Failed failed;
    const store::ArrayRow again = failed.add_again({1});
    CHECK(again.position == 4);
    CHECK(again.token.size() == 32);
    CHECK(again.token != failed.array.token);
    CHECK(again.cells == failed.array.cells);
    CHECK(again.tasks == std::vector<store::TaskRow>{{0, 0, 2}});
    CHECK_FALSE(again.submitted_unix_ns.has_value());
    CHECK(again.files.worker == failed.array.files.worker);

    const auto spec_of = [](const store::ArrayRow& row) {
        const std::vector<ArraySpec> specs = parse_specs(read_text(row.files.spec));
        REQUIRE(specs.size() == 1);
        return specs.front();
    };
    ArraySpec expected = spec_of(failed.array);
    expected.token = again.token;
    expected.repetition_of = {{0, 2}};
    CHECK(spec_of(again) == expected);
    CHECK_THAT(read_text(again.files.script), has_text("#SBATCH --array=0-0%1\n") &&
                                                  has_text("gaggle:" + again.token) &&
                                                  has_text("#SBATCH --time=40\n") && has_text("--exclude=n0\n") &&
                                                  has_text(again.files.records.string()));
    CHECK(read_text(failed.store.directory() / "experiments/1-small/template.sbatch") == plan::template_text({}));

    std::filesystem::create_directories(failed.store.directory() / "experiments/1-small/arrays/0009");  // a crash's
    CHECK(failed.add_again({0, 1}).position == 10);
    CHECK_THAT(store_error([&] { static_cast<void>(failed.store.add_arrays({7}, {}, "")); }), has_text("experiment 7"));
}

TEST_CASE("of an array of several cells each task has its own, and some of them can be made again")
{
    const TemporaryDirectory scratch;
    Store store = create(scratch.path() / "store");
    experiment::Experiment experiment = small_plan().experiment;
    experiment.interpreters = {1, 2};
    experiment.slurm.array_of = experiment::ArrayOf::shape;
    const plan::Plan plan = plan::make_plan(experiment);
    const auto id = add(store, plan);
    const auto arrays = store.arrays(id);
    REQUIRE(arrays.size() == 2);
    const store::ArrayRow& array = arrays.at(0);
    REQUIRE(array.tasks.size() == 4 * 2);
    REQUIRE(array.cells.size() == 4);
    CHECK(parse_specs(read_text(array.files.spec)) == plan::array_specs(plan, plan.arrays.at(0), array.token));

    store.mark_submitted(array.id, 100, "sbatch");
    const auto attempts = store.attempts(array.id);
    for (std::size_t task = 0; task < attempts.size(); ++task) {
        CHECK(attempts[task].cell == array.cells.at(array.tasks.at(task).cell));
        CHECK(attempts[task].cell.number == plan.arrays.at(0).tasks.at(task).cell + 1);
        CHECK(attempts[task].repetition == plan.arrays.at(0).tasks.at(task).repetition);
        record::Record record = made_record(array, attempts[task], 1);
        if (task != 3 && task != 5) {
            ingest(store, attempts[task], record);
        }
        record.attempt.interpreters = 3 - record.attempt.interpreters;  // another cell's
        const record::Reading reading = record::read(record::write(record));
        CHECK_THAT(store_error([&] {
                       store.update_attempt(attempts[task].id, {AttemptState::Completed, ""}, {}, "f", &reading);
                   }),
                   has_text("is not of attempt"));
    }
    const auto count = [&](const std::string& where) { return lines(store.query("SELECT count(*) FROM " + where)); };
    CHECK(count("latest WHERE state = 'COMPLETED' AND job LIKE '100!_%' ESCAPE '!'") == Lines{"6"});

    const auto added = store.add_arrays(id, {{array.id, {5, 3}, {}}}, plan::template_text({}));
    REQUIRE(added.size() == 1);
    const auto again = store.attempts(added.at(0).id);
    REQUIRE(again.size() == 2);
    CHECK(again.at(0).cell == attempts.at(5).cell);
    CHECK(again.at(0).repetition == attempts.at(5).repetition);
    CHECK(again.at(1).cell == attempts.at(3).cell);
    CHECK(again.at(1).repetition == attempts.at(3).repetition);
    for (const store::AttemptRow& attempt : again) {
        ingest(store, attempt, made_record(added.at(0), attempt, 1));
    }
    for (const ArraySpec& spec : parse_specs(read_text(added.at(0).files.spec))) {
        for (const auto& [task, repetition] : spec.repetition_of) {
            CHECK(again.at(task).repetition == repetition);
            CHECK(again.at(task).cell.interpreters == spec.interpreters);
            CHECK(again.at(task).cell.environment == spec.environment.name);
        }
    }
    CHECK(count("latest WHERE state = 'COMPLETED'") == Lines{"8"});
    CHECK_FALSE(store.attempts(array.id).at(4).superseded);
    CHECK(store.attempts(array.id).at(5).superseded);
    CHECK_THAT(store_error([&] { (void)store.add_arrays(id, {{array.id, {8}, {}}}, ""); }), has_text("has no task 8"));
}

TEST_CASE("the latest attempt counts, and the first one's rows stay")
{
    Failed failed;
    CHECK(failed.ask("SELECT completed, failed FROM cells WHERE environment = 'tree' AND nodes = 1") == Lines{"1|1"});
    const store::ArrayRow again = failed.add_again({1});
    CHECK(failed.ask("SELECT completed, planned, failed FROM cells WHERE environment = 'tree' AND nodes = 1") ==
          Lines{"1|1|0"});
    failed.store.mark_submitted(again.id, 101, "sbatch");
    const auto attempt = failed.store.attempts(again.id).at(0);
    ingest(failed.store, attempt, made_record(again, attempt, 1));

    CHECK(failed.ask("SELECT repetitions, completed, failed FROM cells WHERE environment = 'tree' AND nodes = 1") ==
          Lines{"2|2|0"});
    CHECK(failed.ask("SELECT job, repetition, state FROM attempts WHERE environment = 'tree' AND nodes = 1 "
                     "ORDER BY attempt_id") == Lines{"100_0|1|COMPLETED", "100_1|2|INCOMPLETE", "101_0|2|COMPLETED"});
    CHECK(failed.ask("SELECT count(*) FROM interpreters WHERE environment = 'tree' AND nodes = 1") == Lines{"6"});

    CHECK_FALSE(failed.store.attempts(failed.array.id).at(0).superseded);
    CHECK(failed.store.attempts(failed.array.id).at(1).superseded);
    CHECK_FALSE(attempt.superseded);
    std::size_t superseded = 0;
    for (const store::ElementRow& element : failed.store.elements(failed.experiment)) {
        superseded += element.superseded ? 1U : 0U;
        CHECK(element.superseded == (element.job_id == 100U && element.task == 1));
    }
    CHECK(superseded == 1);
}

TEST_CASE("attempts are chosen by a condition that can only read")
{
    Failed failed;
    const auto count = [&](const std::string& condition) { return failed.store.latest_where(condition).size(); };
    CHECK(count("state = 'INCOMPLETE'") == 1);
    CHECK(count("nodes = 1 AND environment = 'tree' -- a comment") == 2);
    CHECK(count("job = '100_1'") == 1);
    for (const char* wrong : {"", "nosuch = 1", "nodes =", "1) ; DELETE FROM attempt; --", "nodes = 1; SELECT 1"}) {
        INFO(wrong);
        try {
            static_cast<void>(count(wrong));
            FAIL("no error");
        } catch (const Error& error) {
            CHECK(error.code() == ExitCode::Usage);
        }
    }
    CHECK(count("1") == 8);
}

TEST_CASE("nodes that failed are known by the record, and by Slurm where there was only one")
{
    Failed failed;
    std::vector<store::AttemptId> attempts;
    for (const auto& attempt : failed.store.attempts(failed.array.id)) {
        attempts.push_back(attempt.id);
    }
    CHECK(failed.store.failed_nodes({attempts.at(0)}).empty());
    CHECK(failed.store.failed_nodes(attempts) == std::set<std::string>{"n0"});
    const auto lost = [&](const std::string& nodes) {
        const auto id = failed.store.attempts(array_of(failed.store, failed.experiment, 2, "tree").id).at(0).id;
        SlurmWord word;
        word.state = "NODE_FAIL";
        word.nodes = nodes;
        failed.store.update_attempt(id, {AttemptState::NodeFail, ""}, word, "", nullptr);
        return failed.store.failed_nodes({id});
    };
    CHECK(lost("n7") == std::set<std::string>{"n7"});
    CHECK(lost("n[7-8]").empty());
    CHECK(lost("n7,m8").empty());
}

TEST_CASE("an experiment says what further arrays need")
{
    Failed failed;
    CHECK_FALSE(failed.store.find(store::ExperimentId{9}));
    const auto row = failed.store.find(failed.experiment);
    REQUIRE(row);
    CHECK(row->name == "small");
    CHECK(row->launcher == record::Launcher::slurm);
    CHECK(row->original_file == "/somewhere/small.toml");
    CHECK(read_text(row->kept_file) == "name = \"small\"\n");
}

}  // namespace gaggle::tests
