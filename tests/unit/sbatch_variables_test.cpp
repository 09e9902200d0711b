#include "orchestrator/commands/sbatch_variables.hpp"
#include "orchestrator/commands/foresight.hpp"
#include "orchestrator/scrub.hpp"
#include "tests/catch.hpp"

#include <cstdlib>
#include <string>
#include <vector>

using namespace gaggle;
using namespace gaggle::commands;

namespace {

/// A variable of this process, for as long as this lives.
class InShell {
public:
    InShell(const char* name, const char* value) : name_(name) { setenv(name, value, 1); }
    ~InShell() { unsetenv(name_); }
    InShell(const InShell&) = delete;
    InShell& operator=(const InShell&) = delete;

private:
    const char* name_;
};

experiment::SlurmOptions in_file()
{
    return {.options = {"--partition=norm", "--time=00:10:00"},
            .exclusive = true,
            .extra = {"-A lab"},
            .template_file = {},
            .given = {}};
}

plan::Plan plan_on(const experiment::SlurmOptions& slurm)
{
    plan::Plan planned;
    planned.experiment.slurm = slurm;
    planned.cells = {{.nodes = 1, .interpreters = 1}};
    return planned;
}

}  // namespace

TEST_CASE("sbatch takes the shell's variable before the file's option")
{
    CHECK(asked_of_sbatch(in_file(), "partition") == "norm");
    CHECK(asked_of_sbatch(in_file(), "account") == "lab");
    CHECK_FALSE(asked_of_sbatch(in_file(), "qos"));
    const InShell partition{"SBATCH_PARTITION", "debug"};
    const InShell qos{"SBATCH_QOS", "high"};
    const InShell empty{"SBATCH_ACCOUNT", ""};
    CHECK(asked_of_sbatch(in_file(), "partition") == "debug");
    CHECK(asked_of_sbatch(in_file(), "qos") == "high");
    CHECK(asked_of_sbatch(in_file(), "account") == "lab");
}

TEST_CASE("what was given on the command line beats the shell's variable and the file")
{
    experiment::SlurmOptions slurm = in_file();
    slurm.given = {"-p", "big", "--account=mine"};
    const InShell partition{"SBATCH_PARTITION", "debug"};
    const InShell account{"SBATCH_ACCOUNT", "other"};
    CHECK(asked_of_sbatch(slurm, "partition") == "big");
    CHECK(asked_of_sbatch(slurm, "account") == "mine");
    CHECK(contradictions(slurm).empty());
}

TEST_CASE("each variable that contradicts the file is named, with both values")
{
    CHECK(contradictions(in_file()).empty());
    const InShell account{"SBATCH_ACCOUNT", "other"};
    const InShell partition{"SBATCH_PARTITION", "norm"};  // says the same
    const InShell qos{"SBATCH_QOS", "high"};              // of which the file says nothing
    const InShell time{"SBATCH_TIMELIMIT", "5"};
    CHECK(contradictions(in_file()) == std::vector<std::string>{"SBATCH_ACCOUNT=other beats --account=lab",
                                                                "SBATCH_TIMELIMIT=5 beats --time=00:10:00"});
}

TEST_CASE("what is foreseen goes by what sbatch will take")
{
    slurm::Limits limits;
    limits.max_array_tasks = 1001;
    slurm::Partition norm;
    norm.name = "norm";
    norm.state = "UP";
    norm.nodes = 4;
    norm.max_time = std::chrono::minutes{60};
    limits.partitions = {norm};
    const plan::Plan planned = plan_on(in_file());
    CHECK(foresee(planned, limits).empty());
    {
        const InShell partition{"SBATCH_PARTITION", "debug"};
        REQUIRE(foresee(planned, limits).size() == 1);
        CHECK(foresee(planned, limits).front().words == "there is no partition 'debug'");
    }
    const InShell time{"SBATCH_TIMELIMIT", "2:00:00"};
    REQUIRE(foresee(planned, limits).size() == 1);
    CHECK_THAT(foresee(planned, limits).front().words, tests::has_text("a time limit of 120 minutes is too long"));
}
