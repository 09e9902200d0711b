#include "tests/process/attempt.hpp"
#include "tests/support/page_cache.hpp"

#include <algorithm>
#include <sstream>

using namespace gaggle;
using namespace gaggle::tests;

namespace {

constexpr std::size_t file_size = 64 << 10;

/// An interpreter that notes how many bytes of two files are in memory when it starts, and then reads them.
struct CachedAttempt : Attempt {
    PageCache page_cache;

    explicit CachedAttempt(CacheState state)
    {
        folder.write("files/one", std::string(file_size, 'x'));
        folder.write("files/deep/two", std::string(file_size, 'y'));
        use_script(
            "fincore -nbo RES $FOLDER/files/one $FOLDER/files/deep/two | tr -d ' ' | paste -sd+ >> $FOLDER/seen; "
            "cat $FOLDER/files/one $FOLDER/files/deep/two");
        spec.environment.cache_paths = {(folder.path() / "files").string()};
        spec.cache = state;
    }

    /// What each interpreter noted, in the order in which they ran: "BYTES+BYTES".
    [[nodiscard]] std::vector<std::string> seen() const
    {
        std::istringstream text{there("seen") ? read_text(folder.path() / "seen") : ""};
        std::vector<std::string> all;
        for (std::string one; std::getline(text, one);) {
            all.push_back(one);
        }
        return all;
    }
    [[nodiscard]] const record::Cache& cache() const
    {
        REQUIRE(reading.record->caches.size() == 1);
        return reading.record->caches.front();
    }
    void empty_cache() const
    {
        for (const char* name : {"files/one", "files/deep/two"}) {
            const int file = open((folder.path() / name).c_str(), O_RDONLY | O_CLOEXEC);
            REQUIRE(fsync(file) == 0);
            REQUIRE(posix_fadvise(file, 0, 0, POSIX_FADV_DONTNEED) == 0);
            close(file);
        }
    }
};

const std::string all_resident = "65536+65536";

}  // namespace

TEST_CASE("hot: every file is in memory when the interpreters start, on every node")
{
    CachedAttempt attempt{CacheState::hot};
    attempt.spec.nodes = 2;
    attempt.empty_cache();
    attempt.run();
    CAPTURE(attempt.reason());
    CHECK(attempt.finished.status == 0);
    CHECK(attempt.seen() == std::vector{all_resident, all_resident});
    const record::Record& got = *attempt.reading.record;
    REQUIRE(got.caches.size() == 2);
    for (unsigned node = 0; node < 2; ++node) {
        const record::Cache& cache = got.caches[node];
        CHECK(cache.node == node);
        CHECK(cache.asked == CacheState::hot);
        CHECK(cache.method == "read");
        CHECK(cache.files == 2);
        CHECK(cache.bytes == 2 * file_size);
        CHECK(cache.resident_after == 2 * file_size);
        CHECK(cache.reason.empty());
        CHECK(cache.verified);
        CHECK(cache.not_covered.empty());
        CHECK(cache.duration_ns > 0);
    }
}

TEST_CASE("cold: no file is in memory when the interpreter starts")
{
    CachedAttempt attempt{CacheState::cold};
    attempt.run();
    CAPTURE(attempt.reason());
    CHECK(attempt.finished.status == 0);
    CHECK(attempt.seen() == std::vector<std::string>{"0+0"});
    CHECK(attempt.cache().asked == CacheState::cold);
    CHECK(attempt.cache().method == (PageCache::can_be_dropped() ? "drop_caches" : "posix_fadvise(DONTNEED)"));
    CHECK(attempt.cache().resident_before == 2 * file_size);  // just written
    CHECK(attempt.cache().resident_after == 0);
    CHECK(attempt.cache().verified);
}

TEST_CASE("warm: one run whose results go nowhere comes before the measured ones")
{
    CachedAttempt attempt{CacheState::warm};
    attempt.spec.interpreters = 2;
    attempt.empty_cache();
    attempt.run();
    CAPTURE(attempt.reason());
    CHECK(attempt.finished.status == 0);
    CHECK(attempt.seen() == std::vector<std::string>{"0+0", all_resident, all_resident});
    CHECK(attempt.reading.record->interpreters.size() == 2);
    CHECK(attempt.cache().method == "run");
    CHECK(attempt.cache().resident_before == 0);
    CHECK(attempt.cache().resident_after == 2 * file_size);
    CHECK(attempt.cache().verified);
}

