#include "tests/catch.hpp"
#include "tests/process/attempt.hpp"

#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <map>
#include <set>

using namespace gaggle;
using namespace gaggle::tests;
using std::chrono::seconds;

namespace {

/// A zombie that nobody has reaped yet is dead.
bool exists(int pid)
{
    const std::string status = read_text("/proc/" + std::to_string(pid) + "/status");
    return !status.empty() && status.find("\nState:\tZ") == std::string::npos;
}

}  // namespace

TEST_CASE("an attempt times every phase of every interpreter")
{
    Attempt attempt;
    attempt.spec.nodes = 2;
    attempt.spec.interpreters = 3;
    attempt.spec.environment.imports = {"json", "sqlite3"};
    attempt.run();
    CHECK(attempt.finished.status == 0);
    const record::Record& got = *attempt.reading.record;
    CHECK(got.attempt.token == "token");
    CHECK(got.attempt.repetition == 7);
    CHECK(got.attempt.launcher == record::Launcher::local);
    CHECK(got.attempt.note.empty());
    CHECK(attempt.reason().empty());
    REQUIRE(got.gaggles.size() == 2);
    REQUIRE(got.interpreters.size() == 6);
    for (const record::Gaggle& one : got.gaggles) {
        CHECK(one.outcome == record::GaggleOutcome::Completed);
        CHECK(one.name.ends_with("/process-" + std::to_string(one.node)));
        CHECK(one.cpus > 0);
        // One machine, one clock: the true offset is 0.
        CHECK(std::abs(one.clock_before.offset_ns) <= one.clock_before.uncertainty_ns);
        CHECK(std::abs(one.clock_after.offset_ns) <= one.clock_after.uncertainty_ns);
        CHECK(one.clock_after.uncertainty_ns > 0);
    }
    const std::vector<std::string> expected{"spawn", "exec", "ready", "import json", "import sqlite3", "exit"};
    for (const record::Interpreter& one : got.interpreters) {
        std::vector<std::string> names;
        std::int64_t last = 0;
        for (const record::Phase& phase : got.phases) {
            if (phase.node == one.node && phase.interpreter == one.index) {
                names.push_back(phase.name);
                CHECK(phase.end_ns >= phase.begin_ns);
                if (phase.name == "exec") {
                    CHECK(phase.begin_ns == one.start_ns);
                } else if (phase.name != "spawn") {
                    CHECK(phase.begin_ns == last);
                }
                last = phase.end_ns;
            }
        }
        CHECK(names == expected);
        CHECK(last == one.exit_ns);
        CHECK(one.start_ns >= 0);  // never before the agreed instant
        CHECK(one.user_us + one.system_us > 0);
        CHECK(one.max_rss_kib > 1000);
    }
}

TEST_CASE("a failed import is a result with its error, beside the others'")
{
    Attempt attempt;
    attempt.spec.interpreters = 2;
    attempt.spec.environment.imports = {"json", "no_such_module", "sqlite3"};
    attempt.run();
    CHECK(attempt.finished.status == 1);
    const record::Record& got = *attempt.reading.record;
    REQUIRE(got.interpreters.size() == 2);
    CHECK(got.interpreters[0].outcome == record::InterpreterOutcome::Exited);
    CHECK(got.interpreters[0].status == 1);
    CHECK(got.interpreters[0].error == "import no_such_module: ModuleNotFoundError: No module named 'no_such_module'");
    CHECK(std::ranges::count(got.phases, "import json", &record::Phase::name) == 2);
    CHECK(std::ranges::count(got.phases, "import sqlite3", &record::Phase::name) == 0);
    CHECK_THAT(attempt.reason(), has_text("2 of 2 interpreters failed"));
}

TEST_CASE("a program that cannot be executed is a result")
{
    Attempt attempt;
    attempt.spec.environment.command = {GENERATE("/no/such/python", "no_such_python")};
    attempt.run();
    CHECK(attempt.finished.status == 1);
    const record::Interpreter& one = attempt.reading.record->interpreters.at(0);
    CHECK(one.outcome == record::InterpreterOutcome::ExecFailed);
    CHECK(one.status == ENOENT);
    CHECK_THAT(one.error, has_text("No such file or directory"));
}

