#include "orchestrator/commands/submit.hpp"
#include "tests/process/damage.hpp"
#include "tests/support/fake_scheduler.hpp"
#include "tests/support/killing.hpp"

#include <signal.h>
#include <sys/resource.h>

#include <algorithm>
#include <chrono>

using namespace gaggle;
using namespace gaggle::tests;
using namespace std::chrono_literals;
using Access = store::Store::Access;

namespace {

bool can_mount()
{
    static const bool can = run({"unshare", "-rm", "mount", "-t", "tmpfs", "none", "/mnt"}).status == 0;
    return can;
}

/// Runs a shell script that may mount: nobody else sees it, and it is gone afterwards.
Finished run_mounting(const std::string& script, const std::vector<std::string>& arguments)
{
    std::vector<std::string> command{"unshare", "-rm", "sh", "-ec", script, "sh"};
    command.insert(command.end(), arguments.begin(), arguments.end());
    return run(command, {{"SLURM_CONF", "/nonexistent"}});
}

}  // namespace

TEST_CASE("a collector that may write no further says so, and the next one finishes what it began")
{
    const TemporaryDirectory folder;
    const fs::path store = folder.path() / "store";
    const fs::path origin = folder.path() / "origin";
    make_uncollected(store);
    fs::copy(store, origin, recursive);
    REQUIRE(gaggle_in(store, {"collect"}).status == 0);
    const std::vector<std::string> expected = dump(store);

    int refused = 0;
    for (std::uintmax_t size = 4096;; size += GAGGLE_FILE_SIZE_STEP) {
        CAPTURE(size);
        fs::remove_all(store);
        fs::copy(origin, store, recursive);
        const Finished limited = gaggle_with({"prlimit", "--fsize=" + std::to_string(size)}, store, {"collect"});
        if (limited.status == 0) {
            break;
        }
        ++refused;
        check_refused(limited, "results.db: disk I/O error");
        CHECK(half_collected(store) == "0");
        CHECK(gaggle_in(store, {"collect"}).status == 0);
        CHECK(dump(store) == expected);
    }
    CHECK(refused > 3);
    CHECK(dump(store) == expected);
}

TEST_CASE("a collector on a full disk says so, and the next one finishes what it began")
{
    if (!can_mount()) {
        WARN("no file system can be mounted here: only the limit on file sizes is tested");
        return;
    }
    const TemporaryDirectory folder;
    const fs::path disk = folder.path() / "disk";
    make_uncollected(disk / "store");
    fs::rename(disk / "store", folder.path() / "origin");
    fs::copy(folder.path() / "origin", disk / "store", recursive);
    REQUIRE(gaggle_in(disk / "store", {"collect"}).status == 0);
    const std::vector<std::string> expected = dump(disk / "store");

    const Finished full = run_mounting(R"(
        mount -t tmpfs -o size=8m none "$1/disk"
        cp -r "$1/origin" "$1/disk/store"
        dd if=/dev/zero of="$1/disk/filler" bs=4k 2>/dev/null && exit 9
        status=0
        "$2" --store "$1/disk/store" collect || status=$?
        cp -r "$1/disk/store" "$1/full"
        rm "$1/disk/filler"
        "$2" --store "$1/disk/store" collect 2>/dev/null
        cp -r "$1/disk/store" "$1/after"
        exit $status)",
                                       {folder.path().string(), GAGGLE_PROGRAM});
    check_refused(full, "results.db: database or disk is full");
    fs::remove_all(disk / "store");
    CHECK(half_collected(folder.path() / "full") == "0");
    CHECK(dump(folder.path() / "after") == expected);
}

