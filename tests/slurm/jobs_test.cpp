#include "tests/catch.hpp"
#include "tests/slurm/cluster.hpp"

#include <signal.h>

#include <filesystem>

using namespace gaggle::tests;
using gaggle::tests::has_text;

namespace {

constexpr const char* one_cell = "nodes = [1]\ninterpreters = [2]\n[slurm]\ntime = \"00:10:00\"\n";

void update_partition(const std::string& state)
{
    REQUIRE(run({"scontrol", "update", "partitionname=main", "state=" + state}).status == 0);
}

/// The folder of the first array.
std::filesystem::path array_of(const Campaign& campaign)
{
    return campaign.path("store/experiments/1-test/arrays/0000");
}

/// Submits an experiment of one sound cell; between submission and start, `spoil` does its worst.
template <class Spoil>
void submit_spoiled(const Campaign& campaign, Spoil&& spoil)
{
    campaign.write(one_cell + std::string{sound_environment});
    update_partition("down");
    campaign.gaggle_ends(0, {"submit", campaign.experiment()});
    std::forward<Spoil>(spoil)();
    update_partition("up");
    campaign.settle();
}

}  // namespace

TEST_CASE("a batch script that fails by itself is FAILED with its exit code")
{
    static_cast<void>(Cluster::running());
    const Campaign campaign;
    std::string batch = read_text(GAGGLE_TEMPLATE);
    const std::string check = "[ -e " + campaign.path("fixed").string() + " ] || { echo no licence left; exit 7; }\n";
    batch.insert(batch.find("exec {{command}}"), check);
    campaign.write("nodes = [1]\ninterpreters = [1]\n[slurm]\ntemplate = \"" +
                   campaign.write_file("template", batch).string() + "\"\n" + std::string{sound_environment});
    campaign.gaggle_ends(1, {"submit", campaign.experiment(), "--wait"});
    CHECK(campaign.value("SELECT state, slurm_exit_code, reason FROM attempt") ==
          "FAILED|7|Slurm says FAILED, exit code 7 (NonZeroExitCode); there is no record; its log ends: no licence "
          "left");
    campaign.touch("fixed");
    campaign.check_repair();
}

TEST_CASE("a coordinator that is killed leaves a FAILED attempt without a record")
{
    static_cast<void>(Cluster::running());
    const Campaign campaign;
    campaign.write(one_cell + campaign.waiting_environment());
    campaign.gaggle_ends(0, {"submit", campaign.experiment()});
    REQUIRE(eventually([&] { return campaign.count_files("here.") == 2; }));
    const std::vector<int> coordinators = workers(campaign, "coordinate");
    REQUIRE(coordinators.size() == 1);
    kill(coordinators.front(), SIGKILL);
    campaign.settle();
    CHECK(campaign.value("SELECT state, slurm_signal FROM attempt") == "FAILED|9");
    CHECK_THAT(campaign.value("SELECT reason FROM attempt"),
               has_text("Slurm says FAILED, signal 9 (JobLaunchFailure); there is no record"));
    CHECK(eventually([&] { return node_workers(campaign).empty(); }));
    campaign.touch("go");
    campaign.check_repair();
}

TEST_CASE("a worker that is gone from the store, or cannot be executed, is put back by resubmit")
{
    static_cast<void>(Cluster::running());
    const bool is_removed = GENERATE(true, false);
    const Campaign campaign;
    std::filesystem::path worker;
    submit_spoiled(campaign, [&] {
        worker = std::filesystem::directory_iterator
        {
            campaign.path("store/bin")
            } -> path();
        if (is_removed) {
            std::filesystem::remove(worker);
        } else {
            std::filesystem::permissions(worker, std::filesystem::perms::owner_read);
        }
    });
    CHECK_THAT(campaign.value("SELECT state || ' ' || reason FROM attempt"),
               has_text(is_removed ? "FAILED Slurm says FAILED, exit code 127 (NonZeroExitCode); there is no record"
                                   : "FAILED Slurm says FAILED, exit code 126 (NonZeroExitCode); there is no record") &&
                   has_text(worker.string() + (is_removed ? ": not found" : ": Permission denied")));
    const Finished another =
        run({GAGGLE_PROGRAM, "--store", campaign.path("store").string(), "resubmit"}, {{"GAGGLE_WORKER", "/bin/true"}});
    CHECK(another.status == 5);
    CHECK_THAT(another.err, has_text("/bin/true is another one"));
    campaign.check_repair();
}

