#include "tests/catch.hpp"
#include "tests/slurm/cluster.hpp"

#include <algorithm>
#include <fstream>
#include <sstream>

using namespace gaggle::tests;
using gaggle::tests::has_text;

namespace {

/// Two environments: python, and a command that writes its environment into a file of its own.
std::string experiment_for(const Campaign& campaign)
{
    return R"(name = "whole"
seed = 5
nodes = [1, 2]
interpreters = [1, 2]
repetitions = 2
blocks = 2
imports = ["json", "sqlite3"]
inherit = ["WANTED"]

[slurm]
time = "00:05:00"

[[environment]]
name = "python"
kind = "system"
python = "/usr/bin/python3"

[[environment]]
name = "bare"
kind = "command"
language = "none"
command = ["/bin/sh", "-c", "env > )" +
           campaign.path("environment.$$").string() + R"("]
)";
}

/// Every variable name in the files that the bare interpreters wrote.
std::string variables_seen(const Campaign& campaign)
{
    std::string names;
    for (const auto& entry : std::filesystem::directory_iterator{campaign.path("")}) {
        if (entry.path().filename().string().starts_with("environment.")) {
            std::istringstream lines{read_text(entry.path())};
            for (std::string line; std::getline(lines, line);) {
                names += line.substr(0, line.find('=')) + "\n";
            }
        }
    }
    return names;
}

void check_rows(const Campaign& campaign)
{
    // 2 environments x 2 repetitions x (1 + 2 nodes) x (1 + 2 interpreters)
    CHECK(campaign.value("SELECT count(*) FROM interpreter") == "36");
    CHECK(campaign.value("SELECT count(*) FROM gaggle") == "24");
    CHECK(campaign.value("SELECT count(*), sum(state = 'COMPLETED') FROM attempt") == "16|16");
    CHECK(campaign.value("SELECT count(*), count(DISTINCT cell_id) FROM overall") == "16|8");
    CHECK(campaign.value("SELECT count(*) FROM phases WHERE environment = 'python' AND phase LIKE 'import %'") == "36");
    CHECK(campaign.value("SELECT count(*) FROM overlaps") == "0");
    CHECK(campaign.value("SELECT DISTINCT slurm_state FROM attempt") == "COMPLETED");
    CHECK_THAT(
        run({"srun", "--version"}).out,
        has_text(" " + campaign.value("SELECT DISTINCT value FROM provenance WHERE fact = 'srun_version'") + "\n"));
    CHECK(campaign.value("SELECT count(DISTINCT attempt_id) FROM provenance WHERE fact = 'worker_sha256'") == "16");
    CHECK(campaign.value("SELECT count(*) FROM end_to_end WHERE queued_s > -2 AND end_to_end_s >= time_s") == "16");
}

void check_environment(const Campaign& campaign)
{
    const std::string seen = variables_seen(campaign);
    CHECK_THAT(seen, has_text("WANTED\n"));
    for (const auto& [name, value] : dirty_shell()) {
        if (name != "WANTED") {
            CHECK_THAT(seen, !has_text(name + "\n"));
        }
    }
    CHECK_THAT(seen, !has_text("SLURM"));
    CHECK_THAT(seen, !has_text("GAGGLE"));
}

void check_reading_commands(const Campaign& campaign)
{
    const Finished status = campaign.gaggle_ends(0, {"status", "--format", "csv"});
    CHECK_THAT(status.out, has_text("2,2,python,measured,2,0,0,0,0,0,,\r\n"));
    CHECK_THAT(campaign.gaggle_ends(0, {"status"}).out, has_text("nodes  interpreters  environment  role      done"));
    CHECK_THAT(campaign.gaggle_ends(0, {"sql", "overall"}).out, has_text("python"));
    CHECK(campaign.gaggle_ends(0, {"sql", "overlaps", "--format", "json"}).out == "[]\n");
    CHECK(campaign.gaggle_ends(0, {"sql", "SELECT count(*) AS n FROM interpreter", "--format", "csv"}).out ==
          "n\r\n36\r\n");
    CHECK_THAT(campaign.gaggle_ends(0, {"collect"}).err, has_text("0 attempts changed; asked slurmctld 0 times"));
    CHECK_THAT(campaign.gaggle_ends(2, {"sql", "DELETE FROM attempt"}).err, has_text("gaggle: "));
    campaign.gaggle_ends(2, {"sql", "nosuch"});
    campaign.gaggle_ends(0, {"wait"});
}

}  // namespace

TEST_CASE("an experiment goes from its file to rows that the plain sqlite3 client reads")
{
    static_cast<void>(Cluster::running());
    Campaign campaign;
    static_cast<void>(std::ofstream{campaign.path("experiment.toml")} << experiment_for(campaign));

    const Finished submitted = campaign.gaggle_ends(0, {"submit", campaign.experiment(), "--wait"});
    CHECK(std::count(submitted.out.begin(), submitted.out.end(), '\n') == 16);
    CHECK_THAT(submitted.out, has_text(":python\tblock 1\trepetitions 1\n"));
    CHECK_THAT(submitted.out, has_text(":bare\tblock 2\trepetitions 2\n"));
    CHECK(campaign.jobs().size() == 16);
    CHECK_THAT(submitted.err, has_text("16 of 16 attempts ended: 16 COMPLETED; asked slurmctld"));

    check_rows(campaign);
    check_environment(campaign);
    check_reading_commands(campaign);

    const Finished again = campaign.gaggle_ends(0, {"submit", campaign.experiment()});
    CHECK(again.out.empty());
    CHECK_THAT(again.err, has_text("all 16 arrays were submitted before"));
}
