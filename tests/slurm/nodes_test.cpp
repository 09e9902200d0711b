#include "tests/catch.hpp"
#include "tests/slurm/cluster.hpp"
#include "tests/support/killing.hpp"

#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

using namespace gaggle::tests;
using gaggle::tests::has_text;

namespace {

/// One cell of `nodes` nodes with two interpreters on each, which all run.
void submit_running(const Campaign& campaign, std::size_t nodes, int repetitions = 1)
{
    campaign.write("nodes = [" + std::to_string(nodes) + "]\ninterpreters = [2]\nrepetitions = " +
                   std::to_string(repetitions) + "\n[slurm]\ntime = \"00:10:00\"\n" + campaign.waiting_environment());
    campaign.gaggle_ends(0, {"submit", campaign.experiment()});
    REQUIRE(eventually([&] { return campaign.count_files("here.") == 2 * nodes; }));
}

/// Where the batch script of a campaign's first element runs.
std::string batch_host(const Campaign& campaign)
{
    const std::string host = run({"squeue", "-h", "-o", "%B", "-j", campaign.jobs().at(0) + "_0"}).out;
    return host.substr(0, host.find('\n'));
}

void update_node(const std::string& node, const std::string& state)
{
    REQUIRE(run({"scontrol", "update", "nodename=" + node, "state=" + state, "reason=test"}).status == 0);
}

std::size_t count_nodes(const std::string& state)
{
    const std::string nodes = run({"sinfo", "-h", "-N", "-o", "%t"}).out;
    std::size_t count = 0;
    for (std::size_t at = nodes.find(state + "\n"); at != std::string::npos; at = nodes.find(state + "\n", at + 1)) {
        ++count;
    }
    return count;
}

}  // namespace

TEST_CASE("a node's worker that is killed leaves an incomplete attempt, and the other node's rows are there")
{
    static_cast<void>(Cluster::running());
    const Campaign campaign;
    submit_running(campaign, 2, 2);
    const std::vector<int> pids = node_workers(campaign);
    REQUIRE(pids.size() == 2);
    kill(pids.front(), SIGKILL);
    campaign.touch("go");  // lets the others, and the second repetition, come to their end

    campaign.gaggle_ends(1, {"wait"});
    CHECK(campaign.value("SELECT state FROM attempt ORDER BY task") == "INCOMPLETE\nCOMPLETED");
    CHECK(campaign.value("SELECT outcome, count(*) FROM gaggle GROUP BY outcome ORDER BY outcome") ==
          "Completed|3\nDied|1");
    CHECK(campaign.value("SELECT count(*) FROM interpreter WHERE outcome = 'Exited' AND status = 0") == "6");
    CHECK_THAT(campaign.value("SELECT reason FROM attempt WHERE task = 0"),
               has_text("Died: its worker ended while its interpreters ran: ") &&
                   has_text("; 2 of 4 interpreters have a result") && has_text("the launcher said: ") &&
                   has_text("Killed"));
    campaign.check_repair();
}

TEST_CASE("the only node of a job that goes down is NODE_FAIL")
{
    static_cast<void>(Cluster::running());
    const Campaign campaign;
    submit_running(campaign, 1);
    update_node(batch_host(campaign), "down");
    campaign.settle();
    CHECK(campaign.value("SELECT state, slurm_state FROM attempt") == "NODE_FAIL|NODE_FAIL");
    CHECK_THAT(campaign.value("SELECT reason FROM attempt"),
               has_text("Slurm says NODE_FAIL") && has_text("(NodeDown)"));
    campaign.touch("go");
    campaign.check_repair();
}

TEST_CASE("a node that goes down leaves an incomplete attempt, and the batch script's node a failed one")
{
    static_cast<void>(Cluster::running());
    const bool is_host = GENERATE(false, true);
    const Campaign campaign;
    submit_running(campaign, 2);
    const std::string host = batch_host(campaign);
    const std::string node = is_host ? host : host == "n001" ? "n002" : "n001";
    update_node(node, "down");
    REQUIRE(eventually([&] { return node_workers(campaign).size() == (is_host ? 0 : 1); }));
    campaign.touch("go");
    campaign.settle();
    const std::string reason = campaign.value("SELECT reason FROM attempt");
    if (is_host) {
        CHECK(campaign.value("SELECT state, slurm_signal FROM attempt") == "FAILED|9");
        CHECK_THAT(reason, has_text("Slurm says FAILED, signal 9 (JobLaunchFailure); there is no record"));
    } else {
        CHECK(campaign.value("SELECT state FROM attempt") == "INCOMPLETE");
        CHECK_THAT(reason, has_text("node " + node + " Died: ") && has_text("2 of 4 interpreters have a result"));
        CHECK(campaign.value("SELECT count(*) FROM interpreter WHERE outcome = 'Exited' AND status = 0") == "2");
    }
    campaign.check_repair();
}

