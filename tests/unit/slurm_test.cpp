#include "core/error.hpp"
#include "orchestrator/slurm/accounting.hpp"
#include "orchestrator/slurm/hosts.hpp"
#include "orchestrator/slurm/names.hpp"
#include "orchestrator/slurm/sbatch.hpp"
#include "orchestrator/slurm/version.hpp"
#include "tests/catch.hpp"

#include <unistd.h>

#include <cstdint>

// libslurm's own names, which it exports and does not declare.
extern "C" {
char* slurm_job_state_string(std::uint32_t state);
}

using namespace gaggle::slurm;
using gaggle::tests::has_text;

TEST_CASE("states have the names that this machine's libslurm gives them")
{
    constexpr std::uint32_t running = 1;
    for (std::uint32_t base = 0; base < 12; ++base) {
        CHECK(state_name(base) == slurm_job_state_string(base));
        CHECK(is_ended(state_name(base)) == (base >= 3));
    }
    for (std::uint32_t bit = 8; bit < 24; ++bit) {
        CHECK(state_name(running | 1U << bit) == slurm_job_state_string(running | 1U << bit));
    }
    CHECK_FALSE(is_ended("COMPLETING"));
}

TEST_CASE("what this build does not know keeps its number")
{
    CHECK(state_name(77) == "UNKNOWN(77)");
    CHECK_FALSE(is_ended("UNKNOWN(77)"));
    CHECK(reason_name(0).empty());
    CHECK(reason_name(2) == "Dependency");
    CHECK(reason_name(24) == "NonZeroExitCode");
    CHECK(reason_name(198) == "ReservationDeleted");
    CHECK(reason_name(4711) == "UNKNOWN(4711)");
}

TEST_CASE("sbatch's answer is a job id, and a cluster where there are several")
{
    CHECK(parse_parsable("123\n").job_id == 123);
    CHECK(parse_parsable("123\n").cluster.empty());
    CHECK(parse_parsable("4567;far\n").cluster == "far");
    CHECK(parse_parsable("Welcome to our site\n89\n").job_id == 89);
    for (const char* nonsense : {"", "\n", "0\n", "12x\n", "12;\n", "Submitted batch job 12\n"}) {
        CHECK_THROWS_AS(parse_parsable(nonsense), gaggle::Error);
    }
}

TEST_CASE("sbatch is given the script, and the array to wait for")
{
    CHECK(sbatch_arguments("/s.sh", {}, {}) == std::vector<std::string>{"--parsable", "/s.sh"});
    CHECK(sbatch_arguments("/s.sh", {}, {12}) ==
          std::vector<std::string>{"--parsable", "--dependency=afterany:12", "/s.sh"});
    CHECK(sbatch_arguments("/s.sh", {}, {12, 14}).at(1) == "--dependency=afterany:12:14");
}

TEST_CASE("options that were given stand before all others of sbatch's")
{
    CHECK(sbatch_arguments("/s.sh", {"--partition=big", "-x", "n1"}, {12}) ==
          std::vector<std::string>{"--partition=big", "-x", "n1", "--parsable", "--dependency=afterany:12", "/s.sh"});
}

TEST_CASE("host lists are joined, each host once, as Slurm writes them")
{
    CHECK(joined_hosts({}).empty());
    CHECK(joined_hosts({"n[001-003]", "n003", "n004", "m7"}) == "m7,n[001-004]");
}

TEST_CASE("the library that runs is the one that was built for")
{
    CHECK(built_api() == loaded_api());
    CHECK(mismatch().empty());
    CHECK_THAT(loaded_file(), has_text("libslurm"));
}

TEST_CASE("no answer is told from a refusal")
{
    CHECK(is_unreachable("Batch job submission failed: Unable to contact slurm controller (connect failure)"));
    CHECK(is_unreachable("Batch job submission failed: Socket timed out on send/recv operation"));
    CHECK_FALSE(is_unreachable("Batch job submission failed: Invalid partition name specified"));
}

