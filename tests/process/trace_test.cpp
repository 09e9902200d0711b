#include "worker/trace.hpp"

#include "tests/catch.hpp"
#include "tests/support/forbid_ptrace.hpp"
#include "tests/support/process.hpp"
#include "tests/support/temporary.hpp"
#include "worker/importtime.hpp"
#include "worker/probe.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <functional>
#include <map>
#include <set>
#include <sstream>

using namespace gaggle;
using namespace gaggle::tests;
using namespace gaggle::worker;
using std::chrono::milliseconds;
using std::chrono::seconds;

namespace {

const std::vector<std::string> bare_environment{"LANG=C", "PATH=/usr/bin:/bin", "PYTHONHASHSEED=0"};

struct Run {
    Program program;
    milliseconds timeout = seconds{100};
    TemporaryDirectory folder;

    Run(const std::string& executable, const std::vector<std::string>& arguments)
    {
        program = {executable, arguments, bare_environment, folder.path().string()};
    }

    /// A script of sh, started in `folder`.
    explicit Run(const std::string& script) : Run("/bin/sh", {"-c", script}) {}

    /// `meanwhile` is called every few milliseconds while the program runs.
    [[nodiscard]] Trace trace(const std::function<void()>& meanwhile = [] {}) const
    {
        boost::asio::io_context context{1};
        boost::asio::steady_timer pause{context};
        Trace result;
        std::exception_ptr trouble;
        bool ended = false;
        boost::asio::co_spawn(context, trace_program(context.get_executor(), program, timeout),
                              [&](const std::exception_ptr& error, Trace trace) {
                                  trouble = error;
                                  result = std::move(trace);
                                  ended = true;
                                  context.stop();
                              });
        while (!ended) {
            context.run_for(milliseconds{5});
            meanwhile();
            context.restart();
        }
        if (trouble) {
            std::rethrow_exception(trouble);
        }
        return result;
    }

