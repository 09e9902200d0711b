#include "tests/catch.hpp"
#include "tests/slurm/cluster.hpp"

using namespace gaggle::tests;
using gaggle::tests::has_text;

namespace {

/// Two cells of two nodes.
void write_cells_of_two_nodes(const Campaign& campaign)
{
    campaign.write(R"(
nodes = [2]
interpreters = [1, 2]
repetitions = 3
[slurm]
time = "00:10:00"
)" + campaign.waiting_environment());
}

/// What of `text` follows `key` up to the next blank.
std::string field(const std::string& text, const std::string& key)
{
    const std::size_t at = text.find(key);
    return at == std::string::npos ? "" : text.substr(at + key.size(), text.find_first_of(" \n", at) - at - key.size());
}

/// GAGGLE_SECRET of a process.
std::string secret_of(int pid)
{
    const std::string environment = read_text("/proc/" + std::to_string(pid) + "/environ");
    const std::size_t at = environment.find("GAGGLE_SECRET=");
    REQUIRE(at != std::string::npos);
    return environment.substr(at + 14, environment.find('\0', at) - at - 14);
}

std::string all_command_lines()
{
    std::string lines;
    for (const auto& entry : std::filesystem::directory_iterator{"/proc"}) {
        lines += read_text(entry.path() / "cmdline") + "\n";
    }
    return lines;
}

void check_element(const Campaign& campaign, const std::vector<std::string>& jobs)
{
    const std::string element = show_job(jobs[0] + "_0");
    CHECK(field(element, "JobState=") == "RUNNING");
    CHECK(field(element, "OverSubscribe=") == "NO");
    CHECK(field(element, "NumNodes=") == "2");
    CHECK(field(element, "ArrayJobId=") == jobs[0]);
    CHECK(field(element, "ArrayTaskId=") == "0");
    CHECK(field(element, "Requeue=") == "0");
    CHECK(field(element, "JobName=") == "gaggle-test");
    CHECK(field(element, "Comment=gaggle:") == campaign.value("SELECT token FROM array WHERE position = 0"));
    CHECK_THAT(field(element, "ArrayTaskThrottle="), has_text("1"));
    CHECK_THAT(show_job(jobs[1]), has_text("afterany:" + jobs[0] + "_*"));
}

void check_secret(const Campaign& campaign, const std::vector<std::string>& jobs)
{
    const std::vector<int> workers = node_workers(campaign);
    REQUIRE(workers.size() == 2);
    const std::string secret = secret_of(workers.front());
    CHECK(secret.size() >= 32);
    CHECK_THAT(show_job(jobs[0]), !has_text(secret));
    CHECK_THAT(run({"scontrol", "show", "step"}).out, !has_text(secret));
    CHECK_THAT(all_command_lines(), !has_text(secret));
}

void check_that_one_request_tells_all(const Campaign& campaign)
{
    // Slurm's scheduler writes down why an array waits when it first looks at it.
    REQUIRE(eventually([] {
        return run({"squeue", "--noheader", "--format=%r"}).out.find("Dependency") != std::string::npos;
    }));
    const std::size_t before = requests_for_jobs();
    const Finished status = campaign.gaggle_ends(0, {"status", "--format", "csv"});
    CHECK(requests_for_jobs() == before + 1);
    CHECK_THAT(status.out, has_text(",waiting,measured,0,0,1,2,0,0,"));
    CHECK_THAT(status.out, has_text(",waiting,measured,0,0,0,3,0,0,Dependency,\r\n"));
}

void check_that_interrupting_a_wait_detaches(const Campaign& campaign, const std::vector<std::string>& jobs)
{
    const Finished waited = run({"timeout", "--preserve-status", "-s", "INT", "2", GAGGLE_PROGRAM, "--store",
                                 campaign.path("store").string(), "wait"});
    CHECK(waited.status == 130);
    CHECK(field(show_job(jobs[0] + "_0"), "JobState=") == "RUNNING");
    campaign.gaggle_ends(1, {"wait", "--timeout", "1"});
}

/// As after the death of a submitter between sbatch and writing down the job id.
void check_that_submit_adopts_its_jobs(const Campaign& campaign, const std::vector<std::string>& jobs)
{
    static_cast<void>(
        campaign.value("UPDATE array SET slurm_job_id = NULL, submitted_unix_ns = NULL; "
                       "UPDATE attempt SET state = 'PLANNED'"));
    const Finished again = campaign.gaggle_ends(0, {"submit", campaign.experiment()});
    CHECK_THAT(again.err, has_text("job " + jobs[0] + " is already ours"));
    CHECK(campaign.jobs() == jobs);
}

}  // namespace

TEST_CASE("an element is what the experiment asked of Slurm, and can be followed, left and found again")
{
    static_cast<void>(Cluster::running());
    Campaign campaign;
    write_cells_of_two_nodes(campaign);
    campaign.gaggle_ends(0, {"submit", campaign.experiment()});
    const std::vector<std::string> jobs = campaign.jobs();
    REQUIRE(jobs.size() == 2);
    REQUIRE(eventually([&] { return campaign.count_files("here.") > 0; }));

    check_element(campaign, jobs);
    check_secret(campaign, jobs);
    check_that_one_request_tells_all(campaign);
    check_that_interrupting_a_wait_detaches(campaign, jobs);
    check_that_submit_adopts_its_jobs(campaign, jobs);

    campaign.touch("go");
    campaign.gaggle_ends(0, {"wait"});
    CHECK(campaign.value("SELECT count(*) FROM interpreter") == "18");
    CHECK(campaign.value("SELECT count(*) FROM overlaps") == "0");
}

TEST_CASE("a second experiment in the store begins after the first has ended")
{
    static_cast<void>(Cluster::running());
    Campaign campaign;
    write_cells_of_two_nodes(campaign);
    // Whose lines nobody reads to their end.
    const Finished unread = run({"bash", "-c", "\"$@\" | true", "bash", GAGGLE_PROGRAM, "--store",
                                 campaign.path("store").string(), "submit", campaign.experiment()});
    INFO(unread.err);
    REQUIRE(campaign.jobs().size() == 2);
    campaign.gaggle_ends(0, {"submit", campaign.experiment(), "--again"});
    const std::vector<std::string> jobs = campaign.jobs();
    REQUIRE(jobs.size() == 4);
    CHECK_THAT(show_job(jobs[2]), has_text("afterany:" + jobs[1] + "_*"));
    for (const std::string& job : jobs) {
        CHECK(run({"scancel", job}).status == 0);
    }
    campaign.gaggle_ends(1, {"wait"});
    CHECK(campaign.value("SELECT count(*) FROM attempt WHERE state NOT IN ('CANCELLED', 'LOST')") == "0");
}