TEST_CASE("an unmeasured run that fails or hangs is the node's failure")
{
    CachedAttempt attempt{CacheState::warm};
    attempt.spec.interpreter_timeout_ms = 1000;
    SECTION("fails")
    {
        attempt.use_script("echo 'no licence' >&2; exit 3");
        attempt.run();
        CHECK_THAT(attempt.reason(), has_text(": Exited 3: no licence"));
    }
    SECTION("hangs")
    {
        attempt.use_script("sleep 1000");
        attempt.run();
        CHECK_THAT(attempt.reason(), has_text(": TimedOut 9"));
    }
    CHECK(attempt.finished.status == 1);
    const record::Record& got = *attempt.reading.record;
    CHECK(got.gaggles.at(0).outcome == record::GaggleOutcome::Failed);
    CHECK_THAT(got.gaggles.at(0).reason,
               has_text("the unmeasured run that warms the caches failed: interpreter 0 on "));
    CHECK(got.interpreters.empty());
    CHECK(got.caches.empty());
}

TEST_CASE("as launched, caches are in their state before the interpreters start")
{
    CachedAttempt attempt{CacheState::hot};
    attempt.spec.start = Start::AsLaunched;
    attempt.empty_cache();
    attempt.run();
    CAPTURE(attempt.reason());
    CHECK(attempt.finished.status == 0);
    CHECK(attempt.seen() == std::vector{all_resident});
    CHECK(attempt.cache().verified);
    CHECK(attempt.reading.record->interpreters.at(0).start_ns > attempt.cache().duration_ns);
}

TEST_CASE("what is staged and mounted is there when the caches come into their state")
{
    CachedAttempt attempt{CacheState::hot};
    const std::string folder = attempt.folder.path().string();
    attempt.folder.write("tree/inside", "in the image");
    const std::string image = folder + "/image.sqfs";
    REQUIRE(tests::run({"mksquashfs", folder + "/tree", image, "-quiet"}).status == 0);
    attempt.spec.environment.image = image;
    attempt.spec.environment.stage = {"mkdir " + folder + "/staged && echo text > " + folder + "/staged/file"};
    attempt.spec.environment.unstage = {"rm -r " + folder + "/staged"};
    attempt.spec.environment.cache_paths = {image, "{mount}", folder + "/staged"};
    attempt.run();
    CAPTURE(attempt.reason());
    CHECK(attempt.finished.status == 0);
    CHECK(attempt.cache().reason.empty());
    CHECK(attempt.cache().files == 3);
    CHECK(attempt.cache().bytes == std::filesystem::file_size(image) + 12 + 5);
}

TEST_CASE("a state that cannot be verified is told, and measured all the same")
{
    CachedAttempt attempt{CacheState::cold};
    attempt.spec.environment.cache_paths.push_back("/no/such/folder");
    attempt.run();
    CHECK(attempt.finished.status == 0);
    CHECK_FALSE(attempt.cache().verified);
    CHECK_THAT(attempt.cache().reason, has_text("/no/such/folder: No such file or directory"));
    CHECK(attempt.cache().files == 2);
}

TEST_CASE("without paths only the program is looked at, and that is told")
{
    CachedAttempt attempt{CacheState::hot};
    attempt.spec.environment.cache_paths.clear();
    attempt.run();
    CHECK(attempt.finished.status == 0);
    CHECK(attempt.cache().files == 1);
    CHECK(attempt.cache().bytes == std::filesystem::file_size("/bin/sh"));
    CHECK_THAT(attempt.cache().not_covered, has_text("only the program itself was looked at"));
}

TEST_CASE("as-is, nothing is done and nothing is told")
{
    CachedAttempt attempt{CacheState::as_is};
    attempt.empty_cache();
    attempt.run();
    CHECK(attempt.finished.status == 0);
    CHECK(attempt.reading.record->caches.empty());
    CHECK(attempt.seen() == std::vector<std::string>{"0+0"});
}
