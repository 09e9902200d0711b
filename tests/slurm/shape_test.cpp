#include "tests/catch.hpp"
#include "tests/slurm/cluster.hpp"

#include <algorithm>

using namespace gaggle::tests;
using gaggle::tests::has_text;

TEST_CASE("an array by shape is submitted, cancelled in part and made again as its cells are")
{
    static_cast<void>(Cluster::running());
    Campaign campaign;
    campaign.write(
        "nodes = [1, 2]\ninterpreters = [1, 2]\nrepetitions = 2\ntrace = true\n[slurm]\narray = \"shape\"\n" +
        campaign.waiting_environment());
    const Finished submitted = campaign.gaggle_ends(0, {"submit", campaign.experiment()});
    CHECK(std::count(submitted.out.begin(), submitted.out.end(), '\n') == 3);
    CHECK_THAT(submitted.out, has_text("\t1 node, 2 cells\tblock 1\trepetitions 1-2\n") &&
                                  has_text("\t2 nodes, 2 cells\tblock 1\trepetitions 1-2\n") &&
                                  has_text("\t1x1:waiting:trace\t"));
    const std::vector<std::string> jobs = campaign.jobs();
    REQUIRE(jobs.size() == 3);
    REQUIRE(eventually([&] { return campaign.count_files("here.") >= 1; }));  // task 0 of the first array runs
    CHECK(campaign.gaggle_ends(0, {"submit", campaign.experiment()}).out.empty());

    // A cell that waits, all of it, and one element by its number.
    const std::string of_second =
        "SELECT nodes || 'x' || interpreters || ':' || environment FROM all_attempts WHERE job = '" + jobs.at(1) +
        "_0'";
    const std::string cell = campaign.value(of_second);
    const Finished cancelled = campaign.gaggle_ends(0, {"cancel", cell, jobs.at(0) + "_3"});
    CHECK_THAT(cancelled.out, has_text(jobs.at(1) + "_[0") && has_text("]\t" + cell + "\tblock 1\trepetitions 1-2\n") &&
                                  has_text(jobs.at(0) + "_[3]\t"));
    campaign.touch("go");
    campaign.gaggle_ends(1, {"wait"});
    CHECK(campaign.value("SELECT state, count(*) FROM attempts GROUP BY state ORDER BY state") ==
          "CANCELLED|3\nCOMPLETED|5");
    CHECK(campaign.value("SELECT count(*) FROM latest JOIN cells USING (cell_id) WHERE state = 'CANCELLED' AND "
                         "latest.nodes || 'x' || latest.interpreters || ':' || latest.environment = '" +
                         cell + "'") == "2");

    const Finished again = campaign.gaggle_ends(0, {"resubmit", "--wait"});
    CHECK(std::count(again.out.begin(), again.out.end(), '\n') == 2);  // one for each array of the first attempts
    CHECK(campaign.value("SELECT count(*), sum(state = 'COMPLETED') FROM latest") == "8|8");
    CHECK(
        campaign.value("SELECT cell_id, repetition, count(*) FROM overall GROUP BY 1, 2 HAVING count(*) > 1").empty());
    // What ran is what the rows say: the interpreters of each attempt are those of its cell on each of its nodes.
    CHECK(campaign.value("SELECT count(*) FROM (SELECT attempt_id FROM interpreters WHERE state = 'COMPLETED' "
                         "GROUP BY attempt_id HAVING count(*) = max(nodes) * max(interpreters))") == "8");
    CHECK(campaign.value("SELECT count(*) FROM overlaps") == "0");
    CHECK(campaign.value("SELECT count(DISTINCT array_id), count(DISTINCT job) FROM all_attempts") == "5|12");
}
