#include "tests/catch.hpp"
#include "tests/slurm/cluster.hpp"

#include <signal.h>

#include <algorithm>
#include <fstream>
#include <set>

using namespace gaggle::tests;
using gaggle::tests::has_text;

namespace {

/// Two cells of three repetitions that import a module which waits for the file `go`, then fails unless there is a
/// file `fixed`.
void write_fragile(const Campaign& campaign)
{
    const std::string folder = campaign.path("").string();
    static_cast<void>(std::ofstream{campaign.path("fragile.py")}
                      << "import os, time\n"
                         "open('"
                      << folder << "here.%d' % os.getpid(), 'w').close()\nwhile not os.path.exists('" << folder
                      << "go'):\n    time.sleep(0.05)\nif not os.path.exists('" << folder
                      << "fixed'):\n    raise ImportError('not yet fixed')\n");
    campaign.write(R"(
nodes = [1]
interpreters = [1, 2]
repetitions = 3
imports = ["json", "fragile"]
[slurm]
time = "00:10:00"
[[environment]]
name = "python"
kind = "command"
language = "python"
command = ["/usr/bin/env", "PYTHONPATH=)" +
                   folder + R"(", "/usr/bin/python3"]
)");
}

/// Cells of one environment whose interpreters say that they are there, then wait for the file `go`.
void write_waiting(const Campaign& campaign, const std::string& grid)
{
    campaign.write(grid + campaign.waiting_environment());
}

/// Cells that fail as long as there is no file `fixed`.
void write_failing(const Campaign& campaign)
{
    campaign.write(R"(
nodes = [1]
interpreters = [1]
repetitions = 2
[[environment]]
name = "failing"
kind = "command"
language = "none"
command = ["/usr/bin/test", "-e", ")" +
                   campaign.path("fixed").string() + "\"]\n");
}

/// The store's files and all rows of the tables that a resubmission could touch.
std::pair<std::set<std::string>, std::string> everything(const Campaign& campaign)
{
    std::set<std::string> files;
    for (const auto& entry : std::filesystem::recursive_directory_iterator{campaign.path("store")}) {
        files.insert(entry.path().string());
    }
    return {files, campaign.value("SELECT * FROM attempt; SELECT * FROM array")};
}

std::size_t count_lines(const std::string& text)
{
    return static_cast<std::size_t>(std::count(text.begin(), text.end(), '\n'));
}

void check_selections(const Campaign& campaign, const std::vector<std::string>& jobs)
{
    const auto before = everything(campaign);
    const auto dry = [&](std::vector<std::string> arguments) {
        arguments.insert(arguments.begin(), {"resubmit", "--dry-run"});
        return campaign.gaggle_ends(0, arguments);
    };
    const Finished all = dry({});
    CHECK(count_lines(all.out) == 2);
    CHECK_THAT(all.out, has_text("-\t1x1:python\tblock 1\trepetitions 1-3\n"));
    CHECK_THAT(all.err, has_text("nothing was written"));
    const Finished cancelled = dry({"--state", "ca"});
    CHECK_THAT(cancelled.out, has_text("repetitions 1\n") && has_text("repetitions 3\n"));
    CHECK(count_lines(cancelled.out) == 2);
    CHECK_THAT(dry({jobs[0] + "_[1-2]"}).out, has_text("repetitions 2-3\n"));
    CHECK_THAT(dry({jobs[1] + "_*", "--state", "FAILED"}).out, has_text("repetitions 1-2\n"));
    CHECK(count_lines(dry({"1x2:python"}).out) == 1);
    CHECK_THAT(dry({"--where", "interpreters=1 AND repetition>2"}).out,
               has_text("1x1:python\tblock 1\trepetitions 3\n"));
    CHECK_THAT(dry({"--state", "TO"}).err, has_text("nothing to resubmit"));
    CHECK_THAT(campaign.gaggle_ends(2, {"resubmit", "--where", "nosuch=1"}).err, has_text("no such column: nosuch"));
    CHECK_THAT(campaign.gaggle_ends(2, {"resubmit", "--state", "CD"}).err, has_text("F (FAILED), TO (TIMEOUT)"));
    CHECK_THAT(campaign.gaggle_ends(2, {"resubmit", "9x9:no"}).err, has_text("no cell and no job '9x9:no'"));
    CHECK_THAT(campaign.gaggle_ends(2, {"resubmit", "--time", "x"}).err, has_text("expected a factor"));
    CHECK_THAT(campaign.gaggle_ends(2, {"resubmit", "--experiment", "8"}).err, has_text("there is no 8"));
    CHECK(everything(campaign) == before);
}

void check_history(const Campaign& campaign, const std::vector<std::string>& jobs)
{
    CHECK(campaign.value("SELECT repetitions, completed, failed FROM cells") == "3|3|0\n3|3|0");
    CHECK(campaign.value("SELECT count(*) FROM attempts") == "12");
    CHECK(campaign.value("SELECT count(*) FROM attempts WHERE state = 'COMPLETED'") == "6");
    CHECK(campaign.value("SELECT count(*) FROM interpreters WHERE state = 'FAILED' AND error LIKE '%not yet fixed%'") ==
          "6");
    CHECK(campaign.value("SELECT group_concat(state) FROM (SELECT state FROM attempts WHERE job LIKE '" + jobs[0] +
                         "!_%' ESCAPE '!' ORDER BY job)") == "CANCELLED,FAILED,FAILED");
    CHECK(campaign.value("SELECT count(*) FROM overlaps") == "0");
    CHECK(campaign.value("SELECT count(DISTINCT token), count(*) FROM array") == "6|6");
    const std::string status = campaign.gaggle_ends(0, {"status", "--format", "csv"}).out;
    CHECK_THAT(status, has_text("1,1,python,measured,3,0,0,0,0,0,") && has_text("1,2,python,measured,3,0,0,0,0,0,"));
}

}  // namespace

TEST_CASE("what failed and what was cancelled is made again by one command, and the first attempts' rows stay")
{
    static_cast<void>(Cluster::running());
    Campaign campaign;
    write_fragile(campaign);
    campaign.gaggle_ends(0, {"submit", campaign.experiment()});
    const std::vector<std::string> jobs = campaign.jobs();
    REQUIRE(eventually([&] { return campaign.count_files("here.") >= 1; }));
    // one that runs, one that waits
    const Finished cancelled = campaign.gaggle_ends(0, {"cancel", jobs[0] + "_0", jobs[1] + "_2"});
    CHECK_THAT(cancelled.out, has_text(jobs[0] + "_[0]\t") && has_text(jobs[1] + "_[2]\t"));
    campaign.touch("go");
    campaign.gaggle_ends(1, {"wait"});
    CHECK(campaign.value("SELECT state, count(*) FROM attempt GROUP BY state ORDER BY state") ==
          "CANCELLED|2\nFAILED|4");

    check_selections(campaign, jobs);

    campaign.touch("fixed");
    const Finished some = campaign.gaggle_ends(1, {"resubmit", "--state", "CA", "--time", "x2", "--wait"});
    CHECK(count_lines(some.out) == 2);
    CHECK(campaign.value("SELECT count(*) FROM attempt") == "8");
    CHECK(read_text(campaign.path("store/experiments/1-test/arrays/0002/sbatch-options")) == "--time=20\n");
    const Finished rest = campaign.gaggle_ends(0, {"resubmit", "--wait"});
    CHECK(count_lines(rest.out) == 2);
    CHECK_THAT(rest.err, has_text("4 attempts to make again in 2 new arrays"));
    check_history(campaign, jobs);

    const auto before = everything(campaign);
    const Finished nothing = campaign.gaggle_ends(0, {"resubmit"});
    CHECK(nothing.out.empty());
    CHECK_THAT(nothing.err, has_text("nothing to resubmit"));
    CHECK_THAT(campaign.gaggle_ends(0, {"resubmit", jobs[0] + "_[0-1]"}).err, has_text("nothing to resubmit"));
    CHECK(everything(campaign) == before);
}

TEST_CASE("what Slurm refuses to take again stays planned, and the next call goes on with it")
{
    static_cast<void>(Cluster::running());
    const std::string command = GENERATE("resubmit", "submit");
    Campaign campaign;
    write_failing(campaign);
    campaign.gaggle_ends(1, {"submit", campaign.experiment(), "--wait"});
    campaign.touch("fixed");
    const Finished refused =
        run({GAGGLE_PROGRAM, "--store", campaign.path("store").string(), "resubmit"}, {{"SBATCH_PARTITION", "nosuch"}});
    CHECK(refused.status == 4);
    CHECK_THAT(refused.err, has_text("nosuch"));
    CHECK(campaign.value("SELECT state FROM latest") == "PLANNED\nPLANNED");
    CHECK_THAT(campaign.gaggle_ends(0, {"resubmit", "--dry-run"}).out, has_text("repetitions 1-2\n"));
    if (command == "submit") {
        campaign.gaggle_ends(0, {command, campaign.experiment(), "--wait"});
    } else {
        campaign.gaggle_ends(0, {command, "--wait"});
    }
    CHECK(campaign.value("SELECT completed, failed FROM cells") == "2|0");
    CHECK(campaign.value("SELECT count(*) FROM array") == "2");
}

TEST_CASE("attempts are made again only with the template that was used first")
{
    static_cast<void>(Cluster::running());
    Campaign campaign;
    write_failing(campaign);
    campaign.gaggle_ends(1, {"submit", campaign.experiment(), "--wait"});
    campaign.touch("fixed");
    const std::filesystem::path kept = campaign.path("store/experiments/1-test/template.sbatch");
    const std::string used = read_text(kept);
    static_cast<void>(std::ofstream{kept} << used << "\n");
    CHECK_THAT(campaign.gaggle_ends(5, {"resubmit"}).err, has_text("template.sbatch was changed since"));
    std::filesystem::remove(kept);  // as in the first stores
    const std::string hash = campaign.value("SELECT template_sha256 FROM experiment");
    static_cast<void>(campaign.value("UPDATE experiment SET template_sha256 = 'another'"));
    CHECK_THAT(campaign.gaggle_ends(5, {"resubmit"}).err, has_text("not planned with this gaggle's own template"));
    CHECK(campaign.value("SELECT count(*) FROM array") == "1");
    static_cast<void>(campaign.value("UPDATE experiment SET template_sha256 = '" + hash + "'"));
    campaign.gaggle_ends(0, {"resubmit", "--wait"});
    CHECK(campaign.value("SELECT completed, failed FROM cells") == "2|0");
}

TEST_CASE("what runs, waits or is planned is not made again")
{
    static_cast<void>(Cluster::running());
    Campaign campaign;
    write_waiting(campaign, "nodes = [1]\ninterpreters = [1]\nrepetitions = 2\n");
    campaign.gaggle_ends(0, {"submit", campaign.experiment()});
    REQUIRE(eventually([&] { return campaign.count_files("here.") == 1; }));
    CHECK_THAT(campaign.gaggle_ends(0, {"resubmit"}).err, has_text("nothing to resubmit"));
    CHECK(campaign.value("SELECT count(*) FROM array") == "1");
    campaign.gaggle_ends(0, {"cancel", "--state", "PD"});
    CHECK(eventually([&] {
        campaign.gaggle_ends(0, {"collect"});
        return campaign.value("SELECT state FROM attempt ORDER BY task") == "RUNNING\nCANCELLED";
    }));
    campaign.gaggle_ends(0, {"resubmit"});
    CHECK(campaign.value("SELECT state FROM latest ORDER BY repetition") == "RUNNING\nPENDING");
    CHECK_THAT(show_job(campaign.jobs().at(1)), has_text("afterany:" + campaign.jobs().at(0) + "_*"));
    campaign.touch("go");
    campaign.gaggle_ends(0, {"wait"});
    CHECK(campaign.value("SELECT completed, failed FROM cells") == "2|0");
}

TEST_CASE("cancel ends arrays that wait and elements that run, and leaves no gap in the chain")
{
    static_cast<void>(Cluster::running());
    Campaign campaign;
    write_waiting(campaign, "nodes = [1]\ninterpreters = [1, 2, 3]\nrepetitions = 2\n");
    campaign.gaggle_ends(0, {"submit", campaign.experiment()});
    const std::vector<std::string> jobs = campaign.jobs();
    REQUIRE(eventually([&] { return campaign.count_files("here.") >= 1; }));

    CHECK_THAT(campaign.gaggle_ends(0, {"cancel", jobs[1] + "_*"}).out, has_text(jobs[1] + "_[0-1]\t1x"));
    CHECK_THAT(show_job(jobs[2]), has_text("afterany:" + jobs[0] + "_*"));
    campaign.gaggle_ends(0, {"collect"});
    CHECK(campaign.value("SELECT state FROM attempt JOIN array ON array.id = array_id WHERE position = 1") ==
          "CANCELLED\nCANCELLED");

    const Finished all = campaign.gaggle_ends(0, {"cancel"});
    CHECK(count_lines(all.out) == 2);
    campaign.gaggle_ends(1, {"wait"});
    CHECK(campaign.value("SELECT DISTINCT state FROM attempt") == "CANCELLED");
    const Finished nothing = campaign.gaggle_ends(0, {"cancel"});
    CHECK(nothing.out.empty());
    CHECK_THAT(nothing.err, has_text("nothing to cancel"));
    CHECK_THAT(campaign.gaggle_ends(2, {"cancel", "--state", "F"}).err, has_text("PD (PENDING), R (RUNNING)"));
}

TEST_CASE("nodes that failed are left out where enough stay")
{
    static_cast<void>(Cluster::running());
    for (const std::size_t nodes : {2, 4}) {  // of the cluster's four
        Campaign campaign;
        write_waiting(campaign, "nodes = [" + std::to_string(nodes) + "]\ninterpreters = [1]\n");
        campaign.gaggle_ends(0, {"submit", campaign.experiment()});
        REQUIRE(eventually([&] { return campaign.count_files("here.") == nodes; }));
        kill(node_workers(campaign).front(), SIGKILL);
        campaign.touch("go");
        campaign.gaggle_ends(1, {"wait"});
        const std::string failed = campaign.value("SELECT name FROM gaggle WHERE outcome <> 'Completed'");
        REQUIRE(!failed.empty());
        const Finished again = campaign.gaggle_ends(0, {"resubmit", "--exclude-failed-nodes", "--wait"});
        CHECK_THAT(again.err, has_text("failed: " + failed + "\n"));
        const std::string options = read_text(campaign.path("store/experiments/1-test/arrays/0001/sbatch-options"));
        if (nodes == 2) {
            CHECK(options == "--exclude=" + failed + "\n");
            CHECK(campaign.value("SELECT count(*) FROM gaggle JOIN latest USING (attempt_id) WHERE name = '" + failed +
                                 "'") == "0");
        } else {
            CHECK(options.empty());
            CHECK_THAT(again.err, has_text("so none is left out"));
        }
    }
}

TEST_CASE("an experiment of gaggle run is made again by the same runner")
{
    Campaign campaign;
    write_failing(campaign);
    campaign.gaggle_ends(1, {"run", campaign.experiment()});
    CHECK_THAT(campaign.gaggle_ends(2, {"resubmit", "--time", "x2"}).err, has_text("runs without Slurm"));
    CHECK_THAT(campaign.gaggle_ends(2, {"cancel"}).err, has_text("runs without Slurm"));
    CHECK_THAT(campaign.gaggle_ends(0, {"resubmit", "--dry-run"}).out, has_text("repetitions 1-2\n"));
    campaign.touch("fixed");
    CHECK_THAT(campaign.gaggle_ends(0, {"resubmit"}).out, has_text("repetitions 1-2\n"));
    CHECK(campaign.value("SELECT completed, failed FROM cells") == "2|0");
    CHECK(campaign.value("SELECT count(*) FROM attempts WHERE state = 'FAILED'") == "2");
    CHECK_THAT(campaign.gaggle_ends(0, {"resubmit"}).err, has_text("nothing to resubmit"));
}
