#include "tests/support/process.hpp"
#include "tests/unit/cache_fixture.hpp"
#include "worker/mount.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>

#include <fcntl.h>
#include <sched.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>

using namespace gaggle;
using namespace gaggle::worker;
using namespace gaggle::tests;

namespace {

/// Reads one page of a file and no more, nor ahead.
void read_page(const std::filesystem::path& file, std::uint64_t index)
{
    const Descriptor opened{open(file.c_str(), O_RDONLY | O_CLOEXEC)};
    char byte = 0;
    posix_fadvise(opened.get(), 0, 0, POSIX_FADV_RANDOM);
    REQUIRE(pread(opened.get(), &byte, 1, static_cast<off_t>(index * page())) == 1);
}

}  // namespace

TEST_CASE("an ordinary user brings files into memory and out of it again")
{
    const Environment environment;
    const std::uint64_t bytes = 1 + 10 * page() + 5 + (1 << 20);
    (void)environment.write("one", 1);
    (void)environment.write("some", 10 * page() + 5);
    (void)environment.write("many", 1 << 20);
    (void)environment.write("none", 0);
    const auto bring_as_user = [&](CacheState state) {
        return as_user([&] { return bring(state, environment.folder.path()); });
    };

    const record::Cache cold = bring_as_user(CacheState::cold);
    CHECK(cold.reason.empty());
    CHECK(cold.verified);
    CHECK(cold.method == "posix_fadvise(DONTNEED)");
    CHECK(cold.files == 4);
    CHECK(cold.bytes == bytes);
    CHECK(cold.resident_before == bytes);  // just written
    CHECK(cold.resident_after == 0);
    CHECK_THAT(cold.not_covered, has_text("directory entries"));

    const record::Cache hot = bring_as_user(CacheState::hot);
    CHECK(hot.reason.empty());
    CHECK(hot.verified);
    CHECK(hot.method == "read");
    CHECK(hot.resident_before == 0);
    CHECK(hot.resident_after == bytes);
    CHECK(hot.not_covered.empty());
}

TEST_CASE("as-is tells to the page what is in memory, and leaves it so")
{
    const Environment environment;
    const auto file = environment.write("file", 64 * page());
    REQUIRE(as_user([&] { return bring(CacheState::cold, file); }).verified);
    for (const std::uint64_t expected : {page(), 2 * page()}) {
        read_page(file, expected == page() ? 10 : 40);
        const record::Cache result = bring(CacheState::as_is, file);
        CHECK(result.verified);
        CHECK(result.method.empty());
        CHECK(result.resident_before == expected);
        CHECK(result.resident_after == expected);
    }
}

TEST_CASE("asking about files that are not in memory leaves them so")
{
    const Environment environment;
    const auto file = environment.write("file", 64 * page());
    REQUIRE(as_user([&] { return bring(CacheState::cold, file); }).verified);
    for (int times = 0; times < 2; ++times) {
        CHECK(bring(CacheState::as_is, file).resident_before == 0);
    }
}

TEST_CASE("warm is what the run between preparing and checking leaves")
{
    const Environment environment;
    const auto file = environment.write("file", 64 * page());
    REQUIRE(as_user([&] { return bring(CacheState::cold, file); }).verified);

    record::Cache result = bring(CacheState::warm, file);
    CHECK_FALSE(result.verified);
    CHECK(result.reason == "nothing is cached");

    CachePreparation cache{CacheState::warm, find_files({file}, soon())};
    cache.prepare(soon());
    read_page(file, 3);
    result = cache.check(soon());
    CHECK(result.verified);
    CHECK(result.resident_before == 0);
    CHECK(result.resident_after == page());
}

TEST_CASE("root empties the page cache of the node")
{
    const Environment environment;
    if (!gaggle::tests::PageCache::can_be_dropped()) {
        WARN("not tried: this process may not write /proc/sys/vm/drop_caches");
        return;
    }
    (void)environment.write("file", 1 << 20);
    const record::Cache cold = bring(CacheState::cold, environment.folder.path());
    CHECK(cold.method == "drop_caches");
    CHECK(cold.resident_before == 1 << 20);
    CHECK(cold.resident_after == 0);
    CHECK(cold.verified);
    CHECK(cold.not_covered.empty());
}

TEST_CASE("pages that a process has mapped stay, and cold says so")
{
    const Environment environment;
    const auto file = environment.write("mapped", 8 * page());
    (void)environment.write("other", 8 * page());
    const Descriptor opened{open(file.c_str(), O_RDONLY | O_CLOEXEC)};
    void* memory = mmap(nullptr, 8 * page(), PROT_READ, MAP_SHARED | MAP_POPULATE, opened.get(), 0);
    REQUIRE(memory != MAP_FAILED);
    const record::Cache cold = as_user([&] { return bring(CacheState::cold, environment.folder.path()); });
    munmap(memory, 8 * page());
    CHECK_FALSE(cold.verified);
    CHECK(cold.resident_after == 8 * page());
    CHECK_THAT(cold.reason, has_text("bytes in 1 files are still cached") && has_text(file.string()));
}

