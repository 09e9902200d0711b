#include "tests/catch.hpp"
#include "tests/slurm/cluster.hpp"

#include <algorithm>
#include <cstdlib>

using namespace gaggle::tests;
using gaggle::tests::has_text;

namespace {

void write(const Campaign& campaign, const std::string& text)
{
    campaign.write(text + std::string{sound_environment});
}

}  // namespace

TEST_CASE("an array larger than MaxArraySize becomes several, one after the other")
{
    const Cluster cluster{{"MaxArraySize=3"}};
    const Campaign campaign;
    write(campaign, "nodes = [1]\ninterpreters = [1]\nrepetitions = 7\n");
    CHECK(campaign.gaggle_ends(0, {"submit", campaign.experiment(), "--test-only"}).out.empty());
    campaign.gaggle_ends(0, {"submit", campaign.experiment(), "--wait"});
    CHECK(campaign.value("SELECT position, count(*), min(task), min(repetition), max(repetition), min(state), "
                         "max(state) FROM attempt JOIN array ON array.id = array_id GROUP BY position") ==
          "0|3|0|1|3|COMPLETED|COMPLETED\n1|3|0|4|6|COMPLETED|COMPLETED\n2|1|0|7|7|COMPLETED|COMPLETED");
    CHECK(campaign.value("SELECT count(DISTINCT token) || count(DISTINCT slurm_job_id) FROM array") == "33");
    CHECK(campaign.value("SELECT count(*) FROM overlaps") == "0");
}

TEST_CASE("what can never run is refused before anything is written, a line each")
{
    const Cluster cluster{{"PartitionName=main Nodes=n[001-003] Default=YES MaxNodes=2 MaxTime=60 State=UP",
                           "PartitionName=closed Nodes=ALL MaxTime=INFINITE State=DOWN"}};
    const Campaign campaign;
    const auto test_only = [&](int status) {
        const Finished finished = campaign.gaggle_ends(status, {"submit", "--test-only", campaign.experiment()});
        CHECK(finished.err.empty());
        return finished.out;
    };
    write(campaign, "nodes = [4, 1, 3]\ninterpreters = [1]\n[slurm]\ntime = \"02:00:00\"\n");
    const std::string all =
        "cells of 3 nodes cannot run: partition main gives a job at most 2 nodes (MaxNodes)\n"
        "cells of 4 nodes cannot run: partition main has 3 nodes\n"
        "a time limit of 120 minutes is too long: partition main gives a job at most 60 minutes (MaxTime)\n";
    CHECK(test_only(4) == all);
    CHECK(campaign.gaggle_ends(4, {"submit", campaign.experiment()}).err == "gaggle: " + all);

    write(campaign, "nodes = [1]\ninterpreters = [1]\n[slurm]\npartition = \"nosuch\"\n");
    CHECK(test_only(4) == "there is no partition 'nosuch'\n");
    campaign.gaggle_ends(4, {"submit", campaign.experiment()});
    CHECK_FALSE(std::filesystem::exists(campaign.path("store")));
    CHECK(run({"squeue", "-h"}).out.empty());

    SECTION("a QOS may lift a partition's limits, so only sbatch can say")
    {
        write(campaign, "nodes = [3]\ninterpreters = [1]\n[slurm]\nqos = \"large\"\n");
        CHECK_THAT(test_only(4), has_text("cells of 3 nodes cannot run"));
        const Finished submitted = campaign.gaggle_ends(0, {"submit", campaign.experiment()});
        CHECK_THAT(submitted.err, has_text("warning: cells of 3 nodes"));
        CHECK(run({"scancel", campaign.jobs().at(0)}).status == 0);
    }
    SECTION("a partition that is down keeps jobs until it is up")
    {
        write(campaign, "nodes = [1]\ninterpreters = [1]\n[slurm]\npartition = \"closed\"\n");
        CHECK(test_only(4) == "nothing starts now: partition closed is DOWN\n");
        const Finished submitted = campaign.gaggle_ends(0, {"submit", campaign.experiment()});
        CHECK_THAT(submitted.err, has_text("warning: nothing starts now"));
        CHECK(run({"scontrol", "update", "partitionname=closed", "state=up"}).status == 0);
        CHECK(test_only(0).empty());
        campaign.gaggle_ends(0, {"wait"});
    }
}

TEST_CASE("a limit on a node's memory that would keep every job pending is told before")
{
    const Cluster cluster{{"PartitionName=small Nodes=n[001-002] MaxMemPerNode=100 State=UP"}};
    const Campaign campaign;
    write(campaign, "nodes = [1]\ninterpreters = [1]\n");
    CHECK(campaign.gaggle_ends(0, {"submit", "--test-only", campaign.experiment()}).out.empty());

    write(campaign, "nodes = [1]\ninterpreters = [1]\n[slurm]\npartition = \"small\"\n");
    const Finished finished = campaign.gaggle_ends(4, {"submit", "--test-only", campaign.experiment()});
    CHECK(finished.out ==
          "cells of 1 node would stay pending: they ask for all memory of each node (--mem=0), but partition small "
          "gives a "
          "job at most 100 MiB of a node (MaxMemPerNode), and 0 nodes have no more; a template ([slurm] template) can "
          "ask "
          "for less\n");
    // It is so: Slurm takes the job, and lets it wait.
    const Finished submitted = campaign.gaggle_ends(0, {"submit", campaign.experiment()});
    CHECK_THAT(submitted.err, has_text("warning: cells of 1 node would stay pending"));
    const std::string job = campaign.jobs().at(0);
    CHECK(eventually([&] { return run({"squeue", "-h", "-j", job, "-o", "%r"}).out == "MaxMemPerLimit\n"; }));
    CHECK(run({"scancel", job}).status == 0);
}

