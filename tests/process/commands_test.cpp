#include "tests/catch.hpp"
#include "tests/process/gaggle_in.hpp"
#include "tests/support/page_cache.hpp"

#include <algorithm>

using namespace gaggle::tests;
using gaggle::tests::has_text;

namespace {

constexpr const char* two_cells = R"(name = "local"
seed = 1
nodes = [1, 2]
interpreters = [2]
repetitions = 2
imports = ["json"]
[[environment]]
name = "python"
kind = "system"
python = "/usr/bin/python3"
)";

}  // namespace

TEST_CASE("plan shows cells, arrays and scripts, and writes nothing")
{
    const TemporaryDirectory folder;
    const std::string file = folder.write("e.toml", two_cells);
    const Finished plan = gaggle_in(folder, {"plan", file});
    CHECK(plan.status == 0);
    CHECK_THAT(plan.out, has_text("interpreters  12\n") && has_text("seed          1\n"));
    CHECK_THAT(plan.out, has_text("   2      2             2  python       measured\n"));
    CHECK_THAT(plan.out, has_text("start         synchronised\ncache         as-is\ncontrols      null of python\n"));
    const Finished script = gaggle_in(folder, {"plan", file, "--script", "2x2:python"});
    CHECK_THAT(script.out, has_text("#SBATCH --nodes=2\n") && has_text("--comment=gaggle:TOKEN"));
    CHECK(gaggle_in(folder, {"plan", "--script", "2", file}).out == script.out);
    CHECK(gaggle_in(folder, {"plan", file, "--script", "3"}).status == 2);
    CHECK_FALSE(std::filesystem::exists(folder.path() / "store"));
}

TEST_CASE("run measures the same plan here, and goes on where it was stopped")
{
    const TemporaryDirectory folder;
    const std::string file = folder.write("e.toml", two_cells);
    const Finished first = gaggle_in(folder, {"run", file});
    INFO(first.err);
    REQUIRE(first.status == 0);
    CHECK(std::count(first.out.begin(), first.out.end(), '\n') == 2);
    CHECK_THAT(first.out, has_text("-\t2x2:python\tblock 1\trepetitions 1-2\n"));
    const char* counts = "SELECT count(*) AS n, min(launcher) AS l, max(launcher) AS m FROM interpreters";
    CHECK(gaggle_in(folder, {"sql", counts, "--format", "csv"}).out == "n,l,m\r\n12,local,local\r\n");
    CHECK_THAT(gaggle_in(folder, {"status", "--format", "csv"}).out, has_text("2,2,python,measured,2,0,0,0,0,0,,\r\n"));

    const Finished again = gaggle_in(folder, {"run", file});
    CHECK(again.status == 0);
    CHECK(again.out.empty());
    CHECK(gaggle_in(folder, {"run", file, "--again"}).status == 0);
    CHECK_THAT(gaggle_in(folder, {"sql", counts, "--format", "csv"}).out, has_text("24,"));
}

TEST_CASE("what was measured on, by what and with how many reads is answered as the system answers it")
{
    const TemporaryDirectory folder;
    const std::string again = "[[environment]]\nname = \"again\"\nkind = \"system\"\npython = \"/usr/bin/python3\"\n";
    REQUIRE(gaggle_in(folder, {"run", folder.write("e.toml", two_cells + again)}).status == 0);
    const auto ask = [&](const std::string& query) {
        const Finished asked = gaggle_in(folder, {"sql", query, "--format", "csv"});
        INFO(asked.err);
        CHECK(asked.status == 0);
        return asked.out;
    };
    const auto printed = [](const std::string& command) {
        const std::string text = run({"sh", "-c", command}).out;
        return text.substr(0, text.find('\n'));
    };
    // "Nodes" are processes of this machine: process-0 and process-1.
    const std::string provenance = ask("provenance");
    CHECK_THAT(provenance, has_text("local,local,,node,kernel_release," + printed("uname -r") + ",2\r\n"));
    // df knows no more than "-" inside chroot(1), where the root's own mount is not listed; gaggle then says nothing.
    const std::string file_system = printed("df --output=fstype /usr/bin/python3 | tail -n 1");
    CHECK((file_system == "-" || provenance.find("local,local,python,paths,interpreter_file_system," + file_system +
                                                 ",2\r\n") != std::string::npos));
    CHECK_THAT(provenance, has_text("local,local,again,environment,prefix,/usr,1\r\n"));
    const std::string version = printed("/usr/bin/python3 --version").substr(std::string{"Python "}.size());
    const std::string identity = ask("identity");
    CHECK(std::count(identity.begin(), identity.end(), '\n') == 3);
    CHECK_THAT(identity, has_text("local,local,again," + version + ",") && has_text(",python,\r\n"));
    CHECK_THAT(identity, has_text("local,local,python," + version + ",") && has_text(",again,\r\n"));
    const std::string metadata = ask("metadata");
    CHECK_THAT(metadata, has_text("local,local,python,1,2,2,interpreters,read calls,2,"));
    CHECK(gaggle_in(folder, {"sql",
                             "SELECT min(read_calls) > 10 AS many, count(*) = count(read_bytes) AS known FROM "
                             "interpreters",
                             "--format", "csv"})
              .out == "many,known\r\n1,1\r\n");
}

