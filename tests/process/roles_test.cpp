#include "tests/catch.hpp"
#include "tests/process/gaggle_in.hpp"
#include "tests/support/forbid_ptrace.hpp"

#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <fstream>
#include <set>
#include <sstream>

using namespace gaggle::tests;
using gaggle::tests::has_text;

namespace {

/// A store, and the rows that it gives.
struct Ran {
    TemporaryDirectory folder;

    Finished gaggle(const std::vector<std::string>& arguments) const { return gaggle_in(folder, arguments); }
    [[nodiscard]] std::string ask(const std::string& query) const
    {
        const Finished asked = gaggle({"sql", query, "--format", "csv"});
        INFO(asked.err);
        CHECK(asked.status == 0);
        return asked.out.substr(asked.out.find('\n') + 1);  // without the names of the columns
    }
    [[nodiscard]] std::string count(const std::string& kind) const
    {
        const std::string calls = ask("SELECT calls FROM calls WHERE environment = 'cat' AND kind = '" + kind + "'");
        return calls.substr(0, calls.find('\r'));
    }
};

constexpr const char* head = R"(name = "roles"
seed = 1
nodes = [1, 2]
interpreters = [2]
repetitions = 2
imports = ["json"]
)";

constexpr const char* python = R"([[environment]]
name = "python"
kind = "system"
python = "/usr/bin/python3"
)";

/// A program that reads `file`, and looks for one that is not there.
std::string cat(const std::string& file)
{
    return "[[environment]]\nname = \"cat\"\nkind = \"command\"\nlanguage = \"none\"\ncommand = [\"/bin/sh\", \"-c\", "
           "\"cat " +
           file + "; test -e /nowhere/at/all\\ntrue\"]\nenv = { LC_ALL = \"C\" }\n";
}

/// How many of these calls `command` made, by strace.
std::size_t straced(const TemporaryDirectory& folder, const std::string& calls, const std::vector<std::string>& command)
{
    const std::string output = (folder.path() / "strace").string();
    std::vector<std::string> words{"/usr/bin/env",
                                   "-i",
                                   "LC_ALL=C",
                                   "PATH=/usr/local/bin:/usr/bin:/bin",
                                   "/usr/bin/strace",
                                   "-f",
                                   "-qq",
                                   "-e",
                                   "trace=" + calls,
                                   "-e",
                                   "signal=none",
                                   "-o",
                                   output};
    words.insert(words.end(), command.begin(), command.end());
    REQUIRE(run(words).status == 0);
    std::ifstream lines{output};
    std::size_t count = 0;
    for (std::string line; std::getline(lines, line);) {
        count += line.find(" resumed>") == std::string::npos ? 1 : 0;
    }
    return count;
}

}  // namespace

