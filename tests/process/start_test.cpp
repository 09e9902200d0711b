#include "tests/process/attempt.hpp"
#include "worker/files.hpp"
#include "worker/gate.hpp"

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <sstream>

using namespace gaggle;
using namespace gaggle::tests;

namespace {

/// The steps of a name, in the order of the record.
std::vector<record::Step> steps(const Attempt& attempt, const std::string& name)
{
    std::vector<record::Step> found;
    std::ranges::copy_if(attempt.reading.record->steps, std::back_inserter(found),
                         [&](const record::Step& step) { return step.name == name; });
    return found;
}

/// Of a process's mappings of its own program's code and constants, KiB: all of it, and what is there.
struct Code {
    long size = 0;
    long resident = 0;
};
Code code_of(pid_t pid)
{
    std::istringstream mappings{read_text("/proc/" + std::to_string(pid) + "/smaps")};
    Code code;
    bool is_code = false;
    for (std::string line; std::getline(mappings, line);) {
        if (line[line.find(' ') - 1] != ':') {  // not a property, but the next mapping
            is_code = (line.find(" r-xp ") != std::string::npos || line.find(" r--p ") != std::string::npos) &&
                      line.find("gaggle-worker") != std::string::npos;
        } else if (is_code && line.starts_with("Size:")) {
            code.size += std::stol(line.substr(5));
        } else if (is_code && line.starts_with("Rss:")) {
            code.resident += std::stol(line.substr(4));
        }
    }
    return code;
}

}  // namespace

TEST_CASE(
    "little of the worker's code is mapped in an interpreter that waits at the gate, for its exec has to unmap it")
{
    const worker::Descriptor page = worker::make_memory_file("page");  // all zero: not released
    REQUIRE(ftruncate(page.get(), 4096) == 0);
    const pid_t pid = fork();
    if (pid == 0) {
        for (const int descriptor : {worker::Gate::page_descriptor, worker::Gate::alive_descriptor}) {
            dup2(page.get(), descriptor);
        }
        execl(GAGGLE_WORKER_BINARY, "gaggle-worker", "gate", "1", "0", "/bin/true", nullptr);
        _exit(127);
    }
    CHECK(eventually([&] { return worker::read_from_start(page, 1) == "\1"; }));  // one is ready
    const Code code = code_of(pid);
    kill(pid, SIGKILL);
    waitpid(pid, nullptr, 0);
    CHECK(code.resident > 0);
    CHECK(code.resident < code.size / 3);
}

TEST_CASE("as launched, interpreters start without a gate, and times count from the launch of the workers")
{
    Attempt attempt;
    attempt.spec.start = Start::AsLaunched;
    attempt.spec.nodes = 2;
    attempt.spec.interpreters = 3;
    attempt.run();
    CHECK(attempt.finished.status == 0);
    CHECK(attempt.reason().empty());
    const record::Record& got = *attempt.reading.record;
    REQUIRE(got.interpreters.size() == 6);
    for (const record::Interpreter& one : got.interpreters) {
        CHECK(one.start_ns > 0);
        CHECK(one.exit_ns > one.start_ns);
        // Nobody waited for the others: all were through before the last node had arrived.
        CHECK(got.attempt.release_ns + one.exit_ns <=
              got.attempt.met_ns + got.gaggles[one.node].clock_before.uncertainty_ns);
    }
    CHECK(std::ranges::count(got.phases, "import json", &record::Phase::name) == 6);
}

TEST_CASE("an interpreter may run on every CPU that its node's worker may run on, whichever it waited on")
{
    Attempt attempt;
    attempt.spec.interpreters = 3;
    attempt.use_script("grep Cpus_allowed_list /proc/self/status >> $FOLDER/cpus");
    attempt.run();
    CHECK(attempt.reason().empty());
    const std::string own = run({"/bin/grep", "Cpus_allowed_list", "/proc/self/status"}).out;
    CHECK(read_text(attempt.folder.path() / "cpus") == own + own + own);
}

TEST_CASE("as launched, an interpreter that hangs is ended at its time-out")
{
    Attempt attempt;
    attempt.spec.start = Start::AsLaunched;
    attempt.spec.interpreters = 2;
    attempt.spec.interpreter_timeout_ms = 1000;
    attempt.use_script("mkdir $FOLDER/first 2>/dev/null || sleep 1000");
    attempt.run();
    const record::Record& got = *attempt.reading.record;
    REQUIRE(got.interpreters.size() == 2);
    CHECK(std::ranges::count(got.interpreters, record::InterpreterOutcome::TimedOut, &record::Interpreter::outcome) ==
          1);
    CHECK(std::ranges::count(got.interpreters, record::InterpreterOutcome::Exited, &record::Interpreter::outcome) == 1);
}

