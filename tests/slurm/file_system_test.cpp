#include "tests/support/file_system.hpp"
#include "tests/catch.hpp"
#include "tests/slurm/cluster.hpp"
#include "tests/support/page_cache.hpp"

#include <filesystem>
#include <string>

using namespace gaggle::tests;
using gaggle::tests::has_text;

namespace {

/// An interpreter on the file system, which imports a module from there.
std::string experiment_on(const FileSystem& fs)
{
    return R"(nodes = [2]
interpreters = [2]
imports = ["inside"]
cache = "cold"
[slurm]
time = "00:05:00"
[[environment]]
name = "shared"
kind = "system"
python = ")" +
           (fs.shared() / "python3").string() + R"("
env = { PYTHONPATH = ")" +
           (fs.shared() / "modules").string() + R"(" }
cache_paths = [")" +
           fs.shared().string() + "\"]\n";
}

}  // namespace

TEST_CASE("nodes with a mount each: what they measure was cold on that file system, and they come back with it")
{
    if (!mounts_here()) {
        return;
    }
    const FileSystem fs;
    std::filesystem::copy(std::filesystem::canonical("/usr/bin/python3"), fs.shared() / "python3");
    fs.write("modules/inside.py", "value = 1\n");
    const Cluster cluster{{}, Accounting::none, fs.dir()};
    CHECK(fs.counts().mounts == 4);
    const Finished devices = run({"srun", "-N4", "stat", "-c", "%d", fs.shared().string()});
    CHECK(run({"/bin/sh", "-c", "printf %s \"$1\" | sort -u | wc -l", "sh", devices.out}).out == "4\n");

    const PageCache page_cache;  // where this is root, cold empties it
    const Campaign campaign{experiment_on(fs)};
    campaign.gaggle_ends(0, {"submit", campaign.experiment(), "--wait"});
    CHECK(campaign.value("SELECT group_concat(DISTINCT state || coalesce(reason, '')) FROM attempt") == "COMPLETED");
    CHECK(campaign.value("SELECT count(*) FROM phases WHERE phase = 'import inside'") == "4");
    CHECK(campaign.value("SELECT DISTINCT value FROM provenance WHERE fact = 'interpreter_file_system'") ==
          "fuse.sshfs");
    CHECK(campaign.value("SELECT DISTINCT verified, resident_after, perhaps_not_cold FROM caches") == "1|0|0");
    CHECK_THAT(campaign.value("SELECT DISTINCT not_covered FROM caches"), has_text("serves a FUSE file system"));

    cluster.control("power-off", {"n002"});
    CHECK(eventually([&] { return fs.counts().mounts == 3; }));
    cluster.control("power-on", {"n002"});
    CHECK(fs.counts().mounts == 4);
    CHECK(run({"srun", "-w", "n002", "cat", (fs.shared() / "here").string()}).out == "content\n");
    cluster.control("stop");
    CHECK(eventually([&] { return fs.counts().mounts == 0; }));
}
