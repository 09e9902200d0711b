#include "orchestrator/attempt_state.hpp"

#include "tests/catch.hpp"

#include <fmt/format.h>

namespace gaggle::tests {

namespace {

using Catch::Matchers::Equals;
using gaggle::tests::has_text;

/// One node, two interpreters, all well.
record::Record clean_record()
{
    record::Record record;
    record.attempt.nodes = 1;
    record.attempt.interpreters = 2;
    record.gaggles.push_back({});
    record.gaggles[0].name = "n001";
    record.gaggles[0].outcome = record::GaggleOutcome::Completed;
    for (const unsigned index : {0U, 1U}) {
        record.interpreters.push_back({});
        record.interpreters.back().index = index;
        for (const std::string phase : {"exec", "import json", "exit"}) {
            record.phases.push_back({0, index, phase, 1, 2});
        }
    }
    return record;
}

record::Record failed_record()
{
    record::Record record = clean_record();
    record.interpreters[1].status = 3;
    record.interpreters[1].error = "boom";
    return record;
}

record::Record missing_node()
{
    record::Record record = clean_record();
    record.attempt.nodes = 2;
    record.gaggles.push_back({});
    record.gaggles[1].node = 1;
    record.gaggles[1].name = "n002";
    return record;
}

std::optional<record::Reading> closed(const record::Record& record)
{
    return record::read(record::write(record));
}

std::optional<record::Reading> torn()
{
    const std::string bytes = record::write(clean_record());
    return record::read(bytes.substr(0, bytes.rfind("end\t")));
}

std::optional<record::Reading> unreadable()
{
    return record::read("nonsense\n");
}

SlurmWord says(const std::string& state, const std::string& reason = "")
{
    SlurmWord word;
    word.state = state;
    word.reason = reason;
    return word;
}

SlurmWord failed_with(int exit_code)
{
    SlurmWord word = says("FAILED", "NonZeroExitCode");
    word.exit_code = exit_code;
    return word;
}

Judgement judge(SlurmWitness witness, const std::optional<SlurmWord>& slurm,
                const std::optional<record::Reading>& reading, const std::vector<std::string>& imports)
{
    const bool is_there = reading && reading->record;
    return judge_attempt(witness, slurm, reading,
                         is_there ? record::examine(*reading->record, imports) : record::Findings{});
}

struct Rule {
    std::string what;
    SlurmWitness witness;
    std::optional<SlurmWord> slurm;
    std::optional<record::Reading> reading;
    AttemptState state;
    std::string reason;  ///< all of it
};

void check(const std::vector<Rule>& rules)
{
    for (const Rule& rule : rules) {
        INFO(rule.what);
        const Judgement judgement = judge(rule.witness, rule.slurm, rule.reading, {"json"});
        CHECK(to_string(judgement.state) == to_string(rule.state));
        CHECK(judgement.reason == rule.reason);
    }
}

constexpr auto answered = SlurmWitness::Answered;
const std::string boom = "1 of 2 interpreters failed; interpreter 1 on n001: Exited 3: boom";
const std::string node_missing = "node n002 NeverArrived; 2 of 4 interpreters have a result";
const std::string no_end = "the record is damaged at line 12: the closing line is missing";

}  // namespace

TEST_CASE("terminal states")
{
    for (std::size_t i = 0; i < attempt_state_names.names.size(); ++i) {
        const auto state = static_cast<AttemptState>(i);
        const bool waiting = state == AttemptState::Planned || state == AttemptState::Pending ||
                             state == AttemptState::Running || state == AttemptState::Unverified;
        INFO(to_string(state));
        CHECK(is_terminal(state) != waiting);
    }
}

TEST_CASE("without Slurm the record alone decides")
{
    constexpr auto alone = SlurmWitness::NotInvolved;
    record::Record noted = clean_record();
    noted.attempt.note = "srun was slow";
    check({
        {"clean", alone, {}, closed(clean_record()), AttemptState::Completed, ""},
        {"a note is no failure", alone, {}, closed(noted), AttemptState::Completed, "srun was slow"},
        {"failed", alone, {}, closed(failed_record()), AttemptState::Failed, boom},
        {"missing node", alone, {}, closed(missing_node()), AttemptState::Incomplete, node_missing},
        {"torn", alone, {}, torn(), AttemptState::Incomplete, no_end},
        {"none", alone, {}, {}, AttemptState::Incomplete, "there is no record"},
    });
    const Judgement judgement = judge(alone, {}, unreadable(), {});
    CHECK(judgement.state == AttemptState::Incomplete);
    CHECK_THAT(judgement.reason, has_text("the record cannot be read: line 1: "));
    CHECK(judge(alone, {}, closed(clean_record()), {"numpy"}).state == AttemptState::Incomplete);
}

TEST_CASE("a Slurm that cannot be asked leaves it unverified")
{
    constexpr auto unreachable = SlurmWitness::Unreachable;
    check({
        {"clean",
         unreachable,
         {},
         closed(clean_record()),
         AttemptState::Unverified,
         "Slurm cannot be asked; the record is complete"},
        {"failed",
         unreachable,
         {},
         closed(failed_record()),
         AttemptState::Unverified,
         "Slurm cannot be asked; " + boom},
        {"none", unreachable, {}, {}, AttemptState::Unverified, "Slurm cannot be asked; there is no record"},
    });
}

TEST_CASE("what Slurm has forgotten is decided by the record")
{
    const std::string forgotten = "Slurm has forgotten the job";
    check({
        {"clean",
         answered,
         {},
         closed(clean_record()),
         AttemptState::Completed,
         forgotten + "; the record is complete"},
        {"failed", answered, {}, closed(failed_record()), AttemptState::Failed, forgotten + "; " + boom},
        {"missing node",
         answered,
         {},
         closed(missing_node()),
         AttemptState::Incomplete,
         forgotten + "; " + node_missing},
        {"torn", answered, {}, torn(), AttemptState::Incomplete, forgotten + "; " + no_end},
        {"none", answered, {}, {}, AttemptState::Lost, forgotten + " and there is no record"},
    });
}

TEST_CASE("slurmdbd's word of an end counts as slurmctld's, and says whose it is")
{
    const auto accounted = [](const std::string& state) {
        SlurmWord word = says(state);
        word.from = SlurmDaemon::slurmdbd;
        return word;
    };
    const std::string words = "slurmctld has forgotten it; slurmdbd says ";
    const auto clean = closed(clean_record());
    check({
        {"completed", answered, accounted("COMPLETED"), clean, AttemptState::Completed, ""},
        {"completed, no record",
         answered,
         accounted("COMPLETED"),
         {},
         AttemptState::Incomplete,
         words + "COMPLETED, but there is no record"},
        {"failed, explained", answered, accounted("FAILED"), closed(failed_record()), AttemptState::Failed, boom},
        {"node failure",
         answered,
         accounted("NODE_FAIL"),
         {},
         AttemptState::NodeFail,
         words + "NODE_FAIL; there is no record"},
        {"time-out", answered, accounted("TIMEOUT"), clean, AttemptState::Timeout,
         words + "TIMEOUT, but the record is complete and no interpreter failed"},
        {"still running, in vain",
         answered,
         accounted("RUNNING"),
         {},
         AttemptState::Lost,
         words + "RUNNING and there is no record"},
        {"still running, recorded", answered, accounted("RUNNING"), clean, AttemptState::Completed,
         words + "RUNNING; the record is complete"},
        {"unknown", answered, accounted("UNKNOWN(77)"), torn(), AttemptState::Incomplete,
         words + "UNKNOWN(77); " + no_end},
        {"behind, running",
         SlurmWitness::AccountsBehind,
         accounted("RUNNING"),
         {},
         AttemptState::Unverified,
         words + "RUNNING; there is no record"},
    });
}

TEST_CASE("what only slurmdbd might know waits for it, and no longer than it can help")
{
    const std::string unheard = "slurmctld has forgotten it; slurmdbd cannot be asked";
    constexpr auto down = SlurmWitness::AccountsUnreachable;
    constexpr auto taken_out = SlurmWitness::TakenOut;
    check({
        {"down, none", down, {}, {}, AttemptState::Unverified, unheard + "; there is no record"},
        {"down, torn", down, {}, torn(), AttemptState::Unverified, unheard + "; " + no_end},
        {"down, clean",
         down,
         {},
         closed(clean_record()),
         AttemptState::Completed,
         unheard + "; the record is complete"},
        {"down, failed", down, {}, closed(failed_record()), AttemptState::Failed, unheard + "; " + boom},
        {"behind, unknown",
         SlurmWitness::AccountsBehind,
         {},
         {},
         AttemptState::Unverified,
         "slurmctld has forgotten it; slurmdbd does not know it yet; there is no record"},
        {"taken out",
         taken_out,
         {},
         {},
         AttemptState::Cancelled,
         "slurmctld has forgotten it; slurmdbd has its array without it: cancelled before it started"},
        {"taken out, but recorded",
         taken_out,
         {},
         closed(clean_record()),
         AttemptState::Completed,
         "Slurm has forgotten the job; the record is complete"},
    });
}

TEST_CASE("what has not ended in Slurm is pending or running, whatever the record says")
{
    const auto clean = closed(clean_record());
    check({
        {"pending", answered, says("PENDING", "Resources"), {}, AttemptState::Pending, "Resources"},
        {"requeued", answered, says("REQUEUED", "BeginTime"), clean, AttemptState::Pending,
         "Slurm says REQUEUED (BeginTime)"},
        {"held", answered, says("SPECIAL_EXIT"), {}, AttemptState::Pending, "Slurm says SPECIAL_EXIT"},
        {"running", answered, says("RUNNING", "None"), {}, AttemptState::Running, ""},
        {"running, complete record", answered, says("RUNNING"), clean, AttemptState::Running, ""},
        {"completing, complete record", answered, says("COMPLETING"), clean, AttemptState::Running,
         "Slurm says COMPLETING"},
        {"configuring", answered, says("CONFIGURING"), {}, AttemptState::Running, "Slurm says CONFIGURING"},
        {"suspended", answered, says("SUSPENDED"), {}, AttemptState::Running, "Slurm says SUSPENDED"},
    });
}

TEST_CASE("Slurm's COMPLETED needs a closed, complete record in which nothing failed")
{
    const SlurmWord completed = says("COMPLETED");
    check({
        {"clean", answered, completed, closed(clean_record()), AttemptState::Completed, ""},
        {"failed", answered, completed, closed(failed_record()), AttemptState::Failed, boom},
        {"missing node", answered, completed, closed(missing_node()), AttemptState::Incomplete,
         "Slurm says COMPLETED, but " + node_missing},
        {"torn", answered, completed, torn(), AttemptState::Incomplete, "Slurm says COMPLETED, but " + no_end},
        {"none", answered, completed, {}, AttemptState::Incomplete, "Slurm says COMPLETED, but there is no record"},
    });
}

TEST_CASE("Slurm's FAILED is explained by the record where it can be")
{
    const std::string words = "Slurm says FAILED, exit code 7 (NonZeroExitCode)";
    SlurmWord signaled = says("FAILED", "JobLaunchFailure");
    signaled.exit_code = 0;
    signaled.signal = 53;
    check({
        {"failed", answered, failed_with(1), closed(failed_record()), AttemptState::Failed, boom},
        {"missing node", answered, failed_with(1), closed(missing_node()), AttemptState::Incomplete, node_missing},
        {"torn", answered, failed_with(7), torn(), AttemptState::Incomplete, fmt::format("{}; {}", words, no_end)},
        {"none", answered, failed_with(7), {}, AttemptState::Failed, words + "; there is no record"},
        {"signal",
         answered,
         signaled,
         {},
         AttemptState::Failed,
         "Slurm says FAILED, signal 53 (JobLaunchFailure): the script could not be started, or its log not be opened; "
         "there is no record"},
        {"clean", answered, failed_with(7), closed(clean_record()), AttemptState::Failed,
         words + ", but the record is complete and no interpreter failed"},
    });
}

TEST_CASE("what Slurm ended stays so, even beside a complete record")
{
    const std::vector<std::pair<std::string, AttemptState>> endings{
        {"TIMEOUT", AttemptState::Timeout},     {"CANCELLED", AttemptState::Cancelled},
        {"NODE_FAIL", AttemptState::NodeFail},  {"OUT_OF_MEMORY", AttemptState::OutOfMemory},
        {"PREEMPTED", AttemptState::Preempted}, {"BOOT_FAIL", AttemptState::BootFail},
        {"DEADLINE", AttemptState::Deadline},   {"CANCELLED by 1000", AttemptState::Cancelled},
    };
    for (const auto& [slurm, state] : endings) {
        const std::string words = "Slurm says " + slurm + " (Why)";
        check({
            {"clean", answered, says(slurm, "Why"), closed(clean_record()), state,
             words + ", but the record is complete and no interpreter failed"},
            {"failed", answered, says(slurm, "Why"), closed(failed_record()), state,
             fmt::format("{}; {}", words, boom)},
            {"missing node", answered, says(slurm, "Why"), closed(missing_node()), state,
             fmt::format("{}; {}", words, node_missing)},
            {"torn", answered, says(slurm, "Why"), torn(), state, fmt::format("{}; {}", words, no_end)},
            {"none", answered, says(slurm, "Why"), {}, state, words + "; there is no record"},
        });
    }
}

TEST_CASE("a job that goes on without the node of its batch script has lost that node")
{
    SlurmWord word = says("RUNNING", "None");
    word.nodes = "n[002-003]";
    word.lost_host = "n001";
    const std::string words = "Slurm says RUNNING on n[002-003], without node n001 and the batch script that ran there";
    check({
        {"clean", answered, word, closed(clean_record()), AttemptState::NodeFail,
         words + ", but the record is complete and no interpreter failed"},
        {"none", answered, word, {}, AttemptState::NodeFail, words + "; there is no record"},
    });
}

TEST_CASE("a state that Slurm invented is not the end")
{
    check({
        {"unknown", answered, says("UNKNOWN(77)"), closed(clean_record()), AttemptState::Running,
         "Slurm says UNKNOWN(77), which this gaggle does not know"},
        {"ours, from Slurm's mouth",
         answered,
         says("LOST"),
         {},
         AttemptState::Running,
         "Slurm says LOST, which this gaggle does not know"},
    });
}

TEST_CASE("a record of an earlier start than the last says nothing of the last")
{
    SlurmWord restarted = says("COMPLETED");
    restarted.restarts = 1;
    record::Record second = clean_record();
    second.attempt.restart = 1;
    check({
        {"earlier", answered, restarted, closed(clean_record()), AttemptState::Incomplete,
         "Slurm says COMPLETED, but the record is of restart 0, Slurm counts 1"},
        {"the last", answered, restarted, closed(second), AttemptState::Completed, ""},
        {"slurmdbd does not count", answered, says("COMPLETED"), closed(second), AttemptState::Completed, ""},
    });
}

TEST_CASE("a record that contradicts itself is not complete")
{
    const auto reason_of = [](const auto& falsify) {
        record::Record record = clean_record();
        falsify(record);
        const Judgement judgement = judge(answered, says("COMPLETED"), closed(record), {"json"});
        CHECK(judgement.state == AttemptState::Incomplete);
        return judgement.reason;
    };
    const std::string words = "Slurm says COMPLETED, but the record contradicts itself: ";
    CHECK_THAT(reason_of([](record::Record& record) { record.interpreters[1].index = 0; }),
               Equals(words + "interpreter 0 of node 0 is there twice or does not belong"));
    CHECK_THAT(reason_of([](record::Record& record) { record.interpreters[1].index = 2; }),
               Equals(words + "interpreter 2 of node 0 is there twice or does not belong"));
    CHECK_THAT(reason_of([](record::Record& record) { record.gaggles[0].node = 1; }),
               Equals(words + "node 1 is there twice or is not one of 1"));
    CHECK_THAT(reason_of([](record::Record& record) { record.gaggles.push_back(record.gaggles[0]); }),
               Equals(words + "node 0 is there twice or is not one of 1"));
    CHECK_THAT(reason_of([](record::Record& record) {
                   record.phases.push_back({0, 5, "exec", 1, 2});
               }),
               Equals(words + "phase 'exec' is of interpreter 5 of node 0, which is not there"));
}

}  // namespace gaggle::tests
