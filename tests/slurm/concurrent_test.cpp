#include "tests/catch.hpp"
#include "tests/slurm/cluster.hpp"

#include <algorithm>

using namespace gaggle::tests;
using gaggle::tests::has_text;

namespace {

/// Two cells of one node each in two blocks, whose interpreters wait for the file `go`, and their traces.
void write_experiment(const Campaign& campaign, const std::string& top)
{
    campaign.write(top + "nodes = [1]\ninterpreters = [1, 2]\nrepetitions = 2\nblocks = 2\ntrace = true\n" +
                   campaign.waiting_environment());
}

std::string waits_for(const std::string& job)
{
    const std::string text = show_job(job);
    const std::size_t begin = text.find("Dependency=") + 11;
    return text.substr(begin, text.find_first_of(" \n", begin) - begin);
}

}  // namespace

TEST_CASE("concurrent cells of a block run at the same time, blocks and traces one after the other")
{
    static_cast<void>(Cluster::running());
    Campaign campaign;
    write_experiment(campaign, "concurrent = true\n");
    CHECK_THAT(campaign.gaggle_ends(0, {"plan", campaign.experiment()}).out, has_text("\nconcurrent    yes: "));
    const Finished submitted = campaign.gaggle_ends(0, {"submit", campaign.experiment()});
    CHECK(std::count(submitted.out.begin(), submitted.out.end(), '\n') == 5);
    const std::vector<std::string> jobs = campaign.jobs();
    // Three interpreters say that they are there: both cells of the first block.
    REQUIRE(eventually([&] { return campaign.count_files("here.") == 3; }));
    CHECK(waits_for(jobs.at(0)) == "(null)");
    CHECK(waits_for(jobs.at(1)) == "(null)");
    for (const std::size_t second : {2U, 3U}) {
        CHECK_THAT(waits_for(jobs.at(second)),
                   has_text("afterany:" + jobs.at(0) + "_*") && has_text("afterany:" + jobs.at(1) + "_*"));
    }
    CHECK_THAT(waits_for(jobs.at(4)), has_text(jobs.at(2) + "_*") && has_text(jobs.at(3) + "_*"));

    campaign.touch("go");
    campaign.gaggle_ends(0, {"wait"});
    CHECK(campaign.value("SELECT count(*), sum(state = 'COMPLETED') FROM latest") == "4|4");
    CHECK(campaign.value("SELECT concurrent FROM experiment") == "1");
    // Both attempts of the first block waited for one file, so they overlapped; nothing did across blocks.
    CHECK(campaign.value("SELECT count(*) FROM overlaps JOIN all_attempts AS one USING (attempt_id)"
                         " JOIN all_attempts AS other ON other.attempt_id = other_attempt_id"
                         " WHERE one.block = 0 AND other.block = 0 AND overlap_s > 0") == "1");
    CHECK(campaign.value("SELECT count(*) FROM overlaps JOIN all_attempts AS one USING (attempt_id)"
                         " JOIN all_attempts AS other ON other.attempt_id = other_attempt_id"
                         " WHERE one.block <> other.block OR one.role <> other.role") == "0");
    CHECK_THAT(campaign.gaggle_ends(0, {"sql", "overlaps", "--format", "csv"}).out,
               has_text(",waiting,1,1,measured,1,") || has_text(",waiting,1,2,measured,1,"));
}

TEST_CASE("what is submitted after concurrent cells waits for all of them")
{
    static_cast<void>(Cluster::running());
    Campaign campaign;
    write_experiment(campaign, "concurrent = true\n");
    campaign.gaggle_ends(0, {"submit", campaign.experiment()});
    const std::string trace = campaign.jobs().back();
    REQUIRE(eventually([&] { return campaign.count_files("here.") == 3; }));

    SECTION("another experiment of the store")
    {
        write_experiment(campaign, "");
        campaign.gaggle_ends(0, {"submit", campaign.experiment()});
        const std::vector<std::string> jobs = campaign.jobs();
        REQUIRE(jobs.size() == 10);
        CHECK_THAT(waits_for(jobs.at(5)), has_text("afterany:" + trace + "_*"));
        CHECK_THAT(waits_for(jobs.at(6)), has_text("afterany:" + jobs.at(5) + "_*"));
        CHECK_THAT(waits_for(jobs.at(6)), !has_text(","));
    }
    SECTION("and where a whole block is cancelled before it ran, the next one waits for those before")
    {
        const std::vector<std::string> jobs = campaign.jobs();
        campaign.gaggle_ends(0, {"cancel", "--state", "PD", "--where", "role = 'measured'"});
        CHECK_THAT(waits_for(trace), has_text("afterany:" + jobs.at(0) + "_*") && has_text(jobs.at(1) + "_*"));
    }
    SECTION("and where one cell of a block is cancelled, the next one waits for the others as before")
    {
        const std::vector<std::string> jobs = campaign.jobs();
        campaign.gaggle_ends(0, {"cancel", jobs.at(2)});
        REQUIRE(eventually([&] { return waits_for(trace).find(jobs.at(2)) == std::string::npos; }));
        CHECK_THAT(waits_for(trace), has_text("afterany:" + jobs.at(3) + "_*"));
    }
    campaign.touch("go");
    campaign.settle();
}