TEST_CASE("a traced run counts what strace counts, and none of it is among what was measured")
{
    const Ran ran;
    const std::string data = ran.folder.write("data", std::string(10'000, 'x'));
    const std::string file = ran.folder.write("e.toml", "trace = true\n" + std::string{head} + python + cat(data));
    const Finished finished = ran.gaggle({"run", file});
    INFO(finished.err);
    REQUIRE(finished.status == 0);
    CHECK_THAT(finished.out, has_text("-\t1x1:python:trace\tblock 1\trepetitions 1\n"));
    CHECK_THAT(ran.gaggle({"status", "--format", "csv"}).out,
               has_text("1,1,cat,trace,1,0,0,0,0,0,,\r\n") && has_text("2,2,cat,measured,2,0,0,0,0,0,,\r\n"));

    const std::string script = "cat " + data + "; test -e /nowhere/at/all\ntrue";
    const auto by_strace = [&](const std::string& calls) {
        return std::to_string(straced(ran.folder, calls, {"/bin/sh", "-c", script}));
    };
    CHECK(ran.count("open") == by_strace("open,openat,openat2,creat"));
    CHECK(ran.count("read") == by_strace("read,readv,pread64,preadv,preadv2"));
    CHECK(ran.count("access") == by_strace("access,faccessat,faccessat2"));
    CHECK(ran.count("execve") == by_strace("execve,execveat"));
    CHECK(ran.ask("SELECT lookups, enoent FROM lookups WHERE directory = '/nowhere/at'") == "1,1\r\n");
    CHECK(ran.ask("SELECT count(*), count(trouble), min(status), count(import_trouble) FROM traces") == "2,0,0,0\r\n");

    // json imports json.decoder; python says so by itself as well.
    CHECK(ran.ask("SELECT environment, module, depth FROM import_times WHERE module IN ('json', 'json.decoder') "
                  "ORDER BY depth") == "python,json,0\r\npython,json.decoder,1\r\n");
    CHECK(ran.ask("SELECT sum(self_s < 0), max(cumulative_s) > 0 FROM import_times") == "0,1\r\n");

    // 2 environments x 2 repetitions x (1 + 2 nodes) x 2 interpreters; a trace's own one is in its table only.
    CHECK(ran.ask("SELECT count(*) FROM interpreters") == "24\r\n");
    CHECK(ran.ask("SELECT count(*) FROM interpreter") == "26\r\n");
    CHECK(ran.ask("SELECT count(*) FROM overall") == "8\r\n");
    CHECK(ran.ask("SELECT count(*) FROM controls WHERE cell_id IN (SELECT id FROM cell WHERE role <> 'measured')") ==
          "0\r\n");
    CHECK(ran.gaggle({"run", file}).out.empty());
}

TEST_CASE("arrays by shape measure each cell as arrays by cell do")
{
    const Ran ran;
    const std::string grid = "seed = 3\nnodes = [1, 2]\ninterpreters = [1, 3]\nrepetitions = 2\ntrace = true\n";
    const std::string second =
        "[[environment]]\nname = \"fails\"\nkind = \"command\"\nlanguage = \"none\"\n"
        "command = [\"/bin/false\"]\n";
    const std::string file =
        ran.folder.write("e.toml", "name = \"shapes\"\n" + grid + python + second + "[slurm]\narray = \"shape\"\n");
    const Finished planned = ran.gaggle({"plan", file});
    CHECK_THAT(planned.out, has_text("arrays        2: one per number of nodes and block\n") &&
                                has_text("2 nodes, 4 cells") && has_text("1 node, 2 cells"));
    CHECK_THAT(ran.gaggle({"plan", file, "--script", "2x3:fails"}).out, has_text("#SBATCH --array=0-7%1\n"));
    const Finished finished = ran.gaggle({"run", file});
    INFO(finished.err);
    CHECK(finished.status == 1);
    CHECK_THAT(finished.out, has_text("-\t1 node, 4 cells\tblock 1\trepetitions 1-2\n") &&
                                 has_text("-\t2 nodes, 4 cells\tblock 1\trepetitions 1-2\n"));
    CHECK(ran.ask("SELECT count(*), count(DISTINCT array_id) FROM attempts") == "16,2\r\n");
    // What was started is what the cell is, not only what its row says.
    CHECK(ran.ask("SELECT environment, nodes, interpreters, count(*), sum(n) FROM latest JOIN (SELECT attempt_id, "
                  "count(*) AS n FROM interpreters GROUP BY attempt_id) USING (attempt_id) "
                  "GROUP BY cell_id ORDER BY cell_id") ==
          "python,1,1,2,2\r\nfails,1,1,2,2\r\npython,1,3,2,6\r\nfails,1,3,2,6\r\n"
          "python,2,1,2,4\r\nfails,2,1,2,4\r\npython,2,3,2,12\r\nfails,2,3,2,12\r\n");
    CHECK(ran.ask("SELECT environment, state, count(*) FROM latest GROUP BY environment, state ORDER BY environment") ==
          "fails,FAILED,8\r\npython,COMPLETED,8\r\n");
    CHECK_THAT(ran.gaggle({"status", "--format", "csv"}).out,
               has_text("2,3,fails,measured,0,2,0,0,0,0,") && has_text("2,3,python,measured,2,0,0,0,0,0,"));
    // Again only what failed, of two cells in one array.
    CHECK_THAT(ran.gaggle({"resubmit", "--dry-run", "--where", "nodes = 2"}).out,
               has_text("-\t2 nodes, 2 cells\tblock 1\trepetitions 1-2\n"));
    CHECK(ran.gaggle({"resubmit", "2x3:fails"}).status == 1);
    CHECK(ran.ask("SELECT environment, nodes, interpreters, repetition, state FROM attempts "
                  "WHERE array_id = (SELECT max(id) FROM array)") == "fails,2,3,1,FAILED\r\nfails,2,3,2,FAILED\r\n");
}

TEST_CASE("interpreters that start as launched are traced likewise, and a sentinel is measured in between")
{
    const Ran ran;
    const std::string settings = "trace = true\nsentinel = 1\nstart = \"as-launched\"\n";
    const std::string file = ran.folder.write("e.toml", settings + head + python);
    const Finished finished = ran.gaggle({"run", file});
    INFO(finished.err);
    REQUIRE(finished.status == 0);
    CHECK(ran.ask("SELECT environment, nodes, interpreters, role, count(*) FROM all_attempts WHERE state = 'COMPLETED' "
                  "GROUP BY cell_id ORDER BY cell_id") ==
          "python,1,2,measured,2\r\npython,2,2,measured,2\r\npython,1,2,sentinel,3\r\npython,1,1,trace,1\r\n");
    CHECK(ran.ask("SELECT calls > 10 FROM calls WHERE kind = 'open'") == "1\r\n");
    CHECK_THAT(ran.ask("drift"), has_text("roles,local,sentinels,3,"));
}

TEST_CASE("where tracing is forbidden the attempt is completed and says so")
{
    const Ran ran;
    const std::string file = ran.folder.write("e.toml", "trace = true\n" + std::string{head} + python);
    const std::string store = (ran.folder.path() / "store").string();
    const pid_t pid = fork();
    REQUIRE(pid >= 0);
    if (pid == 0) {
        forbid_ptrace();
        execl(GAGGLE_PROGRAM, GAGGLE_PROGRAM, "--store", store.c_str(), "run", file.c_str(), nullptr);
        _exit(98);
    }
    int status = 0;
    REQUIRE(waitpid(pid, &status, 0) == pid);
    CHECK(status == 0);
    CHECK_THAT(
        ran.ask("SELECT state, reason FROM all_attempts WHERE role = 'trace'"),
        Catch::Matchers::StartsWith("COMPLETED,system calls: this system forbids tracing: Operation not permitted"));
    CHECK_THAT(ran.ask("calls"), has_text("roles,local,python,,,,,,this system forbids tracing"));
    CHECK_THAT(ran.gaggle({"status"}).out, has_text("this system forbids tracing"));
    CHECK(ran.ask("SELECT count(*) > 0 FROM import_times") == "1\r\n");  // which needs no tracing
}

TEST_CASE("plan lists sentinel and traces as such")
{
    const Ran ran;
    const std::string settings = "trace = true\nsentinel = 2\ncache = \"hot\"\ncontrols = false\n";
    const std::string file = ran.folder.write("e.toml", settings + head + python);
    const Finished plan = ran.gaggle({"plan", file});
    INFO(plan.err);
    CHECK(plan.status == 0);
    CHECK_THAT(plan.out,
               has_text("start         synchronised\ncache         hot\ncontrols      none\ncells         2\n"));
    CHECK_THAT(
        plan.out,
        has_text("arrays        2\nconcurrent    no: one cell after the other\nattempts      4\ninterpreters  12\n"
                 "sentinel      2 arrays more: 1x2:python:sentinel, first, last and after every 2 arrays\n"
                 "trace         1 array more: 1x1:python:trace\n"));
    CHECK_THAT(plan.out, has_text("   3      1             2  python       sentinel\n"
                                  "   4      1             1  python       trace\n"));
    CHECK_THAT(plan.out, has_text("    1      1     3  1x2:python:sentinel  1\n"));
    CHECK_THAT(plan.out, has_text("    5      1     4  1x1:python:trace     1\n"));
    CHECK_THAT(ran.gaggle({"plan", file, "--script", "1x1:python:trace"}).out,
               has_text("#   cell          1x1:python:trace: nodes 1,"));
}
