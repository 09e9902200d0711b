#include "tests/catch.hpp"
#include "tests/support/file_system.hpp"

#include <unistd.h>

#include <filesystem>
#include <sstream>
#include <string>
#include <vector>

using namespace gaggle::tests;
using gaggle::tests::has_text;

namespace {

/// Says that it is there, waits until the file `go` exists, ends with what `after` does.
std::string waiting(const FileSystem& fs, const std::string& name, const std::string& after)
{
    return "touch " + fs.outside(name + ".here").string() + "; until [ -e " + fs.outside("go").string() +
           " ]; do sleep 0.02; done; " + after;
}

bool is_there(const FileSystem& fs, const std::string& name)
{
    return std::filesystem::exists(fs.outside(name));
}

void let_go(const FileSystem& fs)
{
    REQUIRE(run({"touch", fs.outside("go").string()}).status == 0);
}

/// Two clients at the same time, each of which notes its mount and reads the file `here`.
void check_two_clients(const FileSystem& fs)
{
    const std::string note = "stat -c %d " + fs.shared().string() + "; cat " + (fs.shared() / "here").string() +
                             "; stat -f -c %T " + fs.shared().string();
    for (const char* name : {"one", "two"}) {
        fs.enter_beside(name, note + "; " + waiting(fs, name, "echo end"));
    }
    REQUIRE(eventually([&] { return is_there(fs, "one.here") && is_there(fs, "two.here"); }));
    CHECK(fs.counts().mounts == 2);
    const std::string one = read_text(fs.outside("one"));
    const std::string two = read_text(fs.outside("two"));
    CHECK_THAT(one, has_text("\ncontent\nfuseblk\n"));
    CHECK_THAT(two, has_text("\ncontent\nfuseblk\n"));
    CHECK(one != two);  // the device: each mount has its own
    CHECK(run({"stat", "-f", "-c", "%T", fs.shared().string()}).out != "fuseblk\n");  // here it is the local folder
    let_go(fs);
    REQUIRE(eventually([&] { return fs.counts().mounts == 0; }));
    CHECK_THAT(read_text(fs.outside("one")), has_text("end"));
}

constexpr int files = 200;
void write_files(const FileSystem& fs)
{
    for (int number = 0; number < files; ++number) {
        fs.write("many/" + std::to_string(number), "x");
    }
}

}  // namespace

TEST_CASE("sandbox-fs: clients see the same files, each through a mount of its own")
{
    if (!mounts_here()) {
        return;
    }
    const FileSystem fs;
    check_two_clients(fs);
    CHECK(fs.enter("echo written > " + (fs.shared() / "new").string()).empty());
    CHECK(read_text(fs.shared() / "new") == "written\n");
    CHECK(fs.control("enter", {"/bin/sh", "-c", "exit 7"}).status == 7);
    CHECK(run({"/bin/sh", "-c", R"(cd "$0" && "$1" enter "$2" stat -f -c %T .)", fs.shared().string(),
               GAGGLE_SOURCE "/scripts/sandbox-fs", fs.dir().string()})
              .out == "fuseblk\n");
}

TEST_CASE("sandbox-fs: an ordinary user needs no privileges")
{
    std::vector<std::string> user;
    if (getuid() == 0) {
        user = {"setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"};
    }
    if (!mounts_here(user)) {
        return;
    }
    const FileSystem fs{{}, user};
    check_two_clients(fs);
}

TEST_CASE("sandbox-fs: all clients together get no more metadata requests than --ops")
{
    if (!mounts_here()) {
        return;
    }
    const FileSystem fs{{"--ops", "400", "--latency", "0"}};
    write_files(fs);
    const ServerCounts before = fs.counts();
    const std::string open_all = "cat " + (fs.shared() / "many").string() + "/* | wc -c";
    for (const char* name : {"one", "two"}) {
        fs.enter_beside(name, open_all);
    }
    const auto read_by = [&](const char* name) { return read_text(fs.outside(name)) == std::to_string(files) + "\n"; };
    REQUIRE(eventually([&] { return read_by("one") && read_by("two"); }));
    const ServerCounts after = fs.counts();
    const int requests = after.metadata - before.metadata;
    CHECK(requests >= 2 * 2 * files);  // look-up and open
    CHECK(requests <= 400 * (after.clock_s - before.clock_s));
}

