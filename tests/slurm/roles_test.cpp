#include "tests/catch.hpp"
#include "tests/slurm/cluster.hpp"

#include <algorithm>

using namespace gaggle::tests;
using gaggle::tests::has_text;

TEST_CASE("sentinels and traces go through submit, status, cancel, collect and resubmit, and are no results")
{
    static_cast<void>(Cluster::running());
    Campaign campaign;
    campaign.write("nodes = [1]\ninterpreters = [1]\nsentinel = 1\ntrace = true\n" + campaign.waiting_environment() +
                   "[[environment]]\nname = \"python\"\nkind = \"system\"\npython = \"/usr/bin/python3\"\n"
                   "imports = [\"json\"]\n");
    const Finished submitted = campaign.gaggle_ends(0, {"submit", campaign.experiment()});
    // One measured cell of each environment between three sentinels, then a trace of each.
    CHECK(std::count(submitted.out.begin(), submitted.out.end(), '\n') == 7);
    const std::vector<std::string> jobs = campaign.jobs();
    CHECK_THAT(submitted.out,
               Catch::Matchers::StartsWith(jobs.at(0) + "\t1x1:waiting:sentinel\tblock 1\trepetitions 1\n"));
    CHECK_THAT(submitted.out, has_text(jobs.at(4) + "\t1x1:waiting:sentinel\tblock 1\trepetitions 3\n"));
    CHECK_THAT(submitted.out, has_text(jobs.at(6) + "\t1x1:python:trace\tblock 1\trepetitions 1\n"));
    REQUIRE(eventually([&] { return campaign.count_files("here.") == 1; }));

    CHECK_THAT(campaign.gaggle_ends(0, {"cancel", "1x1:python:trace"}).out,
               has_text(jobs.at(6) + "_[0]\t1x1:python:trace\t"));
    CHECK_THAT(campaign.gaggle_ends(0, {"status", "--format", "csv"}).out,
               has_text("1,1,python,measured,0,0,0,1,0,0,") && has_text("1,1,waiting,sentinel,0,0,1,2,0,0,") &&
                   has_text("1,1,python,trace,0,1,0,0,0,0,"));
    campaign.touch("go");
    campaign.gaggle_ends(1, {"wait"});
    CHECK_THAT(campaign.gaggle_ends(0, {"sql", "failures"}).out, has_text("trace") && has_text("CANCELLED"));
    CHECK(campaign.value("SELECT state FROM latest") == "COMPLETED\nCOMPLETED");

    const Finished again = campaign.gaggle_ends(0, {"resubmit", "--where", "role = 'trace'", "--wait"});
    CHECK_THAT(again.out, has_text("\t1x1:python:trace\tblock 1\trepetitions 1\n"));
    CHECK(std::count(again.out.begin(), again.out.end(), '\n') == 1);
    CHECK(
        campaign.value("SELECT role, count(*), sum(state = 'COMPLETED') FROM all_latest GROUP BY role ORDER BY role") ==
        "measured|2|2\nsentinel|3|3\ntrace|2|2");
    CHECK(campaign.value("SELECT count(*), count(trouble), count(import_trouble) FROM traces") == "2|0|0");
    CHECK(campaign.value("SELECT environment, calls > 0 FROM calls WHERE kind = 'open' ORDER BY environment") ==
          "python|1\nwaiting|1");
    CHECK(campaign.value("SELECT count(*) FROM import_times WHERE module = 'json.decoder'") == "1");
    CHECK(campaign.value("SELECT count(*) FROM overall") == "2");
    CHECK(campaign.value("SELECT count(*) FROM overlaps") == "0");
    CHECK_THAT(campaign.gaggle_ends(0, {"sql", "drift", "--format", "csv"}).out, has_text("test,slurm,sentinels,3,"));
}