TEST_CASE("a batch script's node without power is NODE_FAIL, and the job that Slurm would keep is ended")
{
    const Cluster cluster{{"MessageTimeout=3", "SlurmdTimeout=4"}};
    const Campaign campaign;
    submit_running(campaign, 2, 2);
    const std::string element = campaign.jobs().at(0) + "_0";
    const std::string host = batch_host(campaign);
    cluster.control("power-off", {host});
    campaign.touch("go");
    campaign.settle();  // the second repetition too: it would wait for the first one's time limit
    CHECK(campaign.value("SELECT state, slurm_state FROM attempt ORDER BY task") ==
          "NODE_FAIL|RUNNING\nCOMPLETED|COMPLETED");
    CHECK_THAT(campaign.value("SELECT reason FROM attempt WHERE task = 0"),
               has_text("Slurm says RUNNING on n00") &&
                   has_text(", without node " + host + " and the batch script that ran there; there is no record"));
    CHECK_THAT(show_job(element), has_text("JobState=CANCELLED"));
    campaign.check_repair();
}

TEST_CASE("another node without power leaves an incomplete attempt, a job's only node NODE_FAIL")
{
    const Cluster cluster{{"MessageTimeout=3", "SlurmdTimeout=4"}};
    const Campaign two;
    submit_running(two, 2);
    const std::string host = batch_host(two);
    const Campaign one;
    submit_running(one, 1);
    cluster.control("power-off", {host == "n001" ? "n002" : "n001", batch_host(one)});
    two.touch("go");
    two.settle();
    CHECK(two.value("SELECT state FROM attempt") == "INCOMPLETE");
    CHECK(two.value("SELECT count(*) FROM interpreter WHERE outcome = 'Exited' AND status = 0") == "2");
    one.settle();
    CHECK(one.value("SELECT state, reason FROM attempt") ==
          "NODE_FAIL|Slurm says NODE_FAIL (NodeDown); there is no record");
    one.touch("go");
    two.check_repair();
    one.check_repair();
}

TEST_CASE("a slurmd that is restarted disturbs nothing")
{
    const Cluster cluster;
    const Campaign campaign;
    submit_running(campaign, 1);
    const std::string host = batch_host(campaign);
    kill(cluster.pid(host), SIGTERM);
    REQUIRE(eventually([&] { return cluster.control("status").find(host + "       dead") != std::string::npos; }));
    const TemporaryDirectory folder;
    const pid_t slurmd = start((folder.path() / "slurmd").string(), [&] {
        return execlp("/bin/sh", "sh", "-c",
                      ("PATH=$PATH:/usr/sbin:/sbin exec slurmd -D -f $SLURM_CONF -N " + host).c_str(), nullptr);
    });
    campaign.touch("go");
    campaign.gaggle_ends(0, {"wait"});
    CHECK(campaign.value("SELECT state FROM attempt") == "COMPLETED");
    kill(slurmd, SIGTERM);
    CHECK(end_of(slurmd) == 0);
}

TEST_CASE("nodes that are drained keep an attempt waiting, with Slurm's words")
{
    static_cast<void>(Cluster::running());
    const Campaign campaign{"nodes = [1]\ninterpreters = [1]\n" + std::string{sound_environment}};
    update_node("n[001-004]", "drain");
    campaign.gaggle_ends(0, {"submit", campaign.experiment()});
    REQUIRE(eventually([&] {
        return campaign.gaggle_ends(0, {"status", "--format", "csv"})
                   .out.find("\"Nodes required for job are DOWN, DRAINED or reserved") != std::string::npos;
    }));
    update_node("n[001-004]", "resume");
    REQUIRE(eventually([] { return count_nodes("idle") + count_nodes("alloc") == 4; }));
    campaign.gaggle_ends(0, {"wait"});
}