TEST_CASE("a job whose log cannot be written does not start, and says so")
{
    static_cast<void>(Cluster::running());
    const Campaign campaign;
    submit_spoiled(campaign, [&] { std::filesystem::remove(array_of(campaign) / "logs"); });
    CHECK(campaign.value("SELECT state, slurm_signal, reason FROM attempt") ==
          "FAILED|53|Slurm says FAILED, signal 53 (JobLaunchFailure): the script could not be started, or its log not "
          "be opened; there is no record");
    campaign.check_repair();
}

TEST_CASE("a record that cannot be written leaves a FAILED attempt that says why")
{
    static_cast<void>(Cluster::running());
    const Campaign campaign;
    submit_spoiled(campaign, [&] { std::filesystem::remove(array_of(campaign) / "records"); });
    CHECK(campaign.value("SELECT state, slurm_exit_code FROM attempt") == "FAILED|5");
    CHECK_THAT(campaign.value("SELECT reason FROM attempt"),
               has_text("Slurm says FAILED, exit code 5 (NonZeroExitCode); there is no record; its log ends: "
                        "gaggle-worker: cannot create ") &&
                   has_text("No such file or directory"));
    campaign.check_repair();
}

TEST_CASE("a working directory that the node does not have changes nothing")
{
    static_cast<void>(Cluster::running());
    const Campaign campaign{"nodes = [1]\ninterpreters = [1]\n[slurm]\nchdir = \"/nonexistent\"\n" +
                            std::string{sound_environment}};
    campaign.gaggle_ends(0, {"submit", campaign.experiment(), "--wait"});
    CHECK(campaign.value("SELECT state FROM attempt") == "COMPLETED");
}

TEST_CASE("an attempt that runs out of time is TIMEOUT, and what it measured is kept")
{
    static_cast<void>(Cluster::running());
    const Campaign campaign;
    campaign.write(one_cell + campaign.waiting_environment());
    campaign.gaggle_ends(0, {"submit", campaign.experiment()});
    REQUIRE(eventually([&] { return campaign.count_files("here.") == 2; }));
    REQUIRE(run({"scontrol", "update", "jobid=" + campaign.jobs().at(0) + "_0", "endtime=now+2"}).status == 0);
    campaign.settle();
    CHECK(campaign.value("SELECT state, slurm_state FROM attempt") == "TIMEOUT|TIMEOUT");
    CHECK_THAT(campaign.value("SELECT reason FROM attempt"),
               has_text("Slurm says TIMEOUT") && has_text("(TimeLimit)") &&
                   has_text("2 of 2 interpreters failed; interpreter 0 on n00") && has_text(": Signaled "));
    // SIGTERM by the worker; on a busy machine Slurm's SIGKILL comes before all have obeyed.
    CHECK(campaign.value("SELECT count(*) FROM interpreter WHERE outcome = 'Signaled' AND status IN (9, 15)") == "2");
    campaign.gaggle_ends(1, {"wait"});
    campaign.touch("go");
    campaign.check_repair();
}