TEST_CASE("what sbatch refuses stays planned, with its words, and is submitted by the next submit")
{
    const Cluster cluster;
    const Campaign campaign;
    write(campaign, "nodes = [1]\ninterpreters = [1, 2]\n[slurm]\nconstraint = \"fast\"\n");
    const Finished refused = campaign.gaggle_ends(4, {"submit", campaign.experiment()});
    CHECK(refused.out.empty());
    CHECK_THAT(refused.err, has_text("Invalid feature specification"));
    CHECK(campaign.value("SELECT count(*), count(slurm_job_id), count(refusal) FROM array") == "2|0|1");
    CHECK(campaign.value("SELECT DISTINCT state FROM attempt") == "PLANNED");
    CHECK_THAT(campaign.gaggle_ends(0, {"status"}).out, has_text("Invalid feature"));
    CHECK_THAT(campaign.gaggle_ends(1, {"wait"}).err, has_text("2 arrays not submitted"));
    CHECK(run({"scontrol", "update", "nodename=n001", "availablefeatures=fast", "activefeatures=fast"}).status == 0);
    campaign.gaggle_ends(0, {"submit", campaign.experiment(), "--wait"});
    CHECK(campaign.value("SELECT count(*), count(slurm_job_id), count(refusal) FROM array") == "2|2|0");
    CHECK(campaign.value("SELECT state, count(*) FROM attempt GROUP BY state") == "COMPLETED|2");
}

namespace {

/// `gaggle submit` with another sbatch in PATH: the shell script `text`.
Finished submit_through(const Campaign& campaign, const std::string& text)
{
    const TemporaryDirectory tools;
    std::filesystem::permissions(tools.write("sbatch", "#!/bin/sh\n" + text), std::filesystem::perms::owner_all);
    return run({GAGGLE_PROGRAM, "--store", campaign.path("store").string(), "submit", campaign.experiment()},
               {{"GAGGLE_WORKER", GAGGLE_WORKER_PROGRAM}, {"PATH", tools.path().string() + ":" + std::getenv("PATH")}});
}

}  // namespace

TEST_CASE("an sbatch that is killed after Slurm took the job is asked for no second one")
{
    static_cast<void>(Cluster::running());
    const Campaign campaign;
    write(campaign, "nodes = [1]\ninterpreters = [1, 2]\nrepetitions = 2\n");
    const Finished killed = submit_through(campaign, path_of("sbatch") + " \"$@\" >/dev/null || exit\nkill -KILL $$\n");
    CHECK(killed.status == 4);
    CHECK_THAT(killed.err, has_text("sbatch") && has_text("signal 9"));
    CHECK(campaign.value("SELECT count(slurm_job_id), count(refusal) FROM array") == "0|1");
    campaign.gaggle_ends(0, {"submit", campaign.experiment(), "--wait"});
    CHECK(campaign.value("SELECT count(DISTINCT slurm_job_id), count(refusal) FROM array") == "2|0");
    CHECK(campaign.value("SELECT repetitions, completed FROM cells") == "2|2\n2|2");
    CHECK(campaign.value("SELECT count(*) FROM interpreter") == "6");
    const std::string token = campaign.value("SELECT token FROM array WHERE position = 0");
    const std::string all = run({"squeue", "-h", "-t", "all", "-r", "-o", "%k"}).out;
    std::size_t tasks = 0;
    for (std::size_t at = all.find(token); at != std::string::npos; at = all.find(token, at + 1)) {
        ++tasks;
    }
    CHECK(tasks == 2);
}

TEST_CASE("a controller without room for another job refuses it, and the next submit goes on")
{
    const Cluster cluster{{"MaxJobCount=5", "MinJobAge=2"}};
    // sbatch tries again 15 times, for two minutes. Here it does so without sleeping.
    const auto submit = [](const Campaign& campaign) {
        return submit_through(campaign, "LD_PRELOAD=" GAGGLE_SLEEPLESS " exec " + path_of("sbatch") + " \"$@\"\n");
    };
    const Campaign campaign;
    write(campaign, "nodes = [1]\ninterpreters = [1, 2]\nrepetitions = 3\n");
    const Finished refused = submit(campaign);
    CHECK(refused.status == 4);
    CHECK(std::count(refused.out.begin(), refused.out.end(), '\n') == 1);
    CHECK_THAT(refused.err, has_text("Slurm temporarily unable to accept job"));
    CHECK(campaign.value("SELECT count(slurm_job_id), count(refusal) FROM array") == "1|1");
    CHECK(eventually([&] { return submit(campaign).status == 0; }));  // the first array's elements are forgotten
    campaign.gaggle_ends(0, {"wait"});
    CHECK(campaign.value("SELECT repetitions, completed FROM cells") == "3|3\n3|3");
    CHECK(campaign.value("SELECT count(*) FROM interpreter") == "9");
}
