#include "tests/catch.hpp"
#include "tests/slurm/cluster.hpp"

#include <filesystem>

using namespace gaggle::tests;
using gaggle::tests::has_text;

namespace {

/// An environment of one command for /bin/sh, which does better once there is a file `fixed`.
std::string shell_environment(const Campaign& campaign, const std::string& name, const std::string& command)
{
    return "[[environment]]\nname = \"" + name +
           "\"\nkind = \"command\"\nlanguage = \"none\"\ncommand = [\"/bin/sh\", \"-c\", \"[ -e " +
           campaign.path("fixed").string() + " ] || " + command + "\"]\n";
}

std::string reason_of(const Campaign& campaign, const std::string& environment)
{
    return campaign.value("SELECT reason FROM attempts WHERE environment = '" + environment + "' AND state = 'FAILED'");
}

}  // namespace

TEST_CASE("an interpreter that exits with a code, crashes or is not there is a row, and the attempt says so")
{
    static_cast<void>(Cluster::running());
    const Campaign campaign;
    const std::filesystem::path late = campaign.write_file("late", "#!/nonexistent/bin/python\n");
    std::filesystem::permissions(late, std::filesystem::perms::owner_all);
    campaign.write("nodes = [1]\ninterpreters = [2]\n" + shell_environment(campaign, "exits", "exit 7") +
                   shell_environment(campaign, "crashes", "kill -SEGV $$") +
                   "[[environment]]\nname = \"missing\"\nkind = \"command\"\nlanguage = \"none\"\ncommand = [\"" +
                   late.string() + "\"]\n");
    const Finished submitted = campaign.gaggle_ends(1, {"submit", campaign.experiment(), "--wait"});
    CHECK_THAT(submitted.err, has_text("3 of 3 attempts ended: 3 FAILED"));
    CHECK(campaign.value("SELECT environment, outcome, status, count(*) FROM interpreters "
                         "GROUP BY environment, outcome, status ORDER BY environment") ==
          "crashes|Signaled|11|2\nexits|Exited|7|2\nmissing|ExecFailed|2|2");
    CHECK_THAT(reason_of(campaign, "exits"),
               has_text("2 of 2 interpreters failed; interpreter 0 on n00") && has_text(": Exited 7"));
    CHECK_THAT(reason_of(campaign, "crashes"), has_text("2 of 2 interpreters failed") && has_text(": Signaled 11"));
    CHECK_THAT(reason_of(campaign, "missing"), has_text("2 of 2 interpreters failed") && has_text(": ExecFailed 2: "));

    campaign.touch("fixed");
    static_cast<void>(campaign.write_file("late", "#!/bin/sh\n"));
    campaign.check_repair();
}

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
    const Campaign campaign;
    campaign.write("nodes = [1]\ninterpreters = [2]\ninterpreter_timeout = \"2s\"\n" +
                   shell_environment(campaign, "hanging", "exec sleep 600") + std::string{sound_environment});
    campaign.gaggle_ends(1, {"submit", campaign.experiment(), "--wait"});
    CHECK(campaign.value("SELECT state FROM attempts WHERE environment = 'hanging'") == "FAILED");
    CHECK_THAT(reason_of(campaign, "hanging"), has_text("2 of 2 interpreters failed") && has_text(": TimedOut"));
    CHECK(campaign.value("SELECT count(*) FROM interpreters WHERE environment = 'hanging' AND outcome = 'TimedOut'") ==
          "2");
    CHECK(campaign.value("SELECT state FROM attempts WHERE environment = 'sound'") == "COMPLETED");
    CHECK(campaign.value("SELECT count(*) FROM interpreters WHERE environment = 'sound' AND outcome = 'Exited'") ==
          "2");
    campaign.touch("fixed");
    campaign.check_repair();
}

TEST_CASE("interpreters that Slurm kills for their memory leave an incomplete attempt with its words")
{
    // Without cgroups Slurm can only poll (OverMemoryKill), and calls the job FAILED, not OUT_OF_MEMORY.
    const Cluster cluster{{"SelectTypeParameters=CR_CPU_Memory", "JobAcctGatherType=jobacct_gather/linux",
                           "JobAcctGatherFrequency=1", "JobAcctGatherParams=OverMemoryKill"}};
    const Campaign campaign;
    std::string batch = read_text(GAGGLE_TEMPLATE);
    batch.replace(batch.find("--mem=0"), 7, "--mem=80");
    campaign.write(
        "nodes = [1]\ninterpreters = [1]\n[slurm]\ntemplate = \"" + campaign.write_file("template", batch).string() +
        "\"\n" +
        shell_environment(campaign, "greedy",
                          "exec /usr/bin/python3 -c 'import time; x = bytearray(300 << 20); time.sleep(600)'"));
    campaign.gaggle_ends(0, {"submit", campaign.experiment()});
    campaign.settle();
    CHECK(campaign.value("SELECT state, slurm_state FROM attempt") == "INCOMPLETE|FAILED");
    CHECK(campaign.value("SELECT outcome FROM gaggle") == "Died");
    CHECK_THAT(campaign.value("SELECT reason FROM attempt"),
               has_text("Died: its worker ended while its interpreters ran") && has_text("the launcher said: ") &&
                   has_text("exceeded memory limit"));
    campaign.touch("fixed");
    campaign.check_repair();
}
