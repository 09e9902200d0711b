#include "worker/cache.hpp"

#include "core/line.hpp"
#include "tests/catch.hpp"
#include "tests/support/page_cache.hpp"
#include "tests/support/process.hpp"
#include "tests/support/temporary.hpp"
#include "worker/files.hpp"
#include "worker/mount.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>

#include <fcntl.h>
#include <grp.h>
#include <sched.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <functional>

using namespace gaggle;
using namespace gaggle::worker;
using gaggle::tests::has_text;
using gaggle::tests::TemporaryDirectory;
using std::chrono::seconds;
using std::chrono::steady_clock;

namespace {

constexpr uid_t nobody = 65534;
const bool is_root = geteuid() == 0;

/// Runs `work` in a process of its own, so that it may change who and where it is.
record::Cache in_a_child(const std::function<record::Cache()>& work)
{
    Pipe pipe = make_pipe();
    const pid_t pid = fork();
    REQUIRE(pid >= 0);
    if (pid == 0) {
        const std::string text = line::write(work());
        _exit(write(pipe.write_end.get(), text.data(), text.size()) == static_cast<ssize_t>(text.size()) ? 0 : 1);
    }
    pipe.write_end.close();
    std::string text;
    std::array<char, 4096> chunk{};
    for (ssize_t got = 1; got > 0;) {
        got = read(pipe.read_end.get(), chunk.data(), chunk.size());
        text.append(chunk.data(), static_cast<std::size_t>(std::max<ssize_t>(got, 0)));
    }
    int status = 0;
    waitpid(pid, &status, 0);
    REQUIRE(status == 0);
    text.pop_back();
    return line::read<record::Cache>(text);
}

/// As an ordinary user, whoever runs the test.
record::Cache as_user(const std::function<record::Cache()>& work)
{
    return in_a_child([&] {
        if (is_root && (setgroups(0, nullptr) != 0 || setresgid(nobody, nobody, nobody) != 0 ||
                        setresuid(nobody, nobody, nobody) != 0)) {
            _exit(2);
        }
        return work();
    });
}

/// A folder of the ordinary user's, and the page cache for this test alone.
struct Environment {
    TemporaryDirectory folder;
    gaggle::tests::PageCache page_cache;

    Environment() { give_to_user(folder.path()); }

    static void give_to_user(const std::filesystem::path& path)
    {
        if (is_root) {
            REQUIRE(chown(path.c_str(), nobody, nobody) == 0);
        }
    }

    [[nodiscard]] std::filesystem::path write(const std::string& name, std::size_t size) const
    {
        std::filesystem::path file = folder.write(name, std::string(size, 'x'));
        give_to_user(file);
        return file;
    }
};

steady_clock::time_point soon()
{
    return steady_clock::now() + seconds{120};
}

record::Cache bring(CacheState state, const std::filesystem::path& root)
{
    CachePreparation cache{state, find_files({root}, soon())};
    cache.prepare(soon());
    return cache.check(soon());
}

std::uint64_t page()
{
    return static_cast<std::uint64_t>(sysconf(_SC_PAGESIZE));
}

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
        CachePreparation cache{state, find_files({image, root / "mounted"}, soon())};
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
    const auto past = steady_clock::now();
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