TEST_CASE("sandbox-fs: reads wait for no metadata, and every request for the latency")
{
    if (!mounts_here()) {
        return;
    }
    SECTION("reads")
    {
        const FileSystem fs{{"--ops", "10", "--latency", "0"}};
        fs.write("large", std::string(16 << 20, 'x'));
        const ServerCounts before = fs.counts();
        CHECK(fs.enter("cat " + (fs.shared() / "large").string() + " | wc -c") == "16777216\n");
        const ServerCounts after = fs.counts();
        const int reads = after.data - before.data;
        CHECK(reads >= 256);  // of 64 KiB at most
        CHECK(reads > 10 * (after.clock_s - before.clock_s));
    }
    SECTION("latency")
    {
        const FileSystem fs{{"--ops", "1000000", "--latency", "20000"}};
        const ServerCounts before = fs.counts();
        // One after the other; `missing` is not kept in mind by any cache.
        std::istringstream times{fs.enter("date +%s.%N; for i in 1 2 3 4 5 6 7 8 9 10; do [ -e " +
                                          (fs.shared() / "missing").string() + " ]; done; date +%s.%N")};
        double begin = 0;
        double end = 0;
        times >> begin >> end;
        CHECK(fs.counts().metadata - before.metadata >= 10);
        CHECK(end - begin >= 10 * 0.020);
    }
}

TEST_CASE("sandbox-fs: stop leaves no process and no mount behind, and clients nothing to read")
{
    if (!mounts_here()) {
        return;
    }
    const FileSystem fs;
    fs.enter_beside("one", waiting(fs, "one", "ls -A " + fs.shared().string() + "; echo end"));
    REQUIRE(eventually([&] { return is_there(fs, "one.here"); }));
    const Finished stopped = fs.control("stop");
    CHECK(stopped.status == 0);
    CHECK_THAT(stopped.err, has_text("1 mounts were in use"));
    CHECK(fs.control("status").status == 3);
    // What is left is the client's shell in its namespace, with the empty folder that hides the local one.
    let_go(fs);
    REQUIRE(eventually([&] { return fs.traces().empty(); }));
    CHECK_THAT(read_text(fs.outside("one")), !has_text("here\n") && has_text("end"));
    CHECK(fs.control("stop").status == 0);
    CHECK_THAT(fs.control("enter", {"true"}).err, has_text("not running"));
}

TEST_CASE("sandbox-fs: what is wrong is said with the name of what was expected")
{
    struct Wrong {
        std::vector<std::string> arguments;
        std::string message;
    };
    const TemporaryDirectory folder;
    const std::string dir = (folder.path() / "fs").string();
    const std::string shared = folder.path().string();
    const TemporaryDirectory elsewhere;
    elsewhere.write("theirs", "");
    const std::string full = elsewhere.path().string();
    const std::vector<Wrong> all{
        {{}, "expected a command: start, status, enter or stop"},
        {{"start", dir}, "start: expected DIR and FOLDER"},
        {{"start", "--ops", "0", dir, shared}, "--ops '0': expected a whole number from 1 to 1000000"},
        {{"start", "--latency=1s", dir, shared}, "--latency '1s': expected a whole number from 0 to 1000000"},
        {{"start", dir, shared + "/none"}, "none: expected a folder that you can read"},
        {{"start", dir, shared}, "expected a folder that is not within FOLDER"},
        {{"start", full, shared}, "expected a new or empty directory, or one made by sandbox-fs"},
        {{"enter", dir}, "enter: expected DIR and COMMAND"},
        {{"status", "--ops", "5", dir}, "--ops: expected only with start"},
    };
    for (const Wrong& wrong : all) {
        std::vector<std::string> command{GAGGLE_SOURCE "/scripts/sandbox-fs"};
        command.insert(command.end(), wrong.arguments.begin(), wrong.arguments.end());
        const Finished finished = run(command);
        CHECK(finished.status == 2);
        CHECK_THAT(finished.err, has_text(wrong.message));
    }
}
