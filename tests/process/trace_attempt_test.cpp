#include "tests/process/attempt.hpp"

#include <signal.h>

#include <algorithm>

using namespace gaggle;
using namespace gaggle::tests;
using gaggle::tests::has_text;

namespace {

/// An attempt to trace a script that ends well the first time, untraced, and hangs the second time, traced.
struct Hanging : Attempt {
    Hanging()
    {
        spec.role = Role::trace;
        use_script(
            "if mkdir $FOLDER/first; then echo $PPID > $FOLDER/worker; exit; fi; touch $FOLDER/second; sleep 1000");
    }
};

}  // namespace

TEST_CASE("an attempt to trace measures an interpreter as always, then counts calls and asks for import times")
{
    Attempt attempt;
    attempt.spec.role = Role::trace;
    attempt.spec.environment.stage = {"touch staged"};
    attempt.spec.environment.unstage = {"rm staged"};
    attempt.spec.start = GENERATE(Start::Synchronised, Start::AsLaunched);
    attempt.spec.cache = GENERATE(CacheState::as_is, CacheState::warm);
    attempt.run();
    CHECK(attempt.finished.status == 0);
    CHECK(attempt.reason().empty());
    const record::Record& got = *attempt.reading.record;
    CHECK(got.interpreters.size() == 1);
    CHECK(std::ranges::count(got.phases, "import json", &record::Phase::name) == 1);
    REQUIRE(got.traces.size() == 1);
    CHECK(got.traces[0].calls.size() == record::call_kind_names.names.size());
    CHECK(got.traces[0].trouble.empty());
    CHECK(got.traces[0].status == 0);
    REQUIRE(got.import_times.size() == 1);
    CHECK(got.import_times[0].trouble.empty());
    CHECK(std::ranges::count(got.import_times[0].modules, "json.decoder", &record::ImportTime::module) == 1);
    CHECK(got.steps.size() == 2);
    CHECK(got.inspections.size() == 1);
}

TEST_CASE("an import that fails while it is traced is told, and that python had no import times")
{
    Attempt attempt;
    attempt.spec.role = Role::trace;
    attempt.spec.environment.imports = {"no_such_module"};
    attempt.run();
    CHECK(attempt.finished.status == 1);
    const record::Record& got = *attempt.reading.record;
    REQUIRE(got.traces.size() == 1);
    CHECK(got.traces[0].status == 256);
    CHECK_THAT(got.traces[0].error, has_text("No module named 'no_such_module'"));
    CHECK_THAT(attempt.reason(), has_text("the traced interpreter ended with exit code 1") &&
                                     has_text("import times: exit code 1: ModuleNotFoundError"));
}

TEST_CASE("a traced interpreter that hangs is killed at the time-out, and the attempt is complete")
{
    Hanging attempt;
    attempt.spec.interpreter_timeout_ms = 2'000;
    attempt.run();
    CHECK(attempt.finished.status == 0);
    REQUIRE(attempt.reading.record->traces.size() == 1);
    CHECK_THAT(attempt.reading.record->traces[0].trouble, has_text("killed after 2000 ms"));
    CHECK_THAT(attempt.reason(), has_text("system calls: killed after 2000 ms"));
    CHECK(record::judge(*attempt.reading.record, {}).complete);
}

TEST_CASE("an attempt that is told to stop before it was traced is incomplete")
{
    Hanging attempt;
    attempt.run_and([&] {
        CHECK(eventually([&] { return attempt.there("second"); }));
        kill(parent_of(attempt.pid_in("worker")), SIGTERM);
    });
    CHECK(attempt.finished.status == 1);
    REQUIRE(attempt.reading.closed);
    CHECK(attempt.reading.record->traces.empty());
    CHECK(attempt.reading.record->interpreters.size() == 1);
    CHECK_FALSE(record::judge(*attempt.reading.record, {}).complete);
    CHECK_THAT(attempt.reason(), has_text("while its interpreter was traced") && has_text("told to stop (signal 15)"));
}
