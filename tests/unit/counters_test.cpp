#include "worker/counters.hpp"
#include "worker/mounts.hpp"

#include "tests/catch.hpp"
#include "tests/support/temporary.hpp"

#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdio>

using namespace gaggle::worker;
using gaggle::tests::has_text;
using gaggle::tests::TemporaryDirectory;

// The samples have the form of real ones, with values of our own.
// NFS: prometheus/procfs, mountstats_test.go and testdata/fixtures.ttar: NFS 4.0 over TCP from a kernel with 8 columns
// per operation and a queue time below 0; NFS 3 over RDMA with 9; a multi-line impl_id. torvalds/linux,
// include/linux/nfs_iostat.h and net/sunrpc/stats.c: what the columns are.
// Lustre: lustre/lustre-release, lustre/obdclass/lprocfs_status.c (lprocfs_stats_header, lprocfs_stats_seq_show);
// llite stats of Lustre 1.8 and 2.4 with "[regs]" and "secs.usecs" in TACC/tacc_stats, of 2.14 with "[usec]" and
// "secs.nsecs" in whamcloud/lustre-collector; mdc files of 2.15 and later with start_time and "[usecs]" in the tests of
// public Lustre exporters.

namespace {

constexpr const char* older_kernel =
    "device sysfs mounted on /sys with fstype sysfs\n"
    "device filer:/export/home mounted on /home with fstype nfs4 statvers=1.1\n"
    "\topts:\trw,vers=4.0,rsize=1048576,hard,proto=tcp,timeo=600,sec=sys,clientaddr=10.0.0.5\n"
    "\tage:\t1000\n"
    "\timpl_id:\tname='A server\nof two lines'\n,domain='example.org',date='0,0'\n"
    "\tcaps:\tcaps=0xfff7,wtmult=512,dtsize=32768,bsize=0,namlen=255\n"
    "\tnfsv4:\tbm0=0xfdffafff,bm1=0xf9be3e,acl=0x0\n"
    "\tsec:\tflavor=1,pseudoflavor=1\n"
    "\tevents:\t52 226 0 0 1 13 398 0 0 331 0 47 0 0 77 0 0 77 0 0 0 0 0 0 0 0 0 \n"
    "\tbytes:\t4096 0 0 0 8192 0 2 0 \n"
    "\tRPC iostats version: 1.0  p/v: 100003/4 (nfs)\n"
    "\txprt:\ttcp 832 0 1 0 11 6428 6428 0 12154 0 24 26 5726\n"
    "\tper-op statistics\n"
    "\t        NULL: 0 0 0 0 0 0 0 0\n"
    "\t        READ: 2 2 0 320 8448 6 79 86\n"
    "\t     GETATTR: 10 11 1 1600 2400 18446744073709551600 30 45\n"
    "\n"
    "device /dev/sda1 mounted on / with fstype ext4\n";

constexpr const char* newer_kernel =
    "device filer:/soft\\040ware mounted on /opt/soft\\040ware with fstype nfs statvers=1.1\n"
    "\topts:\tro,vers=3,proto=rdma,nconnect=16,port=20049\n"
    "\tage:\t20\n"
    "\tevents:\t1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 21 22 23 24 25 26 27 28\n"
    "\tbytes:\t1 2 3 4 5 6 7 8\n"
    "\tRPC iostats version: 1.1  p/v: 100003/3 (nfs)\n"
    "\txprt:\trdma 0 0 5808 62 0 494490723 494490687 36 10032963746 1282789 107150285 1226637531 2673889\n"
    "\tper-op statistics\n"
    "\t      LOOKUP: 16713 16713 0 3040536 3706344 560 17488 20232 346\n"
    "\t          99: 0 0 0 0 0 0 0 0 0\n";

constexpr const char* llite_2011 =
    "snapshot_time             1301585789.189183 secs.usecs\n"
    "read_bytes                449131 samples [bytes] 1 23553884 101262334767\n"
    "brw_read                  13 samples [pages] 4096 4096 53248\n"
    "ioctl                     8050 samples [regs]\n";
constexpr const char* llite_2023 =
    "snapshot_time             1689697369.331040915 secs.nsecs\n"
    "open                      100 samples [usec] 1 725287 1027077 8835364169944\n"
    "openclosetime             3 samples [usec] 2225920 34405427 163169641155255 11416538743473681487\n";
constexpr const char* mdc_2025 =
    "snapshot_time             1789952232.646146706 secs.nsecs\n"
    "start_time                1787864516.486398220 secs.nsecs\n"
    "elapsed_time              2087716.159748486 secs.nsecs\n"
    "intent_lock               218 samples [reqs]\n"
    "mds_close                 24 samples [usecs] 103 189010 417563 597054272656\n";

std::optional<std::uint64_t> value(const CounterSource& source, const std::string& name)
{
    const auto found = std::ranges::find(source.counters, name, &std::pair<std::string, std::uint64_t>::first);
    return found == source.counters.end() ? std::nullopt : std::optional{found->second};
}

CounterSnapshot nfs(std::string mountstats, std::string mountinfo = "")
{
    return {.mountinfo = std::move(mountinfo), .mountstats = std::move(mountstats), .lustre = {}, .trouble = {}};
}

CounterSnapshot lustre(std::string text)
{
    return {.mountinfo = "",
            .mountstats = "",
            .lustre = {{"llite scratch stats", "llite/scratch-ffff9440f1003000/stats", std::move(text)}},
            .trouble = {}};
}

std::string replaced(std::string text, const std::string& from, const std::string& to)
{
    const std::size_t at = text.find(from);
    REQUIRE(at != std::string::npos);
    return text.replace(at, from.size(), to);
}

constexpr std::size_t read_by_child = 1U << 20U;
constexpr std::size_t chunk_size = 4096;

/// What a process saw of its child.
struct Watched {
    int child_status;
    bool known_when_ended;
    bool known_when_reaped;
    ProcessIo io;
};

/// Waits for a byte from `start`, then reads `data`.
[[noreturn]] void read_when_told(int start, int data)
{
    std::array<char, chunk_size> chunk{};
    bool sound = read(start, chunk.data(), 1) == 1;
    for (std::size_t done = 0; sound && done < read_by_child; done += chunk.size()) {
        sound = read(data, chunk.data(), chunk.size()) == static_cast<ssize_t>(chunk.size());
    }
    _exit(sound ? 0 : 1);
}

/// In a process of its own; as nobody, if it was root's.
Watched become_user_and_watch_a_child(int data)
{
    constexpr uid_t nobody = 65534;
    if (geteuid() == 0 && (setresgid(nobody, nobody, nobody) != 0 || setresuid(nobody, nobody, nobody) != 0)) {
        _exit(1);
    }
    prctl(PR_SET_DUMPABLE, 1);  // as after an exec
    const Pipe start = make_pipe();
    const pid_t child = fork();
    if (child == 0) {
        read_when_told(start.read_end.get(), data);
    }
    const ProcessIoFile file{child};
    siginfo_t end{};
    if (write(start.write_end.get(), "x", 1) != 1 ||
        waitid(P_PID, static_cast<id_t>(child), &end, WEXITED | WNOWAIT) != 0) {
        _exit(1);
    }
    const std::optional<ProcessIo> io = file.read();
    waitpid(child, nullptr, 0);
    return {end.si_status, io.has_value(), file.read().has_value(), io.value_or(ProcessIo{})};
}

}  // namespace

