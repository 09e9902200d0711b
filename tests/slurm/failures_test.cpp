#include "tests/catch.hpp"
#include "tests/slurm/cluster.hpp"

#include <signal.h>

#include <fstream>

using namespace gaggle::tests;
using gaggle::tests::has_text;

namespace {

/// An environment whose interpreters say that they are there, then wait until the file `flag` exists.
std::string waiting_environment(const Campaign& campaign)
{
    return R"(
[[environment]]
name = "waiting"
kind = "command"
language = "none"
command = ["/bin/sh", "-c", "touch )" +
           campaign.path("here.$$").string() + "; until [ -e " + campaign.path("flag").string() +
           R"( ]; do sleep 0.05; done"]
)";
}

void write(const Campaign& campaign, const std::string& text)
{
    static_cast<void>(std::ofstream{campaign.path("experiment.toml")} << "name = \"test\"\nseed = 1\n" << text);
}

}  // namespace

TEST_CASE("an import that fails is a row, and the attempt says so")
{
    static_cast<void>(Cluster::running());
    const Campaign campaign{R"(
nodes = [2]
interpreters = [2]
imports = ["json", "no_such_module", "sqlite3"]
[[environment]]
name = "python"
kind = "system"
python = "/usr/bin/python3"
)"};
    const Finished submitted = campaign.gaggle_ends(1, {"submit", campaign.experiment(), "--wait"});
    CHECK_THAT(submitted.err, has_text("1 FAILED"));
    CHECK(campaign.value("SELECT state FROM attempt") == "FAILED");
    CHECK(campaign.value("SELECT count(*), min(outcome), min(status), count(DISTINCT error) FROM interpreter") ==
          "4|Exited|1|1");
    CHECK_THAT(campaign.value("SELECT DISTINCT error FROM interpreter"), has_text("no_such_module"));
    CHECK(campaign.value("SELECT count(*) FROM phases WHERE phase = 'import json'") == "4");
    const Finished status = campaign.gaggle_ends(0, {"status"});
    CHECK_THAT(status.out, has_text("interpreters failed"));
}

TEST_CASE("an interpreter that hangs past its time-out is ended and recorded, and the next cell is measured")
{
    static_cast<void>(Cluster::running());
    const Campaign campaign{R"(
nodes = [1]
interpreters = [2]
interpreter_timeout = "2s"
[[environment]]
name = "hanging"
kind = "command"
language = "none"
command = ["/bin/sleep", "600"]
[[environment]]
name = "sound"
kind = "command"
language = "none"
command = ["/bin/true"]
)"};
    campaign.gaggle_ends(1, {"submit", campaign.experiment(), "--wait"});
    CHECK(campaign.value("SELECT state FROM attempts WHERE environment = 'hanging'") == "FAILED");
    CHECK(campaign.value("SELECT count(*) FROM interpreters WHERE environment = 'hanging' AND outcome = 'TimedOut'") ==
          "2");
    CHECK(campaign.value("SELECT state FROM attempts WHERE environment = 'sound'") == "COMPLETED");
    CHECK(campaign.value("SELECT count(*) FROM interpreters WHERE environment = 'sound' AND outcome = 'Exited'") ==
          "2");
}

TEST_CASE("a node's worker that is killed leaves an incomplete attempt, and the other node's rows are there")
{
    static_cast<void>(Cluster::running());
    Campaign campaign;
    write(campaign, "nodes = [2]\ninterpreters = [2]\nrepetitions = 2\n" + waiting_environment(campaign));
    campaign.gaggle_ends(0, {"submit", campaign.experiment()});

    REQUIRE(eventually([&] { return campaign.count_files("here.") == 4; }));
    const std::vector<int> workers = node_workers(campaign);
    REQUIRE(workers.size() == 2);
    kill(workers.front(), SIGKILL);
    campaign.touch("flag");  // lets the others, and the second repetition, come to their end

    campaign.gaggle_ends(1, {"wait"});
    CHECK(campaign.value("SELECT state FROM attempt ORDER BY task") == "INCOMPLETE\nCOMPLETED");
    CHECK(campaign.value("SELECT outcome, count(*) FROM gaggle GROUP BY outcome ORDER BY outcome") ==
          "Completed|3\nDied|1");
    CHECK(campaign.value("SELECT count(*) FROM interpreter WHERE outcome = 'Exited' AND status = 0") == "6");
    CHECK(campaign.value("SELECT reason <> '' FROM attempt WHERE task = 0") == "1");
}