    [[nodiscard]] std::string file(const std::string& name) const { return (folder.path() / name).string(); }
};

const CallCount& of(const Trace& trace, CallKind kind)
{
    return trace.calls.at(static_cast<std::size_t>(kind));
}

DirectoryLookups in_directory(const Trace& trace, const std::string& directory)
{
    const auto found = std::ranges::find(trace.directories, directory, &DirectoryLookups::directory);
    return found == trace.directories.end() ? DirectoryLookups{} : *found;
}

/// No child of this process is left, and nothing that the test wrote a pid of still runs.
void check_nothing_is_left(const Run& run)
{
    CHECK(waitpid(-1, nullptr, WNOHANG) == -1);
    CHECK(errno == ECHILD);
    std::istringstream pids{read_text(run.file("pids"))};
    for (pid_t pid = 0; pids >> pid;) {
        CHECK(eventually([&] {  // whoever adopts it reaps it
            const std::string stat = read_text("/proc/" + std::to_string(pid) + "/stat");
            return stat.empty() || stat.find(") Z ") != std::string::npos;
        }));
    }
}

/// What strace says of the same program.
struct Strace {
    std::map<CallKind, CallCount> calls;
    std::set<std::string> files_opened;
};

CallKind kind_of(const std::string& name, const std::string& arguments)
{
    static const std::map<std::string, CallKind> kinds{
        {"open", CallKind::open},           {"openat", CallKind::open},         {"openat2", CallKind::open},
        {"creat", CallKind::open},          {"stat", CallKind::stat},           {"lstat", CallKind::stat},
        {"newfstatat", CallKind::stat},     {"statx", CallKind::stat},          {"fstat", CallKind::fstat},
        {"access", CallKind::access},       {"faccessat", CallKind::access},    {"faccessat2", CallKind::access},
        {"readlink", CallKind::readlink},   {"readlinkat", CallKind::readlink}, {"getdents", CallKind::getdents},
        {"getdents64", CallKind::getdents}, {"read", CallKind::read},           {"readv", CallKind::read},
        {"pread64", CallKind::read},        {"preadv", CallKind::read},         {"preadv2", CallKind::read},
        {"write", CallKind::write},         {"writev", CallKind::write},        {"pwrite64", CallKind::write},
        {"pwritev", CallKind::write},       {"pwritev2", CallKind::write},      {"mmap", CallKind::mmap},
        {"execve", CallKind::execve},       {"execveat", CallKind::execve}};
    const CallKind kind = kinds.at(name);
    return kind == CallKind::stat && arguments.find("AT_EMPTY_PATH") != std::string::npos ? CallKind::fstat : kind;
}

/// Takes one whole call: "NAME(ARGUMENTS) = RESULT…".
void take_call(Strace& strace, const std::string& text)
{
    const std::string name = text.substr(0, text.find('('));
    const std::size_t equals = text.rfind(" = ");
    REQUIRE(equals != std::string::npos);
    const std::string arguments = text.substr(name.size(), equals - name.size());
    const std::string result = text.substr(equals + 3);
    if (name == "mmap" && arguments.find("MAP_ANONYMOUS") != std::string::npos) {
        return;
    }
    const CallKind kind = kind_of(name, arguments);
    CallCount& count = strace.calls[kind];
    count.kind = kind;
    ++count.count;
    if (result.starts_with("-1 ")) {
        ++count.failed;
        count.enoent += result.starts_with("-1 ENOENT") ? 1 : 0;
    } else if (kind == CallKind::open) {
        strace.files_opened.insert(result.substr(result.find('<')));
    } else if (kind == CallKind::mmap) {
        count.bytes += std::stoull(arguments.substr(arguments.find(", ") + 2));
    } else if (kind == CallKind::read || kind == CallKind::write || kind == CallKind::getdents) {
        count.bytes += std::stoull(result);
    }
}

const std::string counted_calls =
    "trace=/^(open|openat2?|creat|l?stat|newfstatat|statx|fstat|access|faccessat2?|readlink(at)?|getdents(64)?|"
    "p?(read|write)v?2?(64)?|mmap|execve(at)?)$";

Strace strace(const Run& run)
{
    const TemporaryDirectory beside;  // not where the program may see it
    const std::string log = (beside.path() / "log").string();
    std::vector<std::string> command{"env", "-i", "-C", run.program.directory};
    command.insert(command.end(), run.program.environment.begin(), run.program.environment.end());
    command.insert(command.end(), {"strace", "-f", "-y", "-s0", "-qqq", "-e", "signal=none", "-o", log, "-e",
                                   counted_calls, run.program.executable});
    command.insert(command.end(), run.program.arguments.begin(), run.program.arguments.end());
    const Finished finished = tests::run(command);
    INFO(finished.err);
    Strace result;
    std::map<std::string, std::string> unfinished;  // by thread
    std::istringstream lines{read_text(log)};
    std::string tid;
    for (std::string text; lines >> tid && std::getline(lines >> std::ws, text);) {
        if (const std::size_t cut = text.find(" <unfinished ...>"); cut != std::string::npos) {
            unfinished[tid] = text.substr(0, cut);
        } else if (text.starts_with("<... ")) {
            take_call(result, unfinished[tid] + text.substr(text.find(" resumed>") + 9));
        } else {
            take_call(result, text);
        }
    }
    REQUIRE_FALSE(result.calls.empty());
    return result;
}

void check_same_as_strace(const Run& run)
{
    (void)run.trace();  // writes what is written once only
    const Trace ours = run.trace();
    const Strace theirs = strace(run);
    CHECK(ours.trouble.empty());
    CHECK(ours.status == 0);
    for (const CallCount& count : ours.calls) {
        CallCount expected{.kind = count.kind, .count = 0, .failed = 0, .enoent = 0, .bytes = 0};
        if (const auto found = theirs.calls.find(count.kind); found != theirs.calls.end()) {
            expected = found->second;
        }
        INFO(to_string(count.kind));
        CHECK(count.count == expected.count);
        CHECK(count.failed == expected.failed);
        CHECK(count.enoent == expected.enoent);
        CHECK(count.bytes == expected.bytes);
    }
    CHECK(ours.files_opened == theirs.files_opened.size());
    check_nothing_is_left(run);
}

}  // namespace