TEST_CASE("NFS counters of an older kernel")
{
    const std::vector<CounterSource> sources = parse_mountstats(older_kernel);
    REQUIRE(sources.size() == 1);
    const CounterSource& home = sources[0];
    CHECK(home.name == "nfs /home");
    CHECK(home.age_s == 1000);
    CHECK(home.trouble.empty());
    CHECK(home.counters.size() == 27 + 8 + 3 * 8);
    CHECK(value(home, "READ operations") == 2);
    CHECK(value(home, "READ bytes received") == 8448);
    CHECK(value(home, "READ execute ms") == 86);
    CHECK_FALSE(value(home, "READ errors"));
    CHECK(value(home, "GETATTR transmissions") == 11);
    CHECK(value(home, "GETATTR major timeouts") == 1);
    CHECK(value(home, "vfsaccess") == 398);
    CHECK(value(home, "vfsrelease") == 77);
    CHECK(value(home, "pnfs_write") == 0);
    CHECK(value(home, "serverreadbytes") == 8192);
    CHECK(value(home, "readpages") == 2);
}

TEST_CASE("NFS counters of a newer kernel, which has errors and may have more events")
{
    const std::vector<CounterSource> sources = parse_mountstats(newer_kernel);
    REQUIRE(sources.size() == 1);
    CHECK(sources[0].name == "nfs /opt/soft ware");
    CHECK(sources[0].trouble.empty());
    CHECK(sources[0].counters.size() == 27 + 8 + 2 * 9);
    CHECK(value(sources[0], "LOOKUP errors") == 346);
    CHECK(value(sources[0], "LOOKUP queue ms") == 560);
    CHECK(value(sources[0], "pnfs_write") == 27);
    CHECK(value(sources[0], "99 operations") == 0);
}

