#include "tests/catch.hpp"
#include "tests/slurm/cluster.hpp"

#include <signal.h>

#include <filesystem>

using namespace gaggle::tests;
using gaggle::tests::has_text;

namespace {

void submit_waiting(const Campaign& campaign, const std::string& grid)
{
    campaign.write(grid + campaign.waiting_environment());
    campaign.gaggle_ends(0, {"submit", campaign.experiment()});
}

/// Lets slurmctld write its jobs down, which it does no more than once in five seconds.
void save_jobs(const Cluster& cluster)
{
    const auto begin = std::filesystem::file_time_type::clock::now();
    REQUIRE(run({"sbatch", "--hold", "--output=/dev/null", "--wrap=true"}).status == 0);  // something to write down
    REQUIRE(eventually([&] {
        std::error_code absent;
        return last_write_time(cluster.path() / "state/job_state", absent) > begin && !absent;
    }));
}

bool is_known(const std::string& job)
{
    return run({"scontrol", "show", "job", job}).status == 0;
}

}  // namespace

TEST_CASE("a controller that does not answer leaves attempts unverified, and results readable")
{
    const Cluster cluster{{"MessageTimeout=3"}};  // its own: killed, it may forget jobs and give their ids again
    const Campaign campaign;
    submit_waiting(campaign, "nodes = [1]\ninterpreters = [1]\n");
    REQUIRE(eventually([&] { return campaign.count_files("here.") == 1; }));
    cluster.control("power-off", {"slurmctld"});

    const Finished status = campaign.gaggle_ends(0, {"status", "--format", "csv"});
    CHECK_THAT(status.out, has_text("1,1,waiting,measured,0,0,0,0,0,1,Slurm cannot be asked"));
    CHECK_THAT(status.err, has_text("warning: cannot ask slurmctld"));
    for (const std::vector<std::string>& command :
         {std::vector<std::string>{"submit", campaign.experiment(), "--again"}, {"resubmit"}, {"cancel"}}) {
        CHECK_THAT(campaign.gaggle_ends(3, command).err, has_text("gaggle: cannot ask slurmctld"));
    }
    CHECK(campaign.value("SELECT count(*) FROM experiment") == "1");
    const Finished waited = campaign.gaggle_ends(1, {"wait", "--timeout", "9"});
    CHECK_THAT(waited.err, has_text("warning: cannot ask slurmctld for jobs: ") && has_text("; going on") &&
                               has_text("not waiting any longer"));

    campaign.touch("go");
    REQUIRE(eventually([&] { return node_workers(campaign).empty(); }));
    const Finished unverified =
        campaign.gaggle_ends(0, {"sql", "SELECT state, reason FROM attempt", "--format", "csv"});
    CHECK_THAT(unverified.out, has_text("UNVERIFIED,Slurm cannot be asked; the record is complete"));
    CHECK(campaign.value("SELECT count(*) FROM interpreter") == "1");
}

TEST_CASE("a controller that is restarted, or killed when it had written down its jobs, loses nothing")
{
    const Cluster cluster;
    const int how = GENERATE(SIGTERM, SIGKILL);
    const Campaign campaign;
    submit_waiting(campaign, "nodes = [1]\ninterpreters = [1, 2]\nrepetitions = 2\n");
    REQUIRE(eventually([&] { return campaign.count_files("here.") > 0; }));
    if (how == SIGTERM) {
        kill(cluster.pid("slurmctld"), SIGTERM);
        REQUIRE(eventually([&] {
            return run({GAGGLE_SANDBOX, "status", cluster.path()}).out.find("slurmctld  down") != std::string::npos;
        }));
    } else {
        save_jobs(cluster);
        cluster.control("power-off", {"slurmctld"});
    }
    cluster.control("power-on", {"slurmctld"});
    campaign.touch("go");
    campaign.gaggle_ends(0, {"wait"});
    CHECK(campaign.value("SELECT repetitions, completed FROM cells") == "2|2\n2|2");
    CHECK(campaign.value("SELECT count(*) FROM interpreter") == "6");
    CHECK(campaign.value("SELECT count(*) FROM attempt") == "4");
}