TEST_CASE("an array is found by its token, whatever its id")
{
    const Queue queue{{"a", 7, {}}, {"b", 8, {}}, {"b", 5, {}}};
    CHECK(find(queue, "a", 99)->job_id == 7);
    CHECK(find(queue, "b", 8)->job_id == 8);
    CHECK(find(queue, "b", std::nullopt)->job_id == 5);
    CHECK(find(queue, "c", 7) == nullptr);
}

namespace {

constexpr std::int64_t submitted_unix = 1'700'000'000;

/// A row of slurmdbd's of array 7, which was submitted then by this user as gaggle-a with the token "ours".
AccountedJob row(const std::string& comment, std::vector<unsigned> tasks, const std::string& state)
{
    AccountedJob job;
    job.comment = comment;
    job.name = "gaggle-a";
    job.user = getuid();
    job.array_job_id = 7;
    job.tasks = std::move(tasks);
    job.submit_unix = submitted_unix;
    job.word.state = state;
    return job;
}

Queue known(std::vector<AccountedJob> rows)
{
    return queue_of(std::move(rows), {{"ours", 7, "gaggle-a", submitted_unix * 1'000'000'000}});
}

}  // namespace

TEST_CASE("slurmdbd's bitmap of tasks")
{
    CHECK(tasks_of("0x14") == std::vector<unsigned>{2, 4});
    CHECK(tasks_of("0x80000000000000000001") == std::vector<unsigned>{0, 79});
    CHECK(tasks_of("0xF") == std::vector<unsigned>{0, 1, 2, 3});
    CHECK(tasks_of("").empty());
    CHECK(tasks_of("2,4").empty());
    CHECK(tasks_of("0x1g").empty());
}

TEST_CASE("slurmdbd's rows are an array's by the token, whoever else had its job id")
{
    AccountedJob other = row("gaggle:theirs", {0}, "FAILED");
    other.submit_unix += 60;
    const Queue queue = known({other, row("gaggle:ours", {0}, "COMPLETED"), row("gaggle:ours", {2, 4}, "CANCELLED")});
    REQUIRE(queue.size() == 1);
    CHECK(queue[0].token == "ours");
    CHECK(queue[0].job_id == 7);
    REQUIRE(queue[0].tasks.size() == 3);
    CHECK(queue[0].tasks.at(0).state == "COMPLETED");
    CHECK(queue[0].tasks.at(0).restarts == 0);
    CHECK(queue[0].tasks.at(4).state == "CANCELLED");
    CHECK(known({other}).empty());
}

TEST_CASE("without a comment slurmdbd's rows are an array's by name, user and time")
{
    CHECK(known({row("", {0}, "RUNNING")}).size() == 1);
    AccountedJob job = row("", {0}, "COMPLETED");
    job.name = "gaggle-b";
    CHECK(known({job}).empty());
    job = row("", {0}, "COMPLETED");
    job.user = getuid() + 1;
    CHECK(known({job}).empty());
    job = row("", {0}, "COMPLETED");
    job.array_job_id = 8;
    CHECK(known({job}).empty());
    job = row("", {0}, "COMPLETED");
    job.submit_unix = submitted_unix - 290;
    CHECK(known({job}).size() == 1);
    job.submit_unix = submitted_unix - 310;
    CHECK(known({job}).empty());
}

TEST_CASE("of an element that was requeued slurmdbd's last row counts")
{
    AccountedJob again = row("gaggle:ours", {0}, "COMPLETED");
    again.submit_unix += 3'600;
    const Queue queue = known({again, row("gaggle:ours", {0}, "NODE_FAIL")});
    REQUIRE(queue.size() == 1);
    CHECK(queue[0].tasks.at(0).state == "COMPLETED");
    CHECK(queue[0].tasks.at(0).restarts == 1);
}