TEST_CASE("what is sound in a damaged mountstats is kept")
{
    const std::string text = replaced(older_kernel, "320 8448 6 79 86", "320 84x8 6 79 86");
    const std::vector<CounterSource> sources = parse_mountstats(text);
    REQUIRE(sources.size() == 1);
    REQUIRE(sources[0].trouble.size() == 1);
    CHECK_THAT(sources[0].trouble[0], has_text("READ: 2 2 0 320 84x8"));
    CHECK_FALSE(value(sources[0], "READ operations"));
    CHECK(value(sources[0], "GETATTR operations") == 10);

    const std::string whole = older_kernel;
    for (std::size_t length = 0; length < whole.size(); ++length) {
        for (const CounterSource& source : parse_mountstats(std::string_view{whole}.substr(0, length))) {
            CHECK(source.counters.size() <= 27 + 8 + 3 * 8);
        }
    }
    CHECK(parse_mountstats("device").empty());
    CHECK(parse_mountstats("device a mounted on /b with fstype nfs statvers=2.0\n\tbytes:\t1 1 1 1 1 1 1 1\n")[0]
              .counters.empty());
}

TEST_CASE("Lustre counters of three ages")
{
    const CounterSource old = parse_lustre_stats("lustre a", "llite/a", llite_2011);
    CHECK(old.trouble.empty());
    CHECK(old.counters == std::vector<std::pair<std::string, std::uint64_t>>{{"read_bytes samples", 449131},
                                                                             {"read_bytes bytes", 101262334767},
                                                                             {"brw_read samples", 13},
                                                                             {"brw_read pages", 53248},
                                                                             {"ioctl samples", 8050}});
    const CounterSource later = parse_lustre_stats("lustre a", "llite/a", llite_2023);
    CHECK(later.trouble.empty());
    CHECK(later.identity == "llite/a");
    CHECK(value(later, "open usec") == 1027077);
    CHECK(value(later, "openclosetime usec") == 163169641155255);
    const CounterSource latest = parse_lustre_stats("lustre b", "mdc/b", mdc_2025);
    CHECK(latest.trouble.empty());
    CHECK(latest.identity == "mdc/b 1787864516.486398220");
    CHECK(value(latest, "intent_lock samples") == 218);
    CHECK(value(latest, "mds_close usecs") == 417563);
}

TEST_CASE("a line that is no Lustre counter is told")
{
    const std::string line =
        GENERATE("open", "open x samples [reqs]", "open 1 samples reqs", "open 1 samples [reqs] 1",
                 "open 1 pieces [reqs]", "open 1 samples [reqs] 1 2 y", "open 99999999999999999999 samples [reqs]");
    const CounterSource source = parse_lustre_stats("a", "a", "close 2 samples [reqs]\n" + line + "\n");
    CHECK(source.counters.size() == 1);
    REQUIRE(source.trouble.size() == 1);
    CHECK_THAT(source.trouble[0], has_text(line));
}

TEST_CASE("only what changed is in the difference")
{
    const std::string after =
        replaced(replaced(older_kernel, "READ: 2 2 0 320 8448 6 79 86", "READ: 5 5 0 800 21120 6 90 99"), "age:\t1000",
                 "age:\t1003");
    const CounterChanges changes = difference(nfs(older_kernel), nfs(after));
    CHECK(changes.left_out.empty());
    CHECK(changes.changed == std::vector<Counter>{{"nfs /home", "READ operations", 3},
                                                  {"nfs /home", "READ transmissions", 3},
                                                  {"nfs /home", "READ bytes sent", 480},
                                                  {"nfs /home", "READ bytes received", 12672},
                                                  {"nfs /home", "READ round trip ms", 11},
                                                  {"nfs /home", "READ execute ms", 13}});
}

