#include "worker/gate.hpp"

#include "core/clock.hpp"
#include "core/error.hpp"
#include "worker/files.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/filesystem/path.hpp>
#include <boost/process/v2/posix/fork_and_forget_launcher.hpp>
#include <boost/process/v2/process.hpp>

#include <fcntl.h>
#include <linux/futex.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <ctime>
#include <new>

namespace gaggle::worker {

namespace {

using Word = std::atomic<std::uint32_t>;
static_assert(Word::is_always_lock_free && sizeof(Word) == sizeof(std::uint32_t), "futex(2) needs a bare 32-bit word");

/// Sleeps while `word` is `expected`; returns early for any reason, so callers loop.
void futex_wait(Word& word, std::uint32_t expected, const timespec* timeout)
{
    syscall(SYS_futex, &word, FUTEX_WAIT, expected, timeout, nullptr, 0);
}

void futex_wake_all(Word& word)
{
    syscall(SYS_futex, &word, FUTEX_WAKE, INT32_MAX, nullptr, nullptr, 0);
}

/// One cache line each: children do not disturb one another.
struct alignas(64) Slot {
    std::int64_t ready_ns;
    std::int64_t start_ns;
    int exec_errno;
};

}  // namespace

struct alignas(64) Gate::Page {
    Word ready;     ///< how many children are at the gate
    Word released;  ///< 0: wait; 1: start at `at_ns`
    std::int64_t at_ns;

    /// The slots follow the page's head in the same mapping.
    Slot& slot(unsigned index) { return reinterpret_cast<Slot*>(this + 1)[index]; }
};

namespace {

/// Runs in the child instead of the launcher's own exec: Boost closes descriptors after this hook, which would stand
/// between the gate and exec.
struct WaitAtGate {
    Word& ready;
    Word& released;
    const std::int64_t& at_ns;
    Slot& slot;
    const Program& program;
    const ChildFiles& files;
    char* const* environment;
    pid_t parent;

    template <class Launcher>
    boost::system::error_code on_exec_setup(Launcher&, const boost::filesystem::path&, const char* const*(&argv)) const
    {
        arrange();
        // Touch what will be written, then say so.
        slot.start_ns = 0;
        slot.exec_errno = 0;
        slot.ready_ns = clocks::monotonic_ns();
        ready.fetch_add(1);
        futex_wake_all(ready);

        while (released.load() == 0) {
            futex_wait(released, 0, nullptr);
        }
        timespec at{};
        at.tv_sec = at_ns / 1'000'000'000;
        at.tv_nsec = at_ns % 1'000'000'000;
        while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &at, nullptr) == EINTR) {
        }
        prctl(PR_SET_TIMERSLACK, 0);  // exec keeps the slack: give the interpreter the one the worker was born with
        slot.start_ns = clocks::monotonic_ns();
        execve(program.executable.c_str(), const_cast<char* const*>(argv), environment);
        slot.exec_errno = errno;
        _exit(127);
    }

private:
    /// Everything a child needs before the gate; a failure ends it before it is ready.
    void arrange() const
    {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        if (getppid() != parent) {
            _exit(127);  // the parent died before the line above
        }
        setpgid(0, 0);
        prctl(PR_SET_TIMERSLACK, 1);  // wake within 1 ns of the instant, not within the usual 50 µs
        sigset_t none;
        sigemptyset(&none);
        sigprocmask(SIG_SETMASK, &none, nullptr);
        for (const int number : {SIGPIPE, SIGINT, SIGTERM, SIGHUP, SIGCHLD}) {
            signal(number, SIG_DFL);
        }
        keep_inherited_descriptors_to_ourselves();  // Asio makes some anew after a fork
        // Out of the way of 0…4 first; only marks and timer must survive exec.
        const int alive = fcntl(files.alive, F_DUPFD_CLOEXEC, 16);
        const int marks = fcntl(files.marks, F_DUPFD_CLOEXEC, 16);
        const int timer = fcntl(files.timer, F_DUPFD_CLOEXEC, 16);
        const int error = fcntl(files.error, F_DUPFD_CLOEXEC, 16);
        const int null = open("/dev/null", O_RDWR | O_CLOEXEC);
        if (alive < 0 || marks < 0 || timer < 0 || error < 0 || null < 0 || dup2(null, 0) < 0 || dup2(null, 1) < 0 ||
            dup2(error, 2) < 0 || dup2(marks, marks_descriptor_) < 0 || dup2(timer, timer_descriptor_) < 0 ||
            chdir(program.directory.c_str()) != 0) {
            _exit(127);
        }
    }

    static constexpr int marks_descriptor_ = Gate::marks_descriptor;
    static constexpr int timer_descriptor_ = Gate::timer_descriptor;
};

}  // namespace

Gate::Gate(unsigned children) : children_(children), page_(nullptr)
{
    void* memory = mmap(nullptr, bytes(), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
    if (memory == MAP_FAILED) {
        throw system_error(ExitCode::Usage, "map", "the gate's shared memory", errno);
    }
    page_ = new (memory) Page{};  // the slots are zero: fresh anonymous memory
}

Gate::~Gate()
{
    munmap(page_, bytes());
}

std::size_t Gate::bytes() const
{
    return sizeof(Page) + children_ * sizeof(Slot);
}

pid_t Gate::fork_child(const boost::asio::any_io_executor& executor, unsigned index, const Program& program,
                       const ChildFiles& files)
{
    namespace process = boost::process::v2;
    std::vector<char*> environment;
    environment.reserve(program.environment.size() + 1);
    for (const std::string& variable : program.environment) {
        environment.push_back(const_cast<char*>(variable.c_str()));
    }
    environment.push_back(nullptr);

    const WaitAtGate gate{page_->ready, page_->released, page_->at_ns,       page_->slot(index),
                          program,      files,           environment.data(), getpid()};
    process::posix::fork_and_forget_launcher launcher;
    process::error_code error;
    auto child = launcher(executor, error, program.executable, program.arguments, gate);
    if (error) {
        throw Error{ExitCode::Usage, "cannot fork an interpreter: " + error.message()};
    }
    const pid_t pid = child.id();
    child.detach();  // reaped with wait4, which Boost does not offer
    setpgid(pid, pid);
    return pid;
}

bool Gate::wait_until_ready(unsigned children, std::chrono::steady_clock::time_point deadline) const
{
    constexpr timespec patience{.tv_sec = 0, .tv_nsec = 20'000'000};
    for (std::uint32_t now = page_->ready.load(); now < children; now = page_->ready.load()) {
        if (std::chrono::steady_clock::now() > deadline) {
            return false;
        }
        futex_wait(page_->ready, now, &patience);
    }
    return true;
}

void Gate::release(std::int64_t at_ns)
{
    page_->at_ns = at_ns;
    page_->released.store(1);
    futex_wake_all(page_->released);
}

ChildTimes Gate::times(unsigned index) const
{
    const Slot& slot = page_->slot(index);
    return {slot.ready_ns, slot.start_ns, slot.exec_errno};
}

}  // namespace gaggle::worker