TEST_CASE("set-up is captured, staged files are there for the interpreters and gone afterwards")
{
    Attempt attempt;
    attempt.spec.nodes = 2;
    const std::string folder = attempt.folder.path().string();
    attempt.use_script(
        "[ \"$GREETING\" = 'two words' ] && [ \"$OWN\" = kept ] && case $PATH in /first:/of/setup:*) ;; *) exit 8 ;; "
        "esac && "
        "[ -z \"$NOISE\" ] && [ -e $FOLDER/staged ] || exit 9");
    attempt.spec.environment.variables.insert(attempt.spec.environment.variables.end(),
                                              {{"OWN", "kept"}, {"PATH", "/first:{PATH}"}});
    attempt.spec.environment.setup = "echo noise; export GREETING='two words' OWN=lost; NOISE=1; PATH=/of/setup:$PATH";
    attempt.spec.environment.stage = {"sleep 0.05", "touch " + folder + "/staged"};
    attempt.spec.environment.unstage = {"rm -f " + folder + "/staged"};
    attempt.run();
    CAPTURE(attempt.reason());
    CHECK(attempt.finished.status == 0);
    CHECK_FALSE(attempt.there("staged"));
    REQUIRE(steps(attempt, "setup").size() == 2);
    REQUIRE(steps(attempt, "stage").size() == 4);
    REQUIRE(steps(attempt, "unstage").size() == 2);
    CHECK(steps(attempt, "stage").front().command == "sleep 0.05");
    CHECK(steps(attempt, "stage").front().duration_ns >= 50'000'000);
    for (const record::Step& step : attempt.reading.record->steps) {
        CHECK(step.status == 0);
    }
}

TEST_CASE("a step that fails is the node's failure in its own words, and what was staged is removed")
{
    Attempt attempt;
    const std::string folder = attempt.folder.path().string();
    attempt.spec.environment.stage = {"touch " + folder + "/staged", "echo 'no space' >&2; exit 3"};
    attempt.spec.environment.unstage = {"rm " + folder + "/staged"};
    attempt.run();
    CHECK(attempt.finished.status == 1);
    CHECK(attempt.reading.record->interpreters.empty());
    CHECK(attempt.reading.record->gaggles.at(0).outcome == record::GaggleOutcome::Failed);
    CHECK(attempt.reading.record->gaggles.at(0).reason ==
          "stage 'echo 'no space' >&2; exit 3' failed with exit status 3: no space");
    CHECK_FALSE(attempt.there("staged"));
    CHECK(steps(attempt, "stage").back().status == 3);
}

TEST_CASE("a set-up that does not end is killed at the deadline")
{
    Attempt attempt;
    attempt.spec.prepare_timeout_ms = 1000;
    attempt.spec.environment.setup = "sleep 1000";
    attempt.run();
    CHECK_THAT(attempt.reading.record->gaggles.at(0).reason, has_text("deadline"));
}

TEST_CASE("a coordinator that dies leaves nothing staged behind")
{
    Attempt attempt;
    const std::string folder = attempt.folder.path().string();
    attempt.use_script("touch $FOLDER/running; sleep 1000");
    attempt.spec.environment.stage = {"touch " + folder + "/staged"};
    attempt.spec.environment.unstage = {"rm " + folder + "/staged"};
    attempt.finished = run(
        {"/bin/sh", "-c", "\"$@\" & until [ -e " + folder + "/running ]; do sleep 0.02; done; kill -9 $!", "sh",
         GAGGLE_WORKER_BINARY, "coordinate", "--spec", attempt.folder.write("spec", line::write(attempt.spec)).string(),
         "--records", folder, "--task", "0", "--local"});
    CHECK(eventually([&] { return !attempt.there("staged"); }));
}

TEST_CASE("controls are measured after the interpreters, as processes of their own")
{
    Attempt attempt;
    attempt.spec.nodes = 2;
    attempt.spec.interpreters = 2;
    attempt.spec.environment.controls = {{"null", {"/usr/bin/python3", "-I", "-S", "-c", "pass"}},
                                         {"broken", {"/bin/sh", "-c", "exit 4"}}};
    attempt.run();
    // A control that fails is a result beside the attempt's, not the attempt's.
    CHECK(attempt.finished.status == 0);
    CHECK(attempt.reason().empty());
    const record::Record& got = *attempt.reading.record;
    CHECK(got.interpreters.size() == 4);
    REQUIRE(got.controls.size() == 8);
    for (const record::Control& one : got.controls) {
        CHECK(one.process.status == (one.name == "null" ? 0 : 4));
        CHECK(one.process.start_ns >= 0);
        CHECK(one.process.exit_ns > one.process.start_ns);
    }
    CHECK(std::ranges::count(got.controls, "null", &record::Control::name) == 4);
}