TEST_CASE("a submission that a killed controller has forgotten is lost until its record turns up, and made again once")
{
    const Cluster cluster;
    save_jobs(cluster);
    // What a controller that is killed within a second of a submission finds again: its jobs as they were before.
    const TemporaryDirectory before;
    const std::filesystem::path state = std::filesystem::path{cluster.path()} / "state";
    std::filesystem::copy(state, before.path() / "state", std::filesystem::copy_options::recursive);
    const Campaign campaign;
    submit_waiting(campaign, "nodes = [1]\ninterpreters = [2]\nrepetitions = 2\n");
    const std::string job = campaign.jobs().at(0);
    REQUIRE(eventually([&] { return campaign.count_files("here.") == 2; }));
    cluster.control("power-off", {"slurmctld"});
    std::filesystem::remove_all(state);
    std::filesystem::copy(before.path() / "state", state, std::filesystem::copy_options::recursive);
    cluster.control("power-on", {"slurmctld"});
    REQUIRE_FALSE(is_known(job));

    const Finished again = campaign.gaggle_ends(0, {"submit", campaign.experiment()});
    CHECK_THAT(again.err, has_text("its array was submitted before"));
    campaign.settle();
    CHECK_THAT(campaign.value("SELECT DISTINCT state || ' ' || reason FROM attempt"),
               has_text("LOST Slurm has forgotten the job and there is no record"));
    const std::filesystem::path array = campaign.path("store/experiments/1-test/arrays/0000");
    campaign.touch("go");
    // One of the forgotten tasks gets to its end after all.
    REQUIRE(run({GAGGLE_WORKER_PROGRAM, "coordinate", "--spec", array / "spec", "--records", array / "records",
                 "--task", "0", "--local"})
                .status == 0);
    campaign.gaggle_ends(0, {"collect"});
    CHECK(campaign.value("SELECT state, reason FROM attempt WHERE task = 0") ==
          "COMPLETED|Slurm has forgotten the job; the record is complete");

    campaign.check_repair();
    CHECK(campaign.jobs().size() == 2);
    CHECK(campaign.jobs().at(1) == job);  // the id is given again
    CHECK(campaign.value("SELECT repetition, state FROM latest ORDER BY repetition") == "1|COMPLETED\n2|COMPLETED");
    CHECK(campaign.value("SELECT count(*) FROM interpreter") == "4");
    CHECK(campaign.value("SELECT count(DISTINCT token) FROM array") == "2");
    CHECK_THAT(campaign.gaggle_ends(0, {"resubmit"}).err, has_text("nothing to resubmit"));
}

TEST_CASE("what Slurm has forgotten is decided by the record, and LOST without one")
{
    const Cluster cluster{{"MinJobAge=2"}};
    const Campaign campaign;
    submit_waiting(campaign, "nodes = [1]\ninterpreters = [1]\nrepetitions = 2\n");
    REQUIRE(eventually([&] { return campaign.count_files("here.") == 1; }));
    const std::vector<int> coordinators = workers(campaign, "coordinate");
    REQUIRE(coordinators.size() == 1);
    kill(coordinators.front(), SIGKILL);
    campaign.touch("go");
    const std::string job = campaign.jobs().at(0);
    REQUIRE(eventually([&] { return !is_known(job); }));  // MinJobAge is looked at every ten seconds or so
    campaign.gaggle_ends(1, {"wait"});
    CHECK(campaign.value("SELECT state, reason FROM attempt WHERE task = 1") ==
          "COMPLETED|Slurm has forgotten the job; the record is complete");
    CHECK_THAT(campaign.value("SELECT state || ' ' || reason FROM attempt WHERE task = 0"),
               has_text("LOST Slurm has forgotten the job and there is no record"));
    campaign.check_repair();
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