TEST_CASE("a mount that came, went or was made anew is left out, with the reason")
{
    const CounterChanges came = difference(nfs(""), nfs(older_kernel));
    CHECK(came.changed.empty());
    CHECK(came.left_out == std::vector<std::string>{"nfs /home: not there before"});
    const CounterChanges went = difference(nfs(older_kernel), nfs(""));
    CHECK(went.left_out == std::vector<std::string>{"nfs /home: no longer there"});

    const std::vector<std::string> anew{"nfs /home: mounted anew or reset in between"};
    CHECK(difference(nfs(older_kernel), nfs(replaced(older_kernel, "age:\t1000", "age:\t3"))).left_out == anew);
    CHECK(difference(nfs(older_kernel), nfs(replaced(older_kernel, "filer:", "other:"))).left_out == anew);
}

TEST_CASE("a counter that fell, or was not known before, is left out alone")
{
    // As the kernel of the sample does: a queue time that was below 0, printed as unsigned, and is above 0 now.
    std::string after = replaced(older_kernel, "18446744073709551600 30 45", "4 31 45");
    CounterChanges changes = difference(nfs(older_kernel), nfs(after));
    CHECK(changes.changed == std::vector<Counter>{{"nfs /home", "GETATTR round trip ms", 1}});
    CHECK(changes.left_out == std::vector<std::string>{"nfs /home: fell: GETATTR queue ms"});

    const std::string before = replaced(older_kernel, "bytes:\t4096", "bytes:\tx");
    changes = difference(nfs(before), nfs(older_kernel));
    CHECK(changes.changed.empty());
    REQUIRE(changes.left_out.size() == 1);
    CHECK_THAT(changes.left_out[0], has_text("not known before: normalreadbytes, "));
}

TEST_CASE("two mount points of one file system count once")
{
    const std::string twice =
        std::string{older_kernel} + replaced(replaced(older_kernel, "on /home", "on /data"), "sysfs", "x");
    const std::string info =
        "40 30 0:35 / /home rw - nfs4 filer:/export/home rw,vers=4.0\n"
        "41 30 0:35 /a /data rw shared:7 - nfs4 filer:/export/home rw,vers=4.0\n";
    std::string after = twice;
    for (int i = 0; i < 2; ++i) {
        after = replaced(after, "READ: 2 ", "READ: 9 ");
    }
    CHECK(difference(nfs(twice, info), nfs(after, info)).changed ==
          std::vector<Counter>{{"nfs /home", "READ operations", 7}});
    const std::string two = replaced(info, "41 30 0:35", "41 30 0:36");
    CHECK(difference(nfs(twice, two), nfs(after, two)).changed.size() == 2);
}

TEST_CASE("Lustre leaves zeros out, and its counters can be reset")
{
    const std::string more = std::string{llite_2023} + "getattr                   7 samples [usec] 1 2 9 15\n";
    CHECK(difference(lustre(llite_2023), lustre(more)).changed ==
          std::vector<Counter>{{"lustre llite scratch stats", "getattr samples", 7},
                               {"lustre llite scratch stats", "getattr usec", 9}});
    // After an unreadable line one cannot know what was 0.
    const CounterChanges doubtful = difference(lustre(std::string{llite_2023} + "getattr 3 samp"), lustre(more));
    CHECK(doubtful.changed.empty());
    CHECK_THAT(doubtful.left_out.at(0), has_text("not known before: getattr samples, getattr usec"));

    const std::string reset =
        replaced(mdc_2025, "start_time                17878645", "start_time                17899999");
    CHECK(difference(lustre(mdc_2025), lustre(reset)).left_out ==
          std::vector<std::string>{"lustre llite scratch stats: mounted anew or reset in between"});
}

