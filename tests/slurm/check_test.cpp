#include "tests/catch.hpp"
#include "tests/slurm/cluster.hpp"

#include <algorithm>

using namespace gaggle::tests;
using gaggle::tests::has_text;

TEST_CASE("check --on-node tries every environment on a node, and leaves neither jobs nor files")
{
    Cluster::running();
    const Campaign campaign{R"(
nodes = [4]
interpreters = [8]
sentinel = 1
trace = true
imports = ["json"]
[slurm]
partition = "main"
time = "00:05:00"
[[environment]]
name = "here"
kind = "system"
[[environment]]
name = "nowhere"
kind = "conda"
prefix = "/gone"
[[environment]]
name = "node"
kind = "system"
stage = ["grep -qz ^SLURM_JOB_ID= /proc/$PPID/environ"]
)"};
    const Finished checked = campaign.gaggle({"check", "--on-node", campaign.experiment()});
    INFO(checked.out << checked.err);
    CHECK(checked.status == 1);
    CHECK_THAT(checked.out, has_text("here: ok: python 3."));
    CHECK_THAT(checked.out, has_text("node: ok: python 3."));  // a job's
    CHECK_THAT(checked.out, has_text("nowhere: environment.prefix: '/gone/bin/python' cannot be started: ") &&
                                has_text("; install it"));
    CHECK(std::count(checked.out.begin(), checked.out.end(), '\n') == 4);  // a line each, and which are the same
    CHECK(campaign.count_files("gaggle-check") == 0);
    CHECK_FALSE(std::filesystem::exists(campaign.path("store")));
}
