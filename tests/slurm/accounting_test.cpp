#include "tests/catch.hpp"
#include "tests/slurm/cluster.hpp"

#include <algorithm>
#include <filesystem>
#include <iterator>
#include <sstream>

using namespace gaggle::tests;
using gaggle::tests::has_text;

namespace {

/// Five repetitions of one cell, their interpreters waiting for the file `flag`.
void write_five_repetitions(const Campaign& campaign)
{
    campaign.write("nodes = [1]\ninterpreters = [1]\nrepetitions = 5\n" + campaign.waiting_environment());
}

void succeed(const std::vector<std::string>& command)
{
    const Finished finished = run(command);
    INFO(command.front() << ": " << finished.err);
    REQUIRE(finished.status == 0);
}

/// Submits five repetitions: the first is cancelled, the second loses its node, the batch script of the third is
/// killed, the fourth is left alone, the fifth is taken out of the array before it starts. Returns once slurmctld has
/// forgotten them all; nobody has collected meanwhile.
void end_in_five_ways(const Campaign& campaign)
{
    campaign.gaggle_ends(0, {"submit", campaign.experiment()});
    const std::string job = campaign.jobs().at(0);
    const auto is_at_work = [&](std::size_t task) {
        REQUIRE(eventually([&] { return campaign.count_files("here.") == task + 1; }));
    };
    is_at_work(0);
    succeed({"scancel", job + "_4"});
    succeed({"scancel", job + "_0"});
    is_at_work(1);
    std::string node = run({"squeue", "-h", "-t", "RUNNING", "-o", "%N"}).out;
    node.resize(node.find('\n'));
    succeed({"scontrol", "update", "nodename=" + node, "state=down", "reason=test"});
    is_at_work(2);
    succeed({"scancel", "--batch", "--signal=KILL", job + "_2"});
    is_at_work(3);
    campaign.touch("go");
    REQUIRE(eventually([] { return run({"squeue", "-h", "-t", "all"}).out.empty(); }));
    // What was submitted within the last five seconds gaggle does not call forgotten.
    REQUIRE(eventually([&] {
        return campaign.value("SELECT strftime('%s', 'now') - submitted_unix_ns / 1000000000 > 6 FROM array") == "1";
    }));
}

/// How many elements of a job slurmdbd has the end of.
std::ptrdiff_t count_accounted(const std::string& job)
{
    std::istringstream rows{run({"sacct", "-n", "-X", "-j", job, "-o", "end"}).out};
    return std::count_if(std::istream_iterator<std::string>{rows}, {},
                         [](const std::string& end) { return end != "Unknown"; });
}

std::string states(const Campaign& campaign)
{
    return campaign.value("SELECT group_concat(state, ' ') FROM (SELECT state FROM attempt ORDER BY task)");
}

std::string reason(const Campaign& campaign, unsigned task)
{
    return campaign.value("SELECT reason FROM attempt WHERE task = " + std::to_string(task));
}

/// A sleeping array that is somebody else's; its job id, once slurmctld has forgotten it.
std::string other_job()
{
    const TemporaryDirectory folder;
    const auto script = folder.write("other.sh",
                                     "#!/bin/sh\n#SBATCH --comment=gaggle:other --array=0-4\n"
                                     "#SBATCH --job-name=gaggle-test --output=/dev/null\nexit 0\n");
    const std::string id = run({"sbatch", "--parsable", script}).out;
    std::string job = id.substr(0, id.find('\n'));
    REQUIRE(eventually([&] { return run({"squeue", "-h", "-t", "all"}).out.empty() && count_accounted(job) == 5; }));
    return job;
}

/// As much later as slurmdbd is given to make up its mind.
void let_patience_end(const Campaign& campaign)
{
    static_cast<void>(campaign.value("UPDATE attempt SET forgotten_unix_ns = forgotten_unix_ns - 60000000000"));
}

void check_without_slurmdbd(const Cluster& cluster, const Campaign& campaign)
{
    cluster.control("power-off", {"slurmdbd"});
    const Finished collected = campaign.gaggle_ends(0, {"collect"});
    CHECK_THAT(collected.err, has_text("warning: cannot ask slurmdbd for jobs: Connection refused"));
    CHECK(std::count(collected.err.begin(), collected.err.end(), '\n') == 2);  // and what collect itself says
    CHECK(states(campaign) == "FAILED FAILED UNVERIFIED COMPLETED UNVERIFIED");
    CHECK(reason(campaign, 2) == "slurmctld has forgotten it; slurmdbd cannot be asked; there is no record");
    CHECK(reason(campaign, 3) == "slurmctld has forgotten it; slurmdbd cannot be asked; the record is complete");
    cluster.control("power-on", {"slurmdbd"});
    campaign.gaggle_ends(0, {"collect"});
    CHECK(states(campaign) == "FAILED FAILED FAILED COMPLETED CANCELLED");
}

}  // namespace