TEST_CASE("run brings the caches into the declared state, and sql tells how")
{
    const PageCache page_cache;
    const TemporaryDirectory folder;
    folder.write("site/data", std::string(10'000, 'x'));
    const std::string file =
        folder.write("e.toml", "cache = \"hot\"\n" + std::string{two_cells} + "cache_paths = [\"site\"]\n");
    const Finished ran = gaggle_in(folder, {"run", file});
    INFO(ran.err);
    REQUIRE(ran.status == 0);
    CHECK(
        gaggle_in(folder, {"sql", "SELECT DISTINCT cache, cache_paths FROM experiment, environment", "--format", "csv"})
            .out == "cache,cache_paths\r\nhot,\"[\"\"" + (folder.path() / "site").string() + "\"\"]\"\r\n");
    CHECK(gaggle_in(folder, {"sql", "caches", "--format", "csv"}).out ==
          "experiment,launcher,environment,nodes,interpreters,asked,method,times,verified,resident,warning,reason,"
          "not_covered\r\n"
          "local,local,python,1,2,hot,read,2,1.0,1.0,,,\r\n"
          "local,local,python,2,2,hot,read,4,1.0,1.0,,,\r\n");
    CHECK_THAT(gaggle_in(folder, {"sql", "first", "--format", "csv"}).out, has_text("local,local,python,2,2,hot,1,"));
}

TEST_CASE("a worker that leaves no record is an incomplete attempt with its last words")
{
    const TemporaryDirectory folder;
    const std::string file = folder.write("e.toml", two_cells);
    const std::string worker = folder.write("worker", "#!/bin/sh\necho cannot go on >&2\nexit 3\n");
    std::filesystem::permissions(worker, std::filesystem::perms::owner_all);
    CHECK(gaggle_in(folder, {"run", file, "--worker", worker}).status == 1);
    CHECK(gaggle_in(folder, {"sql", "SELECT DISTINCT state, reason FROM attempt", "--format", "csv"}).out ==
          "state,reason\r\nINCOMPLETE,gaggle-worker wrote no record and ended with 3: cannot go on\r\n");
}

TEST_CASE("every kind of wrong use has its exit status, and one line")
{
    const TemporaryDirectory folder;
    const std::string file = folder.write("e.toml", two_cells);
    const auto ends = [&](int status, const std::vector<std::string>& arguments, const std::string& words) {
        const Finished finished = gaggle_in(folder, arguments);
        INFO(finished.out << finished.err);
        CHECK(finished.status == status);
        CHECK_THAT(finished.err, Catch::Matchers::StartsWith("gaggle: ") && has_text(words));
        CHECK(std::count(finished.err.begin(), finished.err.end(), '\n') == 1);
    };
    ends(2, {}, "which command?");
    ends(2, {"nosuch"}, "no command 'nosuch'");
    ends(2, {"plan"}, "usage: gaggle plan");
    ends(2, {"plan", "--nosuch", file}, "nosuch");
    ends(2, {"plan", (folder.path() / "none.toml").string()}, "none.toml");
    ends(2, {"run", file, "--worker", "/etc/passwd"}, "not an executable file");
    ends(3, {"submit", file}, "cannot read SLURM_CONF");
    ends(5, {"status"}, "no gaggle store");
    ends(5, {"wait"}, "no gaggle store");
    CHECK(gaggle_in(folder, {"run", file}).status == 0);
    ends(2, {"sql", "overal"}, "there are: ");
    ends(2, {"sql", "SELECT nosuch FROM attempt"}, "nosuch");
    ends(2, {"sql", "--format", "xml", "overall"}, "table, csv, json, markdown or bcp");
}

TEST_CASE("help and version")
{
    const TemporaryDirectory folder;
    CHECK_THAT(gaggle_in(folder, {"help"}).out, has_text("submit") && has_text("Exit status"));
    CHECK(gaggle_in(folder, {"help", "wait"}).out == gaggle_in(folder, {"wait", "--help"}).out);
    CHECK_THAT(gaggle_in(folder, {"wait", "--help"}).out, has_text("--timeout SECONDS"));
    CHECK_THAT(run({GAGGLE_PROGRAM, "--version"}).out, Catch::Matchers::StartsWith("gaggle "));
    const Finished full = run({"sh", "-c", GAGGLE_PROGRAM " help > /dev/full"});
    CHECK(full.status == 5);
}