TEST_CASE("an interpreter that ends by a signal says which, and its first error line")
{
    Attempt attempt;
    attempt.use_script("echo oops >&2; echo more >&2; kill -SEGV $$");
    attempt.run();
    const record::Interpreter& one = attempt.reading.record->interpreters.at(0);
    CHECK(one.outcome == record::InterpreterOutcome::Signaled);
    CHECK(one.status == SIGSEGV);
    CHECK(one.error == "oops");
}

TEST_CASE("an interpreter that hangs is killed with all it started, the others keep their rows")
{
    Attempt attempt;
    attempt.spec.interpreters = 3;
    attempt.spec.interpreter_timeout_ms = 1500;
    // The first to make the folder hangs, in a grandchild.
    attempt.use_script("if mkdir $FOLDER/first 2>/dev/null; then sleep 1000 & echo $! > $FOLDER/pid; wait; fi");
    attempt.run();
    CHECK(attempt.finished.status == 1);
    const auto& all = attempt.reading.record->interpreters;
    REQUIRE(all.size() == 3);
    CHECK(std::ranges::count(all, record::InterpreterOutcome::TimedOut, &record::Interpreter::outcome) == 1);
    for (const record::Interpreter& one : all) {
        if (one.outcome == record::InterpreterOutcome::TimedOut) {
            CHECK(one.exit_ns >= 1'500'000'000);
            CHECK(one.status == SIGKILL);
        } else {
            CHECK(one.status == 0);
        }
    }
    CHECK(eventually([&] { return !exists(attempt.pid_in("pid")); }));
}

TEST_CASE("a standard error without end neither stops an interpreter nor fills the worker")
{
    Attempt attempt;
    attempt.use_script("echo first >&2; yes | head -c 50000000 >&2; exit 3");
    attempt.run();
    const record::Interpreter& one = attempt.reading.record->interpreters.at(0);
    CHECK(one.status == 3);
    CHECK(one.error == "first");
    CHECK(std::filesystem::file_size(attempt.folder.path() / record::file_name(0, 0)) < 10000);
}

TEST_CASE("nothing of the worker's world reaches an interpreter but what the specification gives it")
{
    Attempt attempt;
    attempt.use_script(
        "env > $FOLDER/env; ls /proc/self/fd > $FOLDER/fds; pwd > $FOLDER/pwd; "
        "cat /proc/self/timerslack_ns > $FOLDER/slack; grep SigIgn /proc/self/status > $FOLDER/signals");
    attempt.run({{"PYTHONPATH", "/evil"},
                 {"LD_LIBRARY_PATH", "/evil"},
                 {"SLURM_JOB_ID", "1"},
                 {"CONDA_PREFIX", "/evil"},
                 {"HOME", "/home/x"}});
    REQUIRE(attempt.finished.status == 0);
    std::set<std::string> names;
    std::istringstream env{read_text(attempt.folder.path() / "env")};
    for (std::string one; std::getline(env, one);) {
        names.insert(one.substr(0, one.find('=')));
    }
    for (const char* allowed :
         {"HOME", "USER", "LOGNAME", "SHELL", "LANG", "TMPDIR", "PATH", "FOLDER", "PWD", "OLDPWD", "SHLVL", "_"}) {
        names.erase(allowed);
    }
    CHECK(names == std::set<std::string>{});
    // 0, 1, 2, the marks, the timer, and the one that ls has of the folder itself.
    CHECK(read_text(attempt.folder.path() / "fds") == "0\n1\n2\n3\n4\n5\n");
    CHECK(read_text(attempt.folder.path() / "slack") == "50000\n");
    CHECK_THAT(read_text(attempt.folder.path() / "pwd"), has_text("/gaggle-"));
    CHECK(read_text(attempt.folder.path() / "signals") == "SigIgn:\t0000000000000000\n");
}

TEST_CASE("a node's worker that is killed costs its own rows only")
{
    Attempt attempt;
    attempt.spec.nodes = 2;
    attempt.spec.interpreters = 2;
    // All four say who they are; one node's worker is then killed, and the rest may go on.
    attempt.use_script("echo $$ > $FOLDER/pid.$$; while ! [ -e $FOLDER/go ]; do sleep 0.02; done");
    std::vector<int> orphans;
    attempt.run_and([&] {
        std::map<int, std::vector<int>> children_of;
        CHECK(eventually([&] {
            children_of.clear();
            for (const auto& entry : std::filesystem::directory_iterator{attempt.folder.path()}) {
                if (const std::string name = entry.path().filename();
                    name.starts_with("pid.") && entry.file_size() > 0) {
                    children_of[parent_of(attempt.pid_in(name))].push_back(attempt.pid_in(name));
                }
            }
            return children_of.size() == 2 &&
                   std::ranges::all_of(children_of, [](const auto& node) { return node.second.size() == 2; });
        }));
        if (!children_of.empty()) {
            orphans = children_of.begin()->second;
            kill(children_of.begin()->first, SIGKILL);
        }
        // Its interpreters die with it.
        CHECK(eventually([&] { return std::ranges::none_of(orphans, exists); }));
        attempt.folder.write("go", "");
    });
    CHECK(attempt.finished.status == 1);
    REQUIRE(attempt.reading.closed);
    const record::Record& got = *attempt.reading.record;
    REQUIRE(got.gaggles.size() == 2);
    CHECK(std::ranges::count(got.gaggles, record::GaggleOutcome::Died, &record::Gaggle::outcome) == 1);
    CHECK(got.interpreters.size() == 2);
    CHECK_THAT(attempt.reason(), has_text("Died: its worker ended while its interpreters ran"));
    CHECK_THAT(attempt.reason(), has_text("2 of 4 interpreters have a result"));
}

TEST_CASE("a node's worker that stops answering is given up after the time-out")
{
    Attempt attempt;
    attempt.spec.nodes = 2;
    attempt.spec.interpreter_timeout_ms = 1000;
    attempt.use_script("echo $PPID > $FOLDER/worker.$$; exec sleep 0.5");
    int stopped = 0;
    attempt.run_and([&] {
        CHECK(eventually([&] {
            for (const auto& entry : std::filesystem::directory_iterator{attempt.folder.path()}) {
                if (const std::string name = entry.path().filename();
                    name.starts_with("worker.") && entry.file_size() > 0) {
                    stopped = attempt.pid_in(name);
                    return kill(stopped, SIGSTOP) == 0;
                }
            }
            return false;
        }));
    });
    kill(stopped, SIGKILL);
    CHECK(attempt.finished.status == 1);
    REQUIRE(attempt.reading.closed);
    const record::Record& got = *attempt.reading.record;
    CHECK(std::ranges::count(got.gaggles, record::GaggleOutcome::TimedOut, &record::Gaggle::outcome) == 1);
    CHECK(std::ranges::count(got.gaggles, record::GaggleOutcome::Completed, &record::Gaggle::outcome) == 1);
    CHECK(got.interpreters.size() == 1);
}

TEST_CASE("a coordinator that is told to stop writes what it has and says why")
{
    Attempt attempt;
    attempt.use_script("echo $PPID > $FOLDER/worker; sleep 1000");
    attempt.run_and([&] {
        CHECK(eventually(
            [&] { return attempt.there("worker") && !read_text(attempt.folder.path() / "worker").empty(); }));
        kill(parent_of(attempt.pid_in("worker")), SIGTERM);
    });
    CHECK(attempt.finished.status == 1);
    REQUIRE(attempt.reading.closed);
    CHECK_THAT(attempt.reading.record->attempt.note, has_text("told to stop (signal 15)"));
    CHECK_FALSE(record::judge(*attempt.reading.record, {}).complete);
}

TEST_CASE("a coordinator that is killed takes everything with it and leaves no record")
{
    Attempt attempt;
    const TemporaryDirectory scratch;
    setenv("TMPDIR", scratch.path().c_str(), 1);
    attempt.use_script("echo $PPID > $FOLDER/worker; echo $$ > $FOLDER/pid; sleep 1000");
    attempt.run_and([&] {
        CHECK(eventually([&] { return attempt.there("pid") && !read_text(attempt.folder.path() / "pid").empty(); }));
        kill(parent_of(attempt.pid_in("worker")), SIGKILL);
        CHECK(eventually([&] { return !exists(attempt.pid_in("pid")) && !exists(attempt.pid_in("worker")); }));
    });
    unsetenv("TMPDIR");
    CHECK_FALSE(attempt.there(record::file_name(0, 0)));
    CHECK(std::filesystem::is_empty(scratch.path()));
}

TEST_CASE("a node that never arrives is recorded as such")
{
    // The real srun cannot be made to lose a node on demand: this one starts the first node only.
    Attempt attempt;
    attempt.spec.nodes = 2;
    attempt.spec.meet_timeout_ms = 60'000;
    const auto tool = [&](const std::string& name, const std::string& text) {
        std::filesystem::permissions(attempt.folder.write("bin/" + name, "#!/bin/sh\n" + text),
                                     std::filesystem::perms::owner_all);
    };
    tool("srun",
         "echo 'srun: error: n2: no route to host' >&2\nSLURMD_NODENAME=n1 exec " GAGGLE_WORKER_BINARY " node\n");
    tool("scontrol", "printf 'n1\\nn2\\n'\n");
    attempt.spec.meet_timeout_ms = 2000;
    attempt.run({{"PATH", (attempt.folder.path() / "bin").string() + ":/usr/bin:/bin"},
                 {"SLURM_JOB_NODELIST", "n[1-2]"},
                 {"SLURM_JOB_ID", "12"},
                 {"SLURM_ARRAY_JOB_ID", "11"}},
                false);
    const record::Record& got = *attempt.reading.record;
    CHECK(got.attempt.job_id == 12);
    CHECK(got.attempt.array_job_id == 11);
    CHECK(got.gaggles.at(0).outcome == record::GaggleOutcome::Completed);
    CHECK(got.gaggles.at(1).outcome == record::GaggleOutcome::NeverArrived);
    CHECK(got.interpreters.size() == 1);
    CHECK_THAT(attempt.reason(), has_text("node n2 NeverArrived"));
    CHECK_THAT(attempt.reason(), has_text("no route to host"));
}

TEST_CASE("a SquashFS image is mounted for the interpreters and gone afterwards")
{
    Attempt attempt;
    const TemporaryDirectory scratch;
    std::filesystem::permissions(
        attempt.folder.write("tree/hello", "#!/bin/sh\necho $0 > $1/ran\ntest -r \"$MARKER\"\n"),
        std::filesystem::perms::owner_all);
    attempt.folder.write("tree/marker", "");
    const std::string image = (attempt.folder.path() / "image.sqfs").string();
    REQUIRE(tests::run({"mksquashfs", (attempt.folder.path() / "tree").string(), image, "-quiet"}).status == 0);
    attempt.spec.environment = {
        "image", "squashfs", "none", {"{mount}/hello", attempt.folder.path().string()}, {{"MARKER", "{mount}/marker"}},
        image,   {}};
    attempt.run({{"TMPDIR", scratch.path().string()}});
    CAPTURE(attempt.reason());
    CHECK(attempt.finished.status == 0);
    CHECK_THAT(read_text(attempt.folder.path() / "ran"), has_text(scratch.path().string()));
    CHECK(attempt.reading.record->gaggles.at(0).mount_ns > 0);
    CHECK_THAT(attempt.reading.record->gaggles.at(0).mounted_by, has_text("squashfuse"));
    CHECK(std::filesystem::is_empty(scratch.path()));
}

TEST_CASE("an image that cannot be mounted is the node's failure, with squashfuse's words")
{
    Attempt attempt;
    attempt.spec.environment.image = attempt.folder.write("image.sqfs", "not an image").string();
    attempt.run();
    CHECK(attempt.finished.status == 1);
    CHECK(attempt.reading.record->gaggles.at(0).outcome == record::GaggleOutcome::Failed);
    CHECK_THAT(attempt.reason(), has_text("image.sqfs"));
    CHECK(attempt.reading.record->interpreters.empty());
}

TEST_CASE("a specification that is none, and a task that it does not have, are one clear error and no record")
{
    Attempt attempt;
    std::vector<std::string> words = attempt.command();
    SECTION("nonsense")
    {
        attempt.folder.write("spec", "nonsense\n");
        const Finished finished = tests::run(words);
        CHECK(finished.status == 2);
        CHECK_THAT(finished.err, has_text("not an array specification"));
    }
    SECTION("no such task")
    {
        words[7] = "5";
        const Finished finished = tests::run(words);
        CHECK(finished.status == 2);
        CHECK_THAT(finished.err, has_text("no task 5"));
    }
    SECTION("a records folder that is not there")
    {
        words[5] = "/no/such/folder";
        const Finished finished = tests::run(words);
        CHECK(finished.status == 5);
        CHECK_THAT(finished.err, has_text("/no/such/folder"));
    }
    CHECK_FALSE(attempt.there(record::file_name(0, 0)));
}