TEST_CASE("what slurmctld has forgotten slurmdbd tells, and a job id that was given to another is not taken for it")
{
    const Cluster cluster{{"MinJobAge=2"}, Accounting::slurmdbd};
    const Campaign campaign;
    write_five_repetitions(campaign);
    end_in_five_ways(campaign);
    REQUIRE(eventually([&] { return count_accounted(campaign.jobs().at(0)) == 4; }));
    const Campaign copy;
    std::filesystem::copy(campaign.path("store"), copy.path("store"), std::filesystem::copy_options::recursive);
    static_cast<void>(copy.value("DELETE FROM store"));  // it shall not know that it is a copy

    campaign.gaggle_ends(0, {"collect"});
    CHECK(states(campaign) == "CANCELLED NODE_FAIL FAILED COMPLETED CANCELLED");
    CHECK_THAT(reason(campaign, 0), has_text("slurmctld has forgotten it; slurmdbd says CANCELLED; "));
    CHECK_THAT(reason(campaign, 1), has_text("slurmctld has forgotten it; slurmdbd says NODE_FAIL; "));
    CHECK_THAT(reason(campaign, 2),
               has_text("slurmctld has forgotten it; slurmdbd says FAILED, signal 9; there is no record"));
    CHECK(reason(campaign, 3).empty());
    CHECK(reason(campaign, 4) ==
          "slurmctld has forgotten it; slurmdbd has its array without it: cancelled before it started");
    CHECK(
        campaign.value("SELECT slurm_state, slurm_exit_code, slurm_restarts, slurm_nodes LIKE 'n00_', "
                       "slurm_start_unix_s > 0, slurm_end_unix_s >= slurm_start_unix_s FROM attempt WHERE task = 3") ==
        "COMPLETED|0|0|1|1|1");
    CHECK_THAT(campaign.gaggle_ends(0, {"collect"}).err, has_text("asked slurmctld 0 times"));

    check_without_slurmdbd(cluster, copy);

    const std::string other = other_job();
    static_cast<void>(campaign.value("UPDATE array SET slurm_job_id = " + other +
                                     "; UPDATE attempt SET state = 'PENDING', record_file = NULL"));
    const auto records = campaign.path("store") / campaign.value("SELECT folder FROM array") / "records";
    std::filesystem::remove_all(records);
    std::filesystem::create_directory(records);
    campaign.gaggle_ends(0, {"collect"});
    CHECK(states(campaign) == "UNVERIFIED UNVERIFIED UNVERIFIED UNVERIFIED UNVERIFIED");
    CHECK(reason(campaign, 0) == "slurmctld has forgotten it; slurmdbd does not know it yet; there is no record");
    let_patience_end(campaign);
    campaign.gaggle_ends(0, {"collect"});
    CHECK(states(campaign) == "LOST LOST LOST LOST LOST");
}

TEST_CASE("without slurmdbd the record alone tells how something ended that slurmctld has forgotten")
{
    const Cluster cluster{{"MinJobAge=2"}};
    const Campaign campaign;
    write_five_repetitions(campaign);
    end_in_five_ways(campaign);
    campaign.gaggle_ends(0, {"collect"});
    CHECK(states(campaign) == "FAILED FAILED LOST COMPLETED LOST");
    CHECK_THAT(reason(campaign, 0), has_text("Slurm has forgotten the job; 1 of 1 interpreters failed"));
    CHECK_THAT(reason(campaign, 0), has_text("told to stop"));
    CHECK_THAT(reason(campaign, 2), has_text("Slurm has forgotten the job and there is no record"));
    CHECK(reason(campaign, 3) == "Slurm has forgotten the job; the record is complete");
}

