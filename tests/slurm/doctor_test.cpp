#include "tests/catch.hpp"
#include "tests/slurm/cluster.hpp"

using namespace gaggle::tests;
using gaggle::tests::has_text;

TEST_CASE("doctor says what Slurm is like, and whether it would run an experiment")
{
    static_cast<void>(Cluster::running());
    Campaign campaign{"nodes = [2]\ninterpreters = [1]\n" + std::string{sound_environment}};
    const Finished well = campaign.gaggle_ends(0, {"doctor", campaign.experiment()});
    CHECK_THAT(well.out, has_text("ok       slurmctld   Slurm ") && has_text("MaxArraySize=") &&
                             has_text("ok       clock       agrees with slurmctld's to the second") &&
                             has_text("ok       partition   the default 'main': 4 nodes") &&
                             has_text("ok       experiment  nothing is known that keeps Slurm from running it\n"));
    campaign.write("nodes = [5]\ninterpreters = [1]\n" + std::string{sound_environment});
    CHECK_THAT(campaign.gaggle_ends(1, {"doctor", campaign.experiment()}).out, has_text("wrong    experiment  "));
    CHECK_FALSE(std::filesystem::exists(campaign.path("store")));
}

TEST_CASE("a libslurm of another release is told in one line, and not used")
{
    static_cast<void>(Cluster::running());
    Campaign campaign{"nodes = [1]\ninterpreters = [1]\n" + std::string{sound_environment}};
    const std::vector<std::pair<std::string, std::string>> shell{{"LD_PRELOAD", GAGGLE_OTHER_RELEASE},
                                                                 {"GAGGLE_WORKER", GAGGLE_WORKER_PROGRAM}};
    const Finished submitted =
        run({GAGGLE_PROGRAM, "--store", campaign.path("store"), "submit", campaign.experiment()}, shell);
    CHECK(submitted.status == 3);
    CHECK_THAT(submitted.err, has_text("gaggle: built for Slurm ") && has_text("(libslurm 99): build gaggle on this"));
    CHECK(std::count(submitted.err.begin(), submitted.err.end(), '\n') == 1);
    CHECK(run({GAGGLE_PROGRAM, "version"}, shell).status == 3);
    CHECK_THAT(run({GAGGLE_PROGRAM, "doctor"}, shell).out, has_text("wrong    libslurm    built for Slurm "));
    const Finished sound = run({GAGGLE_PROGRAM, "version"});
    CHECK(sound.status == 0);
    CHECK_THAT(sound.out, has_text("gaggle ") && has_text("built for Slurm ") && has_text("runs with /"));
}