TEST_CASE("an element that is cancelled says so in Slurm's own word, one that waited is lost without a word")
{
    static_cast<void>(Cluster::running());
    const Campaign campaign;
    campaign.write("nodes = [1]\ninterpreters = [1]\nrepetitions = 3\n" + campaign.waiting_environment());
    campaign.gaggle_ends(0, {"submit", campaign.experiment()});
    REQUIRE(eventually([&] { return campaign.count_files("here.") == 1; }));
    const std::string job = campaign.jobs().at(0);
    REQUIRE(run({"scancel", job + "_0", job + "_2"}).status == 0);
    campaign.touch("go");
    campaign.settle();
    CHECK(campaign.value("SELECT state, slurm_state FROM attempt WHERE task < 2 ORDER BY task") ==
          "CANCELLED|CANCELLED\nCOMPLETED|COMPLETED");
    CHECK(campaign.value("SELECT state, reason FROM attempt WHERE task = 2") ==
          "LOST|Slurm has forgotten the job and there is no record");
    campaign.check_repair();
}

TEST_CASE("a job that is requeued is one attempt, with the rows of its last start only")
{
    static_cast<void>(Cluster::running());
    const Campaign campaign;
    campaign.write(one_cell + campaign.waiting_environment());
    campaign.gaggle_ends(0, {"submit", campaign.experiment()});
    REQUIRE(eventually([&] { return campaign.count_files("here.") == 2; }));
    const std::string element = campaign.jobs().at(0) + "_0";
    CHECK_THAT(run({"scontrol", "requeue", element}).err, has_text("disabled"));  // --no-requeue; but a user may insist
    REQUIRE(run({"scontrol", "update", "jobid=" + element, "requeue=1"}).status == 0);
    REQUIRE(run({"scontrol", "requeue", element}).status == 0);
    REQUIRE(eventually([&] {
        campaign.gaggle_ends(0, {"collect"});
        return campaign.value("SELECT state, reason FROM attempt") == "PENDING|BeginTime";
    }));
    // When the first start has ended for good, Slurm puts the second off by two minutes, whatever it was told before: for
    // within the same second the nodes would take it for the first, whose credential they have revoked.
    REQUIRE(eventually(
        [&] {
            return run({"squeue", "-h", "-j", element, "-o", "%T"}).out == "PENDING\n";
        },
        std::chrono::minutes{3}));
    REQUIRE(run({"scontrol", "update", "jobid=" + element, "starttime=now+3"}).status == 0);
    REQUIRE(eventually([&] { return campaign.count_files("here.") == 4; }));
    campaign.touch("go");
    campaign.gaggle_ends(0, {"wait"});
    CHECK(campaign.value("SELECT state, slurm_restarts, record_file FROM attempt") == "COMPLETED|1|0.1.record");
    CHECK(campaign.value("SELECT outcome, status, count(*) FROM interpreter GROUP BY 1, 2") == "Exited|0|2");
    CHECK(campaign.value("SELECT repetitions, completed FROM cells") == "1|1");
}

TEST_CASE("an array that waits for one that never ends says so, and goes on when that is cancelled")
{
    static_cast<void>(Cluster::running());
    const Campaign campaign;
    campaign.write("nodes = [1]\ninterpreters = [1, 2]\n" + std::string{sound_environment});
    update_partition("down");
    campaign.gaggle_ends(0, {"submit", campaign.experiment()});
    const std::vector<std::string> jobs = campaign.jobs();
    REQUIRE(run({"scontrol", "hold", jobs[0]}).status == 0);
    update_partition("up");
    REQUIRE(eventually([&] {
        const std::string status = campaign.gaggle_ends(0, {"status", "--format", "csv"}).out;
        return status.find(",0,0,0,1,0,0,JobHeld") != std::string::npos &&
               status.find(",0,0,0,1,0,0,Dependency,\r\n") != std::string::npos;
    }));
    REQUIRE(run({"scancel", jobs[0]}).status == 0);  // the job that the second one waits for is gone
    campaign.settle();
    CHECK(campaign.value("SELECT state, count(*) FROM attempt GROUP BY state ORDER BY state") ==
          "CANCELLED|1\nCOMPLETED|1");
    campaign.check_repair();
}
