#include "worker/gate.hpp"

#include "core/clock.hpp"
#include "core/error.hpp"
#include "worker/exec.hpp"
#include "worker/marks.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/filesystem/path.hpp>
#include <boost/process/v2/posix/fork_and_forget_launcher.hpp>
#include <boost/process/v2/process.hpp>

#include <fcntl.h>
#include <link.h>
#include <linux/futex.h>
#include <sched.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <charconv>
#include <cstdint>
#include <ctime>
#include <string_view>
#include <utility>

namespace gaggle::worker {

namespace {

constexpr std::int64_t early_ns = 200'000;  // before the instant, for each child on the same CPU

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

/// What a gate's parent and children share; the slots follow in the same mapping.
struct alignas(64) GatePage {
    Word ready;     ///< how many children are at the gate
    Word released;  ///< 0: wait; 1: start at `at_ns`
    std::int64_t at_ns;

    [[nodiscard]] static std::size_t bytes(unsigned children) { return sizeof(GatePage) + children * sizeof(Slot); }
    Slot& slot(unsigned index) { return reinterpret_cast<Slot*>(this + 1)[index]; }
};

namespace {

GatePage* map_page(int file, unsigned children)
{
    void* memory = mmap(nullptr, GatePage::bytes(children), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE, file, 0);
    return memory == MAP_FAILED ? nullptr : static_cast<GatePage*>(memory);
}

/// Runs in the child in place of the launcher's own exec.
struct BecomeWaiting {
    const Program& program;
    const ChildFiles& files;
    int page;
    char* const* arguments;
    char* const* environment;
    pid_t parent;

    template <class Launcher>
    boost::system::error_code on_exec_setup(Launcher&, const boost::filesystem::path&, const char* const*(&)) const
    {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        if (getppid() != parent) {
            _exit(127);  // the parent died before the line above
        }
        setpgid(0, 0);
        sigset_t none;
        sigemptyset(&none);
        sigprocmask(SIG_SETMASK, &none, nullptr);
        for (const int number : {SIGPIPE, SIGINT, SIGTERM, SIGHUP, SIGCHLD}) {
            signal(number, SIG_DFL);
        }
        keep_inherited_descriptors_to_ourselves();  // Asio makes some anew after a fork
        arrange_descriptors();
        if (chdir(program.directory.c_str()) == 0) {
            execve("/proc/self/exe", arguments, environment);
        }
        _exit(127);
    }

private:
    void arrange_descriptors() const
    {
        // Out of the way of 0…6 first; those that must survive exec are copied to their places without close-on-exec.
        const std::array<std::pair<int, int>, 7> places{{{open("/dev/null", O_RDWR | O_CLOEXEC), STDIN_FILENO},
                                                         {open("/dev/null", O_RDWR | O_CLOEXEC), STDOUT_FILENO},
                                                         {files.error, STDERR_FILENO},
                                                         {files.marks, Gate::marks_descriptor},
                                                         {files.shown, Gate::timer_descriptor},
                                                         {page, Gate::page_descriptor},
                                                         {files.alive, Gate::alive_descriptor}}};
        std::array<int, places.size()> aside{};
        for (std::size_t i = 0; i < places.size(); ++i) {
            aside[i] = fcntl(places[i].first, F_DUPFD_CLOEXEC, 16);
        }
        for (std::size_t i = 0; i < places.size(); ++i) {
            if (aside[i] < 0 || dup2(aside[i], places[i].second) < 0) {
                _exit(127);
            }
        }
    }
};

/// The CPUs that this process may run on. A child waits on one of them: left to itself it would wake on the CPU that has
/// its timer, which is the same one for most children (timer_migration), and there they would exec in turn.
class Cpus {
public:
    Cpus()
    {
        known_ = sched_getaffinity(0, sizeof all_, all_.data()) == 0;
        count_ = known_ ? static_cast<unsigned>(CPU_COUNT_S(sizeof all_, all_.data())) : 1;
    }

    [[nodiscard]] unsigned count() const { return count_; }

    /// Number `index` of them, counted around.
    void take_one(unsigned index) const
    {
        std::array<cpu_set_t, sets> one{};
        unsigned left = index % count_;
        for (std::size_t cpu = 0; known_ && cpu < sets * CPU_SETSIZE; ++cpu) {
            if (CPU_ISSET_S(cpu, sizeof all_, all_.data()) && left-- == 0) {
                CPU_SET_S(cpu, sizeof one, one.data());
                sched_setaffinity(0, sizeof one, one.data());
                return;
            }
        }
    }