TEST_CASE("an element that is cancelled says so in Slurm's own word")
{
    static_cast<void>(Cluster::running());
    Campaign campaign;
    write(campaign, "nodes = [1]\ninterpreters = [1]\nrepetitions = 2\n" + waiting_environment(campaign));
    campaign.gaggle_ends(0, {"submit", campaign.experiment()});
    REQUIRE(eventually([&] { return campaign.count_files("here.") == 1; }));
    REQUIRE(run({"scancel", campaign.jobs().at(0) + "_0"}).status == 0);
    campaign.touch("flag");
    campaign.gaggle_ends(1, {"wait"});
    CHECK(campaign.value("SELECT state, slurm_state FROM attempt ORDER BY task") ==
          "CANCELLED|CANCELLED\nCOMPLETED|COMPLETED");
}

TEST_CASE("what Slurm refuses stays planned, with Slurm's words, and exit status 4")
{
    static_cast<void>(Cluster::running());
    const Campaign campaign{R"(
nodes = [1]
interpreters = [1]
[slurm]
constraint = "nosuch"
[[environment]]
name = "sound"
kind = "command"
language = "none"
command = ["/bin/true"]
)"};
    const Finished refused = campaign.gaggle_ends(4, {"submit", campaign.experiment()});
    CHECK(refused.out.empty());
    CHECK_THAT(refused.err, has_text("Invalid feature specification"));
    CHECK(campaign.value("SELECT state FROM attempt") == "PLANNED");
    CHECK_THAT(campaign.value("SELECT refusal FROM array"), has_text("Invalid feature"));
    CHECK_THAT(campaign.gaggle_ends(0, {"status"}).out, has_text("Invalid feature"));
    CHECK_THAT(campaign.gaggle_ends(1, {"wait"}).err, has_text("1 array not submitted"));
}

TEST_CASE("a controller that does not answer leaves attempts unverified, and results readable")
{
    const Cluster cluster;  // its own: a controller that was killed may forget jobs, and give their ids again
    Campaign campaign;
    write(campaign, "nodes = [1]\ninterpreters = [1]\n" + waiting_environment(campaign));
    campaign.gaggle_ends(0, {"submit", campaign.experiment()});
    REQUIRE(eventually([&] { return campaign.count_files("here.") == 1; }));
    cluster.control("power-off", {"slurmctld"});

    const Finished status = campaign.gaggle_ends(0, {"status", "--format", "csv"});
    CHECK_THAT(status.out, has_text("1,1,waiting,0,0,0,0,0,1,Slurm cannot be asked"));
    CHECK_THAT(status.err, has_text("warning: cannot ask slurmctld"));
    campaign.gaggle_ends(3, {"submit", campaign.experiment(), "--again"});
    CHECK(campaign.value("SELECT count(*) FROM experiment") == "1");

    campaign.touch("flag");
    REQUIRE(eventually([&] { return node_workers(campaign).empty(); }));
    const Finished unverified =
        campaign.gaggle_ends(0, {"sql", "SELECT state, reason FROM attempt", "--format", "csv"});
    CHECK_THAT(unverified.out, has_text("UNVERIFIED,Slurm cannot be asked; the record is complete"));
    CHECK(campaign.value("SELECT count(*) FROM interpreter") == "1");
}

TEST_CASE("without a slurm.conf gaggle says so at once")
{
    const Campaign campaign{
        "nodes = [1]\ninterpreters = [1]\n[[environment]]\nname = \"a\"\nkind = \"command\"\n"
        "language = \"none\"\ncommand = [\"/bin/true\"]\n"};
    const Finished refused = run({GAGGLE_PROGRAM, "submit", campaign.experiment()},
                                 {{"SLURM_CONF", "/nonexistent/slurm.conf"}}, std::chrono::seconds{10});
    CHECK(refused.status == 3);
    CHECK_THAT(refused.err, has_text("cannot read SLURM_CONF=/nonexistent/slurm.conf"));
}