TEST_CASE("the counts are strace's: python and what it imports")
{
    check_same_as_strace(Run{"/usr/bin/python3", {"-c", "import json, sqlite3"}});
}

TEST_CASE("the counts are strace's: a shell, its children, and what they do not find")
{
    check_same_as_strace(
        Run{"exec >/dev/null 2>&1; cat /etc/hostname /nonexistent/file; ls -l /usr/lib; cd /etc; test -e passwd;"
            "test -e absent; (cat passwd | cat | wc -c); /nonexistent/program; exec true"});
}

TEST_CASE("the counts are strace's: threads that read at once")
{
    check_same_as_strace(Run{"/usr/bin/python3",
                             {"-c",
                              "import threading\n"
                              "def work():\n"
                              "  for i in range(50):\n"
                              "    open('/etc/passwd', 'rb', 0).read(100)\n"
                              "    try: open('/etc/absent%d' % i)\n"
                              "    except OSError: pass\n"
                              "threads = [threading.Thread(target=work) for _ in range(4)]\n"
                              "for t in threads: t.start()\n"
                              "for t in threads: t.join()\n"}});
}

TEST_CASE("bytes, files, threads and look-ups of a known program")
{
    const Run run{"/usr/bin/python3",
                  {"-I", "-S", "-c",
                   "import os, posix\n"
                   "os.mkdir('folder'); os.symlink('data', 'link')\n"
                   "with open('data', 'wb', 0) as f: f.write(bytes(300000))\n"
                   "fd = posix.open('data', posix.O_RDONLY)\n"
                   "while posix.read(fd, 4096): pass\n"
                   "posix.pread(fd, 1000, 5)\n"
                   "posix.open('link', posix.O_RDONLY)\n"  // the same file
                   "folder = posix.open('folder', posix.O_RDONLY)\n"
                   "for i in range(7):\n"
                   "  try: os.stat('nothing%d' % i, dir_fd=folder)\n"
                   "  except FileNotFoundError: pass\n"
                   "os.chdir('folder')\n"
                   "for i in range(3):\n"
                   "  os.access('/' + '/'.join(['nothing', 'here']), 0); os.access('nothing0', 0)\n"
                   "if os.fork() == 0: os._exit(0)\n"
                   "os.wait()\n"}};
    const Run nothing{"/usr/bin/python3", {"-I", "-S", "-c", "import os, posix"}};
    const Trace before = nothing.trace();
    const Trace trace = run.trace();
    CHECK(trace.trouble.empty());
    CHECK(trace.error.empty());
    CHECK(of(trace, CallKind::write).bytes == 300000);
    CHECK(of(trace, CallKind::read).bytes - of(before, CallKind::read).bytes == 301000);
    CHECK(of(trace, CallKind::open).count - of(before, CallKind::open).count == 4);
    CHECK(trace.files_opened - before.files_opened == 2);
    CHECK(trace.paths_looked_up - before.paths_looked_up == 3 + 7 + 1);
    const std::string folder = std::filesystem::canonical(run.folder.path() / "folder").string();
    CHECK(in_directory(trace, folder) == DirectoryLookups{folder, 10, 10});
    CHECK(in_directory(trace, "/nothing") == DirectoryLookups{"/nothing", 3, 3});
    CHECK(trace.directories.size() <= Trace::most_directories);
    CHECK(std::ranges::is_sorted(trace.directories, std::ranges::greater{}, &DirectoryLookups::enoent));
    CHECK(trace.threads == 2);
    CHECK(trace.wall_ns > 0);
}

TEST_CASE("a probed interpreter may mark as it does when it is timed")
{
    EnvironmentSpec environment{"plain", "system", "python", {"/usr/bin/python3", "-I"}, {}, "", {"json"}};
    Run run{"true"};
    run.program =
        make_program(environment, {.mount_point = {}, .directory = run.folder.path(), .variables = bare_variables()});
    const Trace trace = run.trace();
    CHECK(trace.trouble.empty());
    CHECK(trace.error.empty());
    CHECK(trace.status == 0);
    CHECK(of(trace, CallKind::write).count == 3);  // its marks: ready, probe, import
}

