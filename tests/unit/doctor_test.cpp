#include "orchestrator/commands/doctor.hpp"
#include "orchestrator/store/lock.hpp"
#include "tests/catch.hpp"
#include "tests/support/temporary.hpp"

using namespace gaggle;
using namespace gaggle::commands;
using gaggle::tests::has_text;

TEST_CASE("a store is well placed on a file system that nodes share, and doubtful elsewhere")
{
    CHECK(judge_file_system("/s", "lustre").health == Health::ok);
    CHECK(judge_file_system("/s", "nfs").remedy.empty());
    for (const char* type : {"tmpfs", "overlayfs", "ext2/ext3", "xfs", "fuseblk", ""}) {
        INFO(type);
        const Check check = judge_file_system("/s", type);
        CHECK(check.health == Health::warning);
        CHECK_THAT(check.words, has_text("/s is on ") && has_text(*type == '\0' ? "an unknown file system" : type));
        CHECK_FALSE(check.remedy.empty());
    }
}

TEST_CASE("whether locks work is tried, and nothing stays behind")
{
    const tests::TemporaryDirectory folder;
    CHECK(store::locking_trouble(folder.path()).empty());
    CHECK(std::filesystem::is_empty(folder.path()));
    CHECK_THAT(store::locking_trouble(folder.path() / "none"), has_text("cannot make a file in"));
}
