#include "tests/catch.hpp"
#include "tests/slurm/cluster.hpp"

using namespace gaggle::tests;
using gaggle::tests::has_text;

namespace {

/// gaggle in a shell that asks sbatch for a partition that there is not, and for half an hour.
Finished gaggle_with_variables(const Campaign& campaign, std::vector<std::string> arguments)
{
    arguments.insert(arguments.begin(), {GAGGLE_PROGRAM, "--store", campaign.path("store").string()});
    return run(arguments,
               {{"GAGGLE_WORKER", GAGGLE_WORKER_PROGRAM}, {"SBATCH_PARTITION", "nosuch"}, {"SBATCH_TIMELIMIT", "30"}});
}

}  // namespace

TEST_CASE("sbatch's options on the command line beat variables and file, are kept, and come again with resubmit")
{
    static_cast<void>(Cluster::running());
    Campaign campaign;
    campaign.write("nodes = [1]\ninterpreters = [1]\n[slurm]\ntime = \"5\"\n" + campaign.waiting_environment());
    const std::vector<std::string> submit{
        "submit", campaign.experiment(), "-p", "main", "-t", "7", "-J", "my name", "--", "--nice=3"};
    const Finished submitted = gaggle_with_variables(campaign, submit);
    INFO(submitted.err);
    REQUIRE(submitted.status == 0);
    CHECK_THAT(submitted.err, !has_text(" beats "));
    const std::vector<std::string> jobs = campaign.jobs();
    const std::string job = show_job(jobs[0] + "_0");
    CHECK_THAT(job, has_text("Partition=main ") && has_text("TimeLimit=00:07:00") && has_text("JobName=my name") &&
                        has_text("Nice=3 "));
    REQUIRE(eventually([&] { return campaign.count_files("here.") == 1; }));
    campaign.gaggle_ends(0, {"cancel"});
    campaign.settle();

    const Finished again = gaggle_with_variables(campaign, {"resubmit", "--time", "x2", "-x", "n004"});
    INFO(again.err);
    REQUIRE(again.status == 0);
    const std::string second = show_job(campaign.jobs().at(1) + "_0");
    CHECK_THAT(second, has_text("Partition=main ") && has_text("TimeLimit=00:14:00") && has_text("ExcNodeList=n004") &&
                           has_text("JobName=my name") && has_text("Nice=3 "));
    CHECK_THAT(campaign.value("SELECT command_line FROM array WHERE position = 1"), has_text("--exclude=n004"));
    campaign.touch("go");
    campaign.gaggle_ends(0, {"wait"});
}

TEST_CASE("what is left of a submission goes on with the same options only")
{
    static_cast<void>(Cluster::running());
    Campaign campaign{"nodes = [1]\ninterpreters = [1]\n" + std::string{sound_environment}};
    campaign.gaggle_ends(4, {"submit", campaign.experiment(), "-C", "nosuch"});
    CHECK_THAT(campaign.gaggle_ends(2, {"submit", campaign.experiment()}).err,
               has_text("was submitted with '--constraint=nosuch': give the same to go on with it, or --again"));
    campaign.gaggle_ends(4, {"submit", campaign.experiment(), "-C", "nosuch"});
    campaign.gaggle_ends(0, {"submit", campaign.experiment(), "--again", "--wait"});
}

TEST_CASE("logs are those of what failed, of what is named, and say whose they are")
{
    static_cast<void>(Cluster::running());
    Campaign campaign;
    campaign.write("nodes = [1]\ninterpreters = [1]\n[slurm]\ntemplate = \"" + campaign.path("template").string() +
                   "\"\n" + std::string{sound_environment});
    std::string text = read_text(GAGGLE_TEMPLATE);
    const std::size_t command = text.find("exec {{command}}");
    REQUIRE(command != std::string::npos);
    text.insert(command, "[ -e " + campaign.path("fixed").string() + " ] || { echo one; echo two >&2; exit 9; }\n");
    campaign.write_file("template", text);
    campaign.gaggle_ends(0, {"submit", campaign.experiment()});
    campaign.settle();
    INFO(campaign.value("SELECT state, reason FROM attempt"));
    const std::string job = campaign.jobs()[0];
    const Finished failed = campaign.gaggle_ends(0, {"logs"});
    CHECK_THAT(failed.out, has_text("==> " + job + "_0  1x1:sound  repetition 1, attempt 1 of 1: FAILED") &&
                               has_text(" <==\n") && has_text("one\ntwo\n"));
    CHECK_THAT(campaign.gaggle_ends(0, {"logs", job + "_0", "--lines", "1"}).out,
               has_text("two\n") && !has_text("one\n"));
    const Finished paths = campaign.gaggle_ends(0, {"logs", "--paths"});
    CHECK_THAT(read_text(paths.out.substr(0, paths.out.find('\n'))), has_text("one\ntwo\n"));

    campaign.touch("fixed");
    campaign.gaggle_ends(0, {"resubmit", "--wait"});
    CHECK(campaign.gaggle_ends(0, {"logs"}).out.empty());
    CHECK_THAT(campaign.gaggle_ends(0, {"logs", "1x1:sound"}).out, has_text("attempt 2 of 2: COMPLETED"));
    CHECK_THAT(campaign.gaggle_ends(0, {"logs", "--all"}).out,
               has_text("attempt 1 of 2: FAILED") && !has_text("attempt 2 of 2"));
}