namespace {

void write_sound(const Campaign& campaign, const std::string& slurm)
{
    campaign.write("nodes = [1]\ninterpreters = [1, 2, 3]\nrepetitions = 2\n[slurm]\n" + slurm +
                   std::string{sound_environment});
}

void check_refused(const std::string& slurm, const std::string& words)
{
    const Campaign campaign;
    write_sound(campaign, slurm);
    const Finished refused = campaign.gaggle_ends(4, {"submit", campaign.experiment()});
    CHECK(refused.out.empty());
    CHECK_THAT(refused.err, has_text(words));
    CHECK(campaign.value("SELECT DISTINCT state FROM attempt") == "PLANNED");
    CHECK(campaign.value("SELECT count(*), count(slurm_job_id), count(refusal) FROM array") == "3|0|1");
    CHECK_THAT(campaign.gaggle_ends(0, {"status"}).out, has_text(words));
}

/// Lets this user's jobs wait for `limits` in a QOS of their own.
void add_qos(const std::string& name, const std::string& limits)
{
    succeed({"sacctmgr", "-iQ", "add", "qos", name, limits});
    succeed({"sacctmgr", "-iQ", "modify", "user", "where", "account=sandbox", "set", "qos+=" + name});
}

/// A job of the user's besides gaggle's, running in this QOS; its id.
std::string occupy(const std::string& qos)
{
    const std::string id =
        run({"sbatch", "--parsable", "--qos=" + qos, "--output=/dev/null", "--wrap=exec sleep 600"}).out;
    std::string job = id.substr(0, id.find('\n'));
    REQUIRE(eventually([&] { return run({"squeue", "-h", "-j", job, "-o", "%T"}).out == "RUNNING\n"; }));
    return job;
}

/// With three jobs at most, of which one is taken: an array of two elements fits, no second one.
void check_that_submit_goes_on()
{
    add_qos("three", "maxsubmitjobsperuser=3");
    const std::string other = occupy("three");
    const Campaign campaign;
    write_sound(campaign, "qos = \"three\"\n");
    const Finished first = campaign.gaggle_ends(4, {"submit", campaign.experiment()});
    CHECK(std::count(first.out.begin(), first.out.end(), '\n') == 1);
    CHECK_THAT(first.err, has_text("QOSMaxSubmitJobPerUserLimit"));
    CHECK(campaign.value("SELECT count(*), count(slurm_job_id), count(refusal) FROM array") == "3|1|1");
    CHECK_THAT(campaign.gaggle_ends(0, {"status"}).out, has_text("QOSMaxSubmitJobPerUserLimit"));
    campaign.gaggle_ends(1, {"wait"});
    campaign.gaggle_ends(4, {"submit", campaign.experiment()});
    CHECK(campaign.value("SELECT count(*), count(slurm_job_id), count(refusal) FROM array") == "3|2|1");
    campaign.gaggle_ends(1, {"wait"});
    succeed({"scancel", other});
    campaign.gaggle_ends(0, {"submit", campaign.experiment(), "--wait"});
    CHECK(campaign.value("SELECT count(*), count(DISTINCT slurm_job_id), count(refusal) FROM array") == "3|3|0");
    CHECK(campaign.value("SELECT interpreters, completed, repetitions FROM cells ORDER BY interpreters") ==
          "1|2|2\n2|2|2\n3|2|2");
    const std::string elements = run({"squeue", "-h", "-r", "-t", "all", "-n", "gaggle-test"}).out;
    CHECK(std::count(elements.begin(), elements.end(), '\n') == 6);
}

void check_that_a_limit_on_running_jobs_is_a_reason()
{
    add_qos("one", "maxjobsperuser=1");
    const std::string other = occupy("one");
    const Campaign campaign;
    write_sound(campaign, "qos = \"one\"\n");
    campaign.gaggle_ends(0, {"submit", campaign.experiment()});
    CHECK(
        eventually([&] { return has_text("QOSMaxJobsPerUserLimit").match(campaign.gaggle_ends(0, {"status"}).out); }));
    CHECK(campaign.value("SELECT DISTINCT state FROM attempt") == "PENDING");
    succeed({"scancel", other});
    campaign.gaggle_ends(0, {"wait"});
    CHECK(campaign.value("SELECT state, count(*) FROM attempt GROUP BY state") == "COMPLETED|6");
}

}  // namespace

TEST_CASE("what accounting does not allow is refused with Slurm's words, or waits, and goes in once it may")
{
    const Cluster cluster{{"AccountingStorageEnforce=associations,limits,qos"}, Accounting::slurmdbd};
    check_refused("account = \"nosuch\"\n", "Invalid account or account/partition combination specified");
    check_refused("qos = \"nosuch\"\n", "Invalid qos specification");
    check_that_submit_goes_on();
    check_that_a_limit_on_running_jobs_is_a_reason();
}
