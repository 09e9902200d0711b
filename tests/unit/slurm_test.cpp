#include "core/error.hpp"
#include "orchestrator/slurm/names.hpp"
#include "orchestrator/slurm/sbatch.hpp"
#include "tests/catch.hpp"

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
    CHECK(sbatch_arguments("/s.sh", std::nullopt) == std::vector<std::string>{"--parsable", "/s.sh"});
    CHECK(sbatch_arguments("/s.sh", 12) == std::vector<std::string>{"--parsable", "--dependency=afterany:12", "/s.sh"});
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