    void take_all() const
    {
        if (known_) {
            syscall(SYS_sched_setaffinity, 0, sizeof all_, all_.data());
        }
    }

private:
    static constexpr std::size_t sets = 8;  // of 1024 CPUs
    std::array<cpu_set_t, sets> all_{};
    bool known_ = false;
    unsigned count_ = 1;
};

/// Unmaps what was mapped on the way here of this program's code and constants, and of its libraries': exec would have to
/// do it, in the measured time, up to 0.2 µs a page. What is used again is mapped again when it is.
void unmap_code()
{
    dl_iterate_phdr(
        [](dl_phdr_info* object, std::size_t, void*) {
            for (unsigned i = 0; i < object->dlpi_phnum; ++i) {
                const auto& segment = object->dlpi_phdr[i];
                if (segment.p_type == PT_LOAD && (segment.p_flags & PF_W) == 0) {
                    const auto page = static_cast<std::uintptr_t>(sysconf(_SC_PAGESIZE));
                    const std::uintptr_t address = object->dlpi_addr + segment.p_vaddr;
                    const std::uintptr_t before = address % page;
                    // NOLINTNEXTLINE(performance-no-int-to-ptr): that is how the linker says where it is
                    madvise(reinterpret_cast<void*>(address - before), before + segment.p_memsz, MADV_DONTNEED);
                }
            }
            return 0;
        },
        nullptr);
}

void sleep_until(std::int64_t at_ns)
{
    timespec at{};
    at.tv_sec = at_ns / 1'000'000'000;
    at.tv_nsec = at_ns % 1'000'000'000;
    while (syscall(SYS_clock_nanosleep, CLOCK_MONOTONIC, TIMER_ABSTIME, &at, nullptr) != 0 && errno == EINTR) {
    }
}

unsigned number(const char* text)
{
    unsigned value = 0;
    std::from_chars(text, text + std::string_view{text}.size(), value);
    return value;
}

}  // namespace

Descriptor open_shown(Shown shown)
{
    if (shown == Shown::timer) {
        return make_timer();
    }
    Descriptor worker{open("/proc/self/exe", O_RDONLY | O_CLOEXEC)};
    if (worker.get() < 0) {
        throw system_error(ExitCode::Usage, "open", "/proc/self/exe", errno);
    }
    return worker;
}

int wait_at_gate(int argc, char** argv)
{
    constexpr int fixed_arguments = 4;  // gaggle-worker gate CHILDREN INDEX
    const unsigned children = argc > fixed_arguments ? number(argv[2]) : 0;
    const unsigned index = argc > fixed_arguments ? number(argv[3]) : 0;
    GatePage* page = index < children ? map_page(Gate::page_descriptor, children) : nullptr;
    if (page == nullptr) {
        return 127;
    }
    fcntl(Gate::page_descriptor, F_SETFD, FD_CLOEXEC);
    fcntl(Gate::alive_descriptor, F_SETFD, FD_CLOEXEC);
    prctl(PR_SET_TIMERSLACK, 1);  // wake within 1 ns of the instant, not within the usual 50 µs
    Slot& slot = page->slot(index);
    const Cpus cpus;
    const bool gated = page->released.load() == 0;  // not as launched
    if (gated) {
        cpus.take_one(index);
    }
    // Touch what will be used at the instant, then say so. From here on all but the clock goes through syscall(), so that
    // little code is mapped again.
    syscall(SYS_execve, "", argv, environ);  // fails
    unmap_code();
    slot.start_ns = 0;
    slot.exec_errno = 0;
    slot.ready_ns = clocks::monotonic_ns();
    page->ready.fetch_add(1);
    futex_wake_all(page->ready);

    while (page->released.load() == 0) {
        futex_wait(page->released, 0, nullptr);
    }
    if (gated) {
        // A processor that sleeps takes its time to wake, and is slow at first: it is awake when it counts.
        const unsigned on_same_cpu = (children + cpus.count() - 1) / cpus.count();
        sleep_until(page->at_ns - early_ns * on_same_cpu);
        sleep_until(page->at_ns);
    }
    syscall(SYS_prctl, PR_SET_TIMERSLACK, 0);  // exec keeps it: the interpreter's is the one the worker was born with
    cpus.take_all();
    slot.start_ns = clocks::monotonic_ns();
    syscall(SYS_execve, argv[fixed_arguments], argv + fixed_arguments, environ);
    slot.exec_errno = errno;
    return 127;
}

Gate::Gate(unsigned children) : children_(children), file_(make_memory_file("gaggle-gate"))
{
    if (ftruncate(file_.get(), static_cast<off_t>(GatePage::bytes(children))) != 0) {
        throw system_error(ExitCode::Usage, "make", "the gate's shared memory", errno);
    }
    page_ = map_page(file_.get(), children);  // all zero: fresh memory
    if (page_ == nullptr) {
        throw system_error(ExitCode::Usage, "map", "the gate's shared memory", errno);
    }
}

Gate::~Gate()
{
    munmap(page_, GatePage::bytes(children_));
}

pid_t Gate::fork_child(const boost::asio::any_io_executor& executor, unsigned index, const Program& program,
                       const ChildFiles& files)
{
    namespace process = boost::process::v2;
    std::vector<std::string> waiting{"gaggle-worker", "gate", std::to_string(children_), std::to_string(index),
                                     program.executable};
    waiting.insert(waiting.end(), program.arguments.begin(), program.arguments.end());
    const std::vector<char*> arguments = pointers_to(waiting);
    const std::vector<char*> environment = pointers_to(program.environment);
    const BecomeWaiting child_side{program, files, file_.get(), arguments.data(), environment.data(), getpid()};
    process::posix::fork_and_forget_launcher launcher;
    process::error_code error;
    auto child = launcher(executor, error, program.executable, program.arguments, child_side);
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