TEST_CASE("files that live in memory are never cold")
{
    const Environment environment;
    struct stat status {};
    if (stat("/dev/shm", &status) != 0) {
        WARN("not tried: no /dev/shm");
        return;
    }
    std::string file = "/dev/shm/gaggle-test-XXXXXX";
    const Descriptor opened{mkstemp(file.data())};
    REQUIRE(write(opened.get(), "text", 4) == 4);
    const record::Cache cold = bring(CacheState::cold, file);
    unlink(file.c_str());
    CHECK_FALSE(cold.verified);
    CHECK(cold.resident_after == 4);
    CHECK_THAT(cold.reason, has_text("in memory only"));
}

TEST_CASE("of a file that a user may not write, the kernel's silence is no proof")
{
    const Environment environment;
    const std::filesystem::path file = "/usr/bin/env";
    const record::Cache told = as_user([&] {
        // Kernels from 6.5 to about 6.12 answer cachestat for everybody: then it is a proof.
        std::array<std::uint64_t, 2> range{};
        std::array<std::uint64_t, 5> counts{};
        const Descriptor opened{open(file.c_str(), O_RDONLY | O_CLOEXEC)};
        const bool everybody = syscall(451, opened.get(), range.data(), counts.data(), 0U) == 0;
        record::Cache result = bring(CacheState::hot, file);
        result.method = everybody ? "everybody" : "owner";
        return result;
    });
    CHECK(told.files == 1);
    if (told.method == "everybody") {
        CHECK(told.verified);
    } else {
        CHECK_FALSE(told.verified);
        CHECK_THAT(told.reason, has_text("the kernel tells only its owner") && has_text(file.string()));
    }
}

TEST_CASE("a file system that does not use the page cache is found out")
{
    const Environment environment;
    const std::filesystem::path folder = "/sys/kernel/mm/transparent_hugepage";
    if (!is_root || !std::filesystem::exists(folder)) {
        WARN("not tried: needs root, who is told everything, and " << folder);
        return;
    }
    const record::Cache result = bring(CacheState::as_is, folder);
    CHECK(result.files > 1);
    CHECK_FALSE(result.verified);
    CHECK_THAT(result.reason, has_text("does not cache what is read in the page cache") &&
                                  has_text(std::to_string(result.files) + " files, the first " + folder.string()));
}

TEST_CASE("an overlay's files are seen, although they are cached as another file system's")
{
    const Environment environment;
    const std::filesystem::path root = environment.folder.path();
    for (const char* name : {"lower", "upper", "work", "merged"}) {
        std::filesystem::create_directory(root / name);
    }
    (void)environment.write("lower/file", 64 * page());
    const auto with_overlay = [&](CacheState state) {
        return in_a_child([&] {
            const std::string options = "lowerdir=" + (root / "lower").string() +
                                        ",upperdir=" + (root / "upper").string() +
                                        ",workdir=" + (root / "work").string();
            if (unshare(CLONE_NEWNS) != 0 || mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0 ||
                mount("overlay", (root / "merged").c_str(), "overlay", 0, options.c_str()) != 0) {
                record::Cache none;
                none.reason = "no overlay";
                return none;
            }
            return bring(state, root / "merged");
        });
    };
    const record::Cache hot = with_overlay(CacheState::hot);
    if (hot.reason == "no overlay") {
        WARN("not tried: no overlay can be mounted here");
        return;
    }
    CHECK(hot.reason.empty());
    CHECK(hot.resident_after == 64 * page());
    const record::Cache cold = with_overlay(CacheState::cold);
    CHECK(cold.reason.empty());
    CHECK(cold.resident_before == 64 * page());
    CHECK(cold.resident_after == 0);
}

TEST_CASE("a mounted image is cold and hot as a file and as a folder")
{
    const Environment environment;
    const auto root = environment.folder.path();
    const std::uint64_t bytes = (1 << 20) + 5;
    (void)environment.write("content/file", bytes);
    const auto image = root / "image";
    REQUIRE(tests::run({"mksquashfs", (root / "content").string(), image.string(), "-quiet"}).status == 0);
    std::filesystem::create_directory(root / "mounted");
    boost::asio::io_context context{1};
    std::unique_ptr<Mount> mount;
    boost::asio::co_spawn(context, Mount::make(context.get_executor(), image, root / "mounted", soon()),
                          [&](const std::exception_ptr& error, std::unique_ptr<Mount> made) {
                              if (error) {
                                  std::rethrow_exception(error);
                              }
                              mount = std::move(made);
                          });
    context.run();
    for (const CacheState state : {CacheState::hot, CacheState::cold}) {
        CachePreparation cache{state, find_files({root / "mounted", image}, soon())};
        cache.prepare(soon());
        const record::Cache result = cache.check(soon());
        CHECK(result.reason.empty());
        CHECK(result.files == 2);
        CHECK(result.bytes == bytes + std::filesystem::file_size(image));
        CHECK(result.resident_after == (state == CacheState::hot ? result.bytes : 0));
        CHECK((result.not_covered.find("serves a FUSE file system") != std::string::npos) ==
              (state == CacheState::cold));
    }
}