TEST_CASE("a submission that may write no further submits nothing that it has not written down")
{
    const TemporaryDirectory folder;
    const fs::path store = folder.path() / "store";
    const std::string log = (folder.path() / "log").string();
    const std::string file = folder.write("e.toml", R"(name = "full"
seed = 1
nodes = [1, 2]
interpreters = [1, 2]
repetitions = 3
[[environment]]
name = "one"
kind = "command"
language = "none"
command = ["/bin/true"]
)");
    FakeScheduler scheduler{folder.path(), 0us};
    const auto submit = [&](rlim_t size) {
        return end_of(start(log, [&] {
            const rlimit limit{size, RLIM_INFINITY};
            signal(SIGXFSZ, [](int) {});
            setrlimit(RLIMIT_FSIZE, &limit);
            try {
                return static_cast<int>(
                    commands::submit_to(scheduler, {"--store", store.string(), "--worker", "/bin/true", file}));
            } catch (const Error& error) {
                return static_cast<int>(error.code());
            }
        }));
    };
    int refused = 0;
    rlim_t size = 1024;
    for (; submit(size) != 0; size += 2048) {
        CAPTURE(size, read_text(log));
        ++refused;
        REQUIRE(size < 1'000'000);
        for (const std::string& name : files_under(store)) {
            CHECK_THAT(name, !has_text(".partial"));
            if (name.ends_with("script.sbatch") || name.ends_with("spec")) {
                CHECK(read_text(store / name).ends_with('\n'));
            }
        }
        std::vector<std::string> tokens;
        if (!scheduler.calls().empty()) {
            tokens = lines(store::Store::open(store, Access::read).query("SELECT token FROM array ORDER BY position"));
        }
        const std::vector<std::string> calls = scheduler.calls();
        REQUIRE(calls.size() <= tokens.size());
        CHECK(std::equal(calls.begin(), calls.end(), tokens.begin()));
    }
    CHECK(refused > 10);
    const store::Store done = store::Store::open(store, Access::read);
    CHECK(scheduler.calls() == lines(done.query("SELECT token FROM array ORDER BY position")));
    CHECK(lines(done.query("SELECT count(*), count(DISTINCT slurm_job_id) FROM array")) == Lines{"4|4"});
}

TEST_CASE("a store on a read-only file system can be read, and says that nothing was collected")
{
    const TemporaryDirectory folder;
    const fs::path store = folder.path() / "store";
    make_uncollected(store);
    const Finished before = gaggle_in(folder.path() / "none", {"plan", "/dev/null"});
    CHECK(before.status == 2);
    fs::permissions(folder.path(), fs::perms{0755});
    fs::copy_file(GAGGLE_PROGRAM, folder.path() / "gaggle");
    const auto files = files_under(store);

    // Each way of making it so that works here; the second works everywhere, and even against root.
    std::vector<std::string> ways{R"(chmod -R a-w "$1/store"; as=; [ $(id -u) -ne 0 ] ||
        as='setpriv --reuid=65534 --regid=65534 --clear-groups')"};
    if (can_mount()) {
        ways.emplace_back(R"(chmod -R u+w "$1/store"; as=; mount --bind "$1/store" "$1/store"
            mount -o remount,bind,ro "$1/store")");
    }
    for (const std::string& way : ways) {
        const bool mounts = way.find("mount") != std::string::npos;
        const auto in_store = [&](const std::string& command) {
            const std::string script = way + "\nexec $as \"$1/gaggle\" --store \"$1/store\" " + command;
            return mounts ? run_mounting(script, {folder.path().string()})
                          : run({"sh", "-ec", script, "sh", folder.path().string()}, {{"SLURM_CONF", "/nonexistent"}});
        };
        CAPTURE(way);
        const std::string words = mounts ? "Read-only file system" : "Permission denied";
        for (const std::string command : {"status", "sql cells"}) {
            const Finished shown = in_store(command);
            INFO(shown.err);
            CHECK(shown.status == 0);
            CHECK_THAT(shown.out, has_text("image"));
            CHECK_THAT(shown.err, has_text("showing what was collected before, because: cannot write ") &&
                                      has_text("results.db: " + words));
            CHECK(count(shown.err, "\n") == 1);
        }
        check_refused(in_store("collect"), "cannot write " + (store / "results.db").string() + ": " + words);
        CHECK(files_under(store) == files);
    }
    run({"chmod", "-R", "u+w", store.string()});
}
