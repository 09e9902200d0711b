#include "tests/unit/store_fixture.hpp"

namespace gaggle::tests {

TEST_CASE("rows are counted exactly: nodes × interpreters × repetitions, and their phases")
{
    const Filled filled;
    CHECK(filled.ask("SELECT count(*) FROM gaggle") == Lines{"6"});
    CHECK(filled.ask("SELECT count(*) FROM interpreters") == Lines{"12"});
    CHECK(filled.ask("SELECT count(*), count(DISTINCT phase) FROM phases") == Lines{"36|3"});
    CHECK(filled.ask("SELECT count(*), min(library), max(library) FROM imports") == Lines{"12|json|json"});
    CHECK(filled.ask("SELECT ordinal, phase, begin_s, end_s, duration_s FROM phases WHERE nodes = 2 AND repetition = 1 "
                     "AND node = 1 AND interpreter = 1 ORDER BY ordinal") ==
          Lines{"0|exec|0.004|0.014|0.01", "1|import json|0.024|0.424|0.4", "2|exit|4.003|4.004|0.001"});
}

TEST_CASE("a record that comes again replaces its own rows and no others")
{
    Filled filled;
    const std::string everything = "SELECT * FROM interpreters ORDER BY attempt_id, node, interpreter";
    const auto drop_id = [](Lines all) {
        for (std::string& line : all) {
            line.erase(line.rfind('|'));  // gaggle_id
        }
        return all;
    };
    const Lines before = drop_id(filled.ask(everything));
    const auto array = filled.array(2, "tree");
    const auto attempt = filled.store.attempts(array.id).at(0);
    ingest(filled.store, attempt, made_record(array, attempt, 1, 1'040));
    CHECK(drop_id(filled.ask(everything)) == before);
    CHECK(filled.ask("SELECT count(*) FROM phase") == Lines{"36"});

    ingest(filled.store, attempt, made_record(array, attempt, 5));
    CHECK(filled.ask("SELECT time_s FROM overall WHERE nodes = 2 AND repetition = 1") == Lines{"20.003"});
    CHECK(filled.ask("SELECT count(*) FROM interpreter") == Lines{"12"});
}

TEST_CASE("every field of a record has a column, and zero is NULL where it means none")
{
    Filled filled;
    const auto array = filled.array(1, "image");
    const auto attempt = filled.store.attempts(array.id).at(1);
    record::Record record = made_record(array, attempt, 1);
    record.attempt = {.token = array.token,
                      .task = 1,
                      .repetition = 2,
                      .restart = 3,
                      .launcher = record::Launcher::slurm,
                      .array_job_id = 4,
                      .job_id = 5,
                      .nodes = 1,
                      .interpreters = 2,
                      .host = "h",
                      .worker_version = "v",
                      .began_unix_ns = 6,
                      .ended_unix_ns = 7,
                      .met_ns = 8,
                      .prepared_ns = 9,
                      .release_ns = 10,
                      .gathered_ns = 11,
                      .note = "late"};
    record.gaggles[0] = {.node = 0,
                         .name = "n",
                         .outcome = record::GaggleOutcome::Failed,
                         .reason = "r",
                         .arrived_ns = 1,
                         .clock_before = {-2, 3},
                         .clock_after = {4, 5},
                         .mount_ns = 6,
                         .fork_ns = 7,
                         .cpus = 8,
                         .mounted_by = "squashfuse 0.5"};
    record.caches = {{.node = 0,
                      .asked = CacheState::cold,
                      .method = "drop_caches",
                      .files = 1,
                      .bytes = 2,
                      .resident_before = 3,
                      .resident_after = 4,
                      .verified = false,
                      .reason = "dirty",
                      .not_covered = "servers",
                      .duration_ns = 5}};
    record.probes = {{.node = 0, .clock = "timerfd", .resolution_ns = 1, .version = "5.4"}};
    record.interpreters[1] = {.node = 0,
                              .index = 1,
                              .outcome = record::InterpreterOutcome::Signaled,
                              .status = 9,
                              .error = "tab\tünd",
                              .start_ns = -1,
                              .exit_ns = 2,
                              .user_us = 3,
                              .system_us = 4,
                              .minor_faults = 5,
                              .major_faults = 6,
                              .max_rss_kib = 7,
                              .blocks_in = 8,
                              .blocks_out = 9,
                              .voluntary_switches = 10,
                              .involuntary_switches = 11};
    ingest(filled.store, attempt, record);
    CHECK(filled.ask("SELECT record_file, record_closed, record_restart, record_array_job_id, record_job_id, host, "
                     "worker_version, began_unix_ns, ended_unix_ns, met_ns, prepared_ns, release_ns, gathered_ns, note "
                     "FROM attempt WHERE note IS NOT NULL") == Lines{"1.0.record|1|3|4|5|h|v|6|7|8|9|10|11|late"});
    CHECK(filled.ask("SELECT node, name, outcome, reason, arrived_ns, clock_before_offset_ns, "
                     "clock_before_uncertainty_ns, clock_after_offset_ns, clock_after_uncertainty_ns, mount_ns, "
                     "fork_ns, cpus, mounted_by, clock, clock_resolution_ns, interpreter_version FROM gaggle "
                     "WHERE outcome = 'Failed'") ==
          Lines{"0|n|Failed|r|1|-2|3|4|5|6|7|8|squashfuse 0.5|timerfd|1|5.4"});
    CHECK(filled.ask("SELECT count(*) FROM gaggle WHERE outcome <> 'Failed' AND clock IS NULL AND "
                     "clock_resolution_ns IS NULL AND interpreter_version IS NULL") ==
          filled.ask("SELECT count(*) FROM gaggle WHERE outcome <> 'Failed'"));
    CHECK(filled.ask("SELECT number, outcome, status, error, start_ns, exit_ns, user_us, system_us, minor_faults, "
                     "major_faults, max_rss_kib, blocks_in, blocks_out, voluntary_switches, involuntary_switches "
                     "FROM interpreter WHERE error IS NOT NULL") ==
          Lines{"1|Signaled|9|tab\tünd|-1|2|3|4|5|6|7|8|9|10|11"});
    CHECK(filled.ask("SELECT asked, method, files, bytes, resident_before, resident_after, verified, reason, "
                     "not_covered, duration_ns FROM cache") == Lines{"cold|drop_caches|1|2|3|4|0|dirty|servers|5"});
    const auto stored = filled.store.attempts(array.id).at(1);
    CHECK(stored.record_file == "1.0.record");
    CHECK(stored.record_closed);

    record.attempt.met_ns = record.attempt.gathered_ns = 0;
    record.attempt.note.clear();
    record.gaggles[0].clock_before = {};
    record.gaggles[0].mount_ns = record.gaggles[0].arrived_ns = 0;
    ingest(filled.store, attempt, record);
    CHECK(filled.ask("SELECT met_ns, gathered_ns, note, clock_before_offset_ns, clock_before_uncertainty_ns, mount_ns, "
                     "arrived_ns FROM gaggle JOIN attempt ON attempt.id = attempt_id WHERE outcome = 'Failed'") ==
          Lines{"||||||"});
}

TEST_CASE("a partial record keeps what is there, and says what is not")
{
    Filled filled;
    const auto array = filled.array(2, "image");
    const auto attempts = filled.store.attempts(array.id);
    record::Record record = made_record(array, attempts.at(0), 1, 2'000);
    record.gaggles[1].outcome = record::GaggleOutcome::Died;
    record.gaggles[1].reason = "connection lost";
    std::erase_if(record.interpreters, [](const auto& one) { return one.node == 1; });
    std::erase_if(record.phases, [](const auto& one) { return one.node == 1; });
    record.interpreters[1].outcome = record::InterpreterOutcome::Exited;
    record.interpreters[1].status = 1;
    record.interpreters[1].error = "ModuleNotFoundError: No module named 'x'";
    ingest(filled.store, attempts.at(0), record);

    CHECK(filled.ask("SELECT time_s, spread_s, failed, missing, state FROM overall WHERE environment = 'image'") ==
          Lines{"2.001|0.001|1|2|INCOMPLETE"});
    CHECK(filled.ask("SELECT node, time_s, failed, missing, outcome FROM individual WHERE environment = 'image' "
                     "ORDER BY node") == Lines{"0|2.001|1|0|Completed", "1||0|2|Died"});
    CHECK(filled.ask("SELECT subject, node_name, interpreter, outcome, status FROM failures ORDER BY subject") ==
          Lines{"attempt|||INCOMPLETE|", "interpreter|n0|1|Exited|1", "node|n1||Died|"});
    const Lines failures = filled.ask(canned("failures"));
    REQUIRE(failures.size() == 3);
    CHECK_THAT(failures[0], has_text("|attempt|||INCOMPLETE||") && has_text("Died: connection lost"));
    CHECK_THAT(failures[1], has_text("|interpreter|n0|1|Exited|1|ModuleNotFoundError: No module named 'x'"));
    CHECK_THAT(failures[2], has_text("|node|n1||Died||connection lost"));
    const Lines overall = filled.ask(canned("overall"));
    CHECK(overall[1] == "small|slurm|image|2|2|4|0|1|||||||||1.0");  // a failure is no time, and is not hidden
}

TEST_CASE("a torn record's sound lines are kept")
{
    Filled filled;
    const auto array = filled.array(1, "image");
    const auto attempt = filled.store.attempts(array.id).at(0);
    const std::string bytes = record::write(made_record(array, attempt, 1));
    const record::Reading torn = record::read(bytes.substr(0, bytes.find("phase\t")));
    const Judgement judgement = judge_attempt(SlurmWitness::NotInvolved, {}, torn, record::examine(*torn.record, {}));
    filled.store.update_attempt(attempt.id, judgement, {}, "0.0.record", &torn);
    CHECK(filled.ask("SELECT state, record_closed FROM attempts WHERE environment = 'image' AND record_file = "
                     "'0.0.record'") == Lines{"INCOMPLETE|0"});
    CHECK(filled.ask("SELECT time_s, state FROM overall WHERE environment = 'image'") == Lines{"2.001|INCOMPLETE"});
    const record::Reading unreadable = record::read("gaggle-rec");
    filled.store.update_attempt(attempt.id, {AttemptState::Incomplete, "x"}, {}, "0.1.record", &unreadable);
    CHECK(filled.ask("SELECT record_file FROM attempts WHERE reason = 'x'") == Lines{"0.0.record"});
}

TEST_CASE("a record of another attempt is refused and changes nothing")
{
    Filled filled;
    const auto array = filled.array(2, "tree");
    const auto attempt = filled.store.attempts(array.id).at(0);
    const auto reject = [&](const auto& falsify) {
        record::Record foreign = made_record(array, attempt, 9);
        falsify(foreign.attempt);
        const record::Reading reading = record::read(record::write(foreign));
        CHECK_THROWS_WITH(
            filled.store.update_attempt(attempt.id, {AttemptState::Lost, ""}, {}, "foreign.record", &reading),
            has_text("foreign.record is not of attempt"));
    };
    reject([](record::Attempt& it) { it.token = "other"; });
    reject([](record::Attempt& it) { it.task = 1; });
    reject([](record::Attempt& it) { it.repetition = 2; });
    reject([](record::Attempt& it) { it.nodes = 3; });
    reject([](record::Attempt& it) { it.interpreters = 3; });
    CHECK(filled.ask("SELECT state, time_s FROM overall WHERE nodes = 2 AND repetition = 1") ==
          Lines{"COMPLETED|4.003"});
}

TEST_CASE("lines that contradict earlier ones are left out")
{
    Filled filled;
    const auto array = filled.array(1, "image");
    const auto attempt = filled.store.attempts(array.id).at(0);
    record::Record record = made_record(array, attempt, 1);
    record.gaggles.push_back(record.gaggles[0]);
    record.gaggles.push_back(
        {.node = 4'000'000'000, .name = "far", .reason = "", .clock_before = {}, .clock_after = {}, .mounted_by = ""});
    record.interpreters.push_back(record.interpreters[0]);
    record.interpreters.back().exit_ns = 99'000'000'000;
    record.interpreters.push_back(record.interpreters[0]);
    record.interpreters.back().index = 4'000'000'000;
    record.phases.push_back({7, 0, "exec", 0, 1});
    record.phases.push_back({0, 4'000'000'000, "exec", 0, 1});
    ingest(filled.store, attempt, record);
    CHECK(filled.ask("SELECT time_s, missing, state FROM overall WHERE environment = 'image'") ==
          Lines{"2.001|0|INCOMPLETE"});
    CHECK(filled.ask("SELECT count(*) FROM phases WHERE environment = 'image'") == Lines{"6"});
}

}  // namespace gaggle::tests