TEST_CASE("counter files are found where each version of Lustre has them")
{
    const TemporaryDirectory root;
    root.write("proc/self/mountstats", older_kernel);
    root.write("proc/self/mountinfo", "50 30 0:50 / /scratch rw - lustre 10.0.0.1@o2ib:/scratch rw,flock\n");
    root.write("proc/fs/lustre/llite/scratch-ffff9440f1003000/stats", llite_2011);
    root.write("proc/fs/lustre/mdc/scratch-MDT0000-mdc-ffff9440f1003000/import", "x");
    root.write("sys/fs/lustre/mdc/scratch-MDT0000-mdc-ffff9440f1003000/md_stats", mdc_2025);
    root.write("sys/kernel/debug/lustre/llite/scratch-ffff9440f1003000/stats", llite_2023);
    root.write("sys/kernel/debug/lustre/llite/scratch-ffff9440f1009000/stats", llite_2023);
    std::filesystem::create_directory_symlink("mdc", root.path() / "sys/kernel/debug/lustre/mdc");  // leads to itself

    const CounterSnapshot snapshot = read_counters(root.path());
    CHECK(snapshot.mountstats == older_kernel);
    std::vector<std::string> names;
    for (const CounterSnapshot::LustreFile& file : snapshot.lustre) {
        names.push_back(file.name + " " + file.path);
    }
    CHECK(names == std::vector<std::string>{
                       "llite scratch stats llite/scratch-ffff9440f1003000/stats",
                       "llite scratch-ffff9440f1009000 stats llite/scratch-ffff9440f1009000/stats",
                       "mdc scratch-MDT0000-mdc md_stats mdc/scratch-MDT0000-mdc-ffff9440f1003000/md_stats"});
    REQUIRE(snapshot.trouble.size() == 2);
    CHECK_THAT(snapshot.trouble[0], has_text("lustre mdc stats: cannot be read (/sys/kernel/debug/lustre: "));
    CHECK(snapshot.trouble[1] == "lustre osc stats: cannot be read");
    CHECK(difference(snapshot, snapshot).left_out == snapshot.trouble);
    CHECK(difference(snapshot, snapshot).changed.empty());
}

TEST_CASE("this machine's counters can be read")
{
    const CounterSnapshot before = read_counters();
    CHECK_FALSE(before.mountinfo.empty());
    CHECK_FALSE(before.mountstats.empty());
    const CounterChanges none = difference(before, before);
    CHECK(none.changed.empty());
    const TemporaryDirectory empty;
    CHECK(read_counters(empty.path()).trouble.size() == 2);
}

TEST_CASE("what a child read is known after its end and until it is reaped, without privilege")
{
    const TemporaryDirectory folder;
    const Descriptor data{open(folder.write("data", std::string(read_by_child, 'x')).c_str(), O_RDONLY)};
    const Pipe answer = make_pipe();
    REQUIRE(std::fflush(nullptr) == 0);  // under TSan _exit would write what stands in a copy of stdio's buffers
    const pid_t user = fork();
    REQUIRE(user >= 0);
    if (user == 0) {
        const Watched watched = become_user_and_watch_a_child(data.get());
        _exit(write(answer.write_end.get(), &watched, sizeof watched) == sizeof watched ? 0 : 1);
    }
    int status = -1;
    REQUIRE(waitpid(user, &status, 0) == user);
    REQUIRE(status == 0);
    Watched watched{};
    REQUIRE(read(answer.read_end.get(), &watched, sizeof watched) == sizeof watched);
    CHECK(watched.child_status == 0);
    REQUIRE(watched.known_when_ended);
    CHECK(watched.io.rchar == static_cast<std::int64_t>(read_by_child) + 1);  // and the byte that let it start
    CHECK(watched.io.syscr == static_cast<std::int64_t>(read_by_child / chunk_size) + 1);
    CHECK(watched.io.wchar == 0);
    CHECK_FALSE(watched.known_when_reaped);
    CHECK_FALSE(ProcessIoFile{user}.read());
}

TEST_CASE("all seven numbers of a process or none")
{
    const std::string text =
        "rchar: 1\nwchar: 2\nsyscr: 3\nsyscw: 4\nread_bytes: 5\nwrite_bytes: 6\ncancelled_write_bytes: 7\n";
    CHECK(parse_process_io(text) == ProcessIo{1, 2, 3, 4, 5, 6, 7});
    CHECK(parse_process_io(text + "later: 8\n") == ProcessIo{1, 2, 3, 4, 5, 6, 7});
    CHECK_FALSE(parse_process_io(replaced(text, "syscw: 4", "syscw: four")));
    CHECK_FALSE(parse_process_io(replaced(text, "wchar: 2\n", "")));
}