TEST_CASE("a probe without a clock finds its timer when it is traced")
{
    const TemporaryDirectory library;
    const std::string imported = library.write("library.sh", ":\n");
    EnvironmentSpec environment{"plain", "command", "sh", {"/bin/sh"}, {}, "", {imported}};
    Run run{"true"};
    run.program =
        make_program(environment, {.mount_point = {}, .directory = run.folder.path(), .variables = bare_variables()});
    const Trace trace = run.trace();
    CHECK(trace.trouble.empty());
    CHECK(trace.error.empty());
    CHECK(trace.status == 0);
    CHECK(in_directory(trace, "/proc/self/fdinfo") == DirectoryLookups{"/proc/self/fdinfo", 2, 0});
}

TEST_CASE("how the program ends is told")
{
    Trace trace = Run{"echo why it failed >&2; exit 7"}.trace();
    CHECK(WIFEXITED(trace.status));
    CHECK(WEXITSTATUS(trace.status) == 7);
    CHECK(trace.error == "why it failed");
    CHECK(trace.trouble.empty());
    trace = Run{"kill -SEGV $$"}.trace();
    CHECK(WIFSIGNALED(trace.status));
    CHECK(WTERMSIG(trace.status) == SIGSEGV);
    trace = Run{"trap 'exit 3' TERM; kill -TERM $$; exit 4"}.trace();
    CHECK(WEXITSTATUS(trace.status) == 3);
}

TEST_CASE("what cannot be started is told")
{
    CHECK(Run("/nonexistent/python", {}).trace().trouble ==
          "cannot run /nonexistent/python: No such file or directory");
    Run run{"true"};
    run.program.directory = "/nonexistent";
    CHECK(run.trace().trouble == "cannot start in /nonexistent: No such file or directory");
    check_nothing_is_left(run);
}

TEST_CASE("what still runs at the time-out is killed, descendants included")
{
    Run run{"echo $$ >> pids; (echo $$ >> pids; sleep 1000) & (while :; do :; done) & echo $! >> pids; sleep 1000"};
    run.timeout = seconds{3};
    const Trace trace = run.trace();
    CHECK_THAT(trace.trouble, has_text("killed after 3000 ms: ") && has_text("threads still ran"));
    CHECK(WIFSIGNALED(trace.status));
    CHECK(of(trace, CallKind::execve).count > 1);  // what was counted is kept
    check_nothing_is_left(run);
}

TEST_CASE("a descendant that outlives the program is traced to its end")
{
    const Run run{"(until [ -e go ]; do :; done; cat /etc/hostname >/dev/null; echo $? > late) & : > go"};
    const Trace trace = run.trace();
    CHECK(trace.trouble.empty());
    CHECK(read_text(run.file("late")) == "0\n");
    CHECK(of(trace, CallKind::execve).count == 2);
}

TEST_CASE("a program that stops itself goes on when it is told to")
{
    const Run run{"(until [ -e done ]; do kill -CONT $$; done) & kill -STOP $$; : > done; exit 7"};
    const Trace trace = run.trace();
    CHECK(trace.trouble.empty());
    CHECK(WEXITSTATUS(trace.status) == 7);
}

TEST_CASE("where tracing is forbidden the trouble says so")
{
    const Run run{"true"};
    const pid_t pid = fork();
    REQUIRE(pid >= 0);
    if (pid == 0) {
        forbid_ptrace();
        const Trace trace = run.trace();
        const bool told =
            trace.trouble.starts_with("this system forbids tracing: Operation not permitted (kernel.yama.");
        _exit(told && trace.calls.empty() ? 0 : 1);
    }
    int status = 0;
    REQUIRE(waitpid(pid, &status, 0) == pid);
    CHECK(status == 0);
}

