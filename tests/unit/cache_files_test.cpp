#include "tests/unit/cache_fixture.hpp"

#include <sys/inotify.h>
#include <sys/stat.h>

using namespace gaggle;
using namespace gaggle::worker;
using namespace gaggle::tests;

TEST_CASE("an empty folder is as cold and as hot as it can be")
{
    const Environment environment;
    for (const CacheState state : {CacheState::cold, CacheState::hot, CacheState::as_is}) {
        const record::Cache result = as_user([&] { return bring(state, environment.folder.path()); });
        CHECK(result.verified);
        CHECK(result.files == 0);
        CHECK(result.bytes == 0);
    }
}

TEST_CASE("a file that may not be read leaves the state unverified")
{
    const Environment environment;
    (void)environment.write("readable", 100);
    const auto file = environment.write("secret", 100);
    REQUIRE(chmod(file.c_str(), 0) == 0);
    for (const CacheState state : {CacheState::cold, CacheState::hot}) {
        const record::Cache result = as_user([&] { return bring(state, environment.folder.path()); });
        CHECK_FALSE(result.verified);
        CHECK(result.files == 2);
        CHECK(result.bytes == 100);
        CHECK_THAT(result.reason, has_text("cannot tell what is cached of " + file.string() + ": Permission denied"));
    }
}

TEST_CASE("a file that vanishes is no longer one of the environment's")
{
    const Environment environment;
    (void)environment.write("stays", 100);
    const auto before = environment.write("goes before", 200);
    const auto between = environment.write("goes between", 400);
    CachePreparation cache{CacheState::hot, find_files({environment.folder.path()}, soon())};
    std::filesystem::remove(before);
    cache.prepare(soon());
    std::filesystem::remove(between);
    const record::Cache result = cache.check(soon());
    CHECK(result.reason.empty());
    CHECK(result.verified);
    CHECK(result.resident_before == 500);
    CHECK(result.files == 1);
    CHECK(result.bytes == 100);
}

TEST_CASE("a deadline that has passed ends every step with a reason")
{
    const Environment environment;
    (void)environment.write("a", 100);
    (void)environment.write("b", 100);
    const auto past = std::chrono::steady_clock::now();
    CHECK_THAT(find_files({environment.folder.path()}, past).trouble, has_text("the deadline passed"));
    for (const CacheState state : {CacheState::cold, CacheState::hot}) {
        const record::Cache result = as_user([&] {
            CachePreparation cache{state, find_files({environment.folder.path()}, soon())};
            cache.prepare(past);
            return cache.check(past);
        });
        CHECK_FALSE(result.verified);
        CHECK_THAT(result.reason, has_text("the deadline passed before every file was"));
    }
}

TEST_CASE("a root that is missing, or a folder that may not be listed, leaves the state unverified")
{
    const Environment environment;
    const auto missing = environment.folder.path() / "missing";
    record::Cache result = bring(CacheState::hot, missing);
    CHECK_FALSE(result.verified);
    CHECK(result.reason == missing.string() + ": No such file or directory");

    const auto closed = environment.write("closed/file", 1).parent_path();
    Environment::give_to_user(closed);
    REQUIRE(chmod(closed.c_str(), 0) == 0);
    result = as_user([&] { return bring(CacheState::hot, environment.folder.path()); });
    REQUIRE(chmod(closed.c_str(), 0700) == 0);
    CHECK_FALSE(result.verified);
    CHECK_THAT(result.reason, has_text(closed.string()) && has_text("Permission denied"));
}

TEST_CASE("each file is found once, links are followed, and none leads above a root")
{
    const TemporaryDirectory folder;
    const auto real = std::filesystem::canonical(folder.path());
    const auto inside = folder.write("prefix/lib/module.py", "1");
    const auto outside = folder.write("elsewhere/library/library.so", "2");
    folder.write("not for us", "3");
    const auto prefix = real / "prefix";
    create_directory_symlink(prefix / "lib", prefix / "lib64");
    create_directory_symlink(prefix, prefix / "lib" / "again");
    create_directory_symlink(real, prefix / "above");
    create_directory_symlink("/", prefix / "root");
    create_directory_symlink(real / "elsewhere" / "library", prefix / "outside");
    create_symlink(outside, prefix / "library.so");
    create_hard_link(inside, prefix / "hard");
    create_symlink("nowhere", prefix / "dangling");
    REQUIRE(mkfifo((prefix / "fifo").c_str(), 0600) == 0);

    const FoundFiles found = find_files({prefix, inside, prefix / "lib"}, soon());
    CHECK(found.trouble.empty());
    CHECK(found.paths.size() == 2);
    CHECK(find_files({outside, inside}, soon()).paths.size() == 2);
    CHECK(find_files({real, prefix}, soon()).paths.size() == 3);
}

TEST_CASE("to make a file cold it is opened once, and once more if it was cached")
{
    const Environment environment;
    const auto file = environment.write("file", 64 * page());
    const Descriptor events{inotify_init1(IN_NONBLOCK | IN_CLOEXEC)};
    const unsigned in_turn = IN_OPEN | IN_CLOSE;  // of events that are the same the kernel makes one
    REQUIRE(inotify_add_watch(events.get(), file.c_str(), in_turn) >= 0);
    const auto opens = [&](CacheState state) {
        REQUIRE(as_user([&] { return bring(state, file); }).verified);
        std::array<char, 4096> chunk{};
        const ssize_t got = read(events.get(), chunk.data(), chunk.size());
        return got < 0 ? 0 : got / static_cast<ssize_t>(2 * sizeof(inotify_event));
    };
    CHECK(opens(CacheState::cold) == 2);
    CHECK(opens(CacheState::cold) == 1);
    CHECK(opens(CacheState::hot) == 2);
}