TEST_CASE("calls of another architecture are noticed")
{
    // getpid as a 32-bit program calls it: mov $20, %eax; int $0x80; ret
    const Run run{"/usr/bin/python3",
                  {"-c",
                   "import ctypes, mmap\n"
                   "code = mmap.mmap(-1, 4096, prot=7)\n"
                   "code.write(b'\\xb8\\x14\\0\\0\\0\\xcd\\x80\\xc3')\n"
                   "ctypes.CFUNCTYPE(ctypes.c_int)(ctypes.addressof(ctypes.c_char.from_buffer(code)))()\n"}};
#ifdef __x86_64__
    const Trace trace = run.trace();
    if (WIFSIGNALED(trace.status)) {
        WARN("not tried: this kernel runs no 32-bit calls");
        return;
    }
    CHECK_THAT(trace.trouble, has_text("another architecture"));
    CHECK(of(trace, CallKind::open).count > 0);  // the others are counted
#endif
}

TEST_CASE("a tracer that dies takes along what it traced")
{
    const Run run{"echo $$ > pids; while :; do :; done"};
    bool killed = false;
    const Trace trace = run.trace([&] {
        std::istringstream pids{read_text(run.file("pids"))};
        std::istringstream children{read_text("/proc/self/task/" + std::to_string(getpid()) + "/children")};
        pid_t program = 0;
        pid_t tracer = 0;
        if (!killed && pids >> program && children >> tracer) {
            killed = kill(tracer, SIGKILL) == 0;
        }
    });
    CHECK(killed);
    CHECK(trace.trouble == "the tracer was killed by signal 9");
    CHECK(trace.calls.empty());
    check_nothing_is_left(run);
}

TEST_CASE("tracing leaves this process's other children and its signals alone")
{
    const pid_t other = fork();
    if (other == 0) {
        _exit(42);
    }
    sigset_t before;
    sigset_t after;
    sigprocmask(SIG_SETMASK, nullptr, &before);
    CHECK(Run{"exit 0"}.trace().trouble.empty());
    sigprocmask(SIG_SETMASK, nullptr, &after);
    for (int number = 1; number < NSIG; ++number) {
        CHECK(sigismember(&before, number) == sigismember(&after, number));
    }
    int status = 0;
    CHECK(waitpid(other, &status, 0) == other);
    CHECK(WEXITSTATUS(status) == 42);
}

TEST_CASE("import times are python's")
{
    const Finished python =
        tests::run({"/usr/bin/python3", "-I", "-X", "importtime", "-c",
                    "import sys; sys.stderr.write('import time: nonsense\\nother\\n'); import json"});
    REQUIRE(python.status == 0);
    const std::vector<ImportTime> rows = parse_import_times(python.err);
    const auto lines = static_cast<std::size_t>(std::ranges::count(python.err, '\n'));
    CHECK(rows.size() == lines - 3);  // the heading and the two written
    CHECK(rows.back().module == "json");
    CHECK(rows.back().depth == 0);
    const auto scanner = std::ranges::find(rows, "json.scanner", &ImportTime::module);
    REQUIRE(scanner != rows.end());
    CHECK(scanner->depth == 2);  // json imports json.decoder, which imports it
    // What a module imports stands before it, one deeper: its own time and theirs make its cumulative time.
    std::map<unsigned, std::int64_t> deeper;
    for (const ImportTime& row : rows) {
        const std::int64_t imported = deeper[row.depth + 1];
        deeper[row.depth + 1] = 0;
        deeper[row.depth] += row.cumulative_us;
        INFO(row.module);
        CHECK(std::abs(row.self_us + imported - row.cumulative_us) <= 100);  // each is rounded by itself
    }
}

TEST_CASE("import times that are not whole are left out")
{
    CHECK(parse_import_times("import time: self [us] | cumulative | imported package\n"
                             "import time:        12 |        345 |     a.b\n"
                             "import time: cached    | cached     |     sys\n"
                             "import time:        12 |        345 | \n"
                             "import time:        12 |\n"
                             "  import time:      12 |        345 | c\n"
                             "import time: 99999999999999999999 | 1 | d\n"
                             "import time:         7 |          7 | torn") ==
          std::vector<ImportTime>{{"a.b", 2, 12, 345}});
    CHECK(parse_import_times("").empty());
}
