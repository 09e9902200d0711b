#include "worker/tracer.hpp"

#include "core/clock.hpp"
#include "core/error.hpp"
#include "worker/calls.hpp"
#include "worker/exec.hpp"
#include "worker/files.hpp"
#include "worker/marks.hpp"

#include <fcntl.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <fstream>
#include <map>
#include <system_error>
#include <utility>

namespace gaggle::worker {

namespace {

constexpr long trace_options = PTRACE_O_TRACESECCOMP | PTRACE_O_TRACESYSGOOD | PTRACE_O_TRACEFORK |
                               PTRACE_O_TRACEVFORK | PTRACE_O_TRACECLONE | PTRACE_O_TRACEEXEC | PTRACE_O_EXITKILL;

std::string words(int error_number)
{
    return std::generic_category().message(error_number);
}

/// What kept the child from becoming the program.
struct Failure {
    enum Step { Arrange, Filter, Exec };
    Step step;
    int error;
};

/// The child between fork and exec: waits until it is traced, so that its exec is the first call counted.
class Candidate {
public:
    Candidate(const Program& program, const Descriptor& go, const Descriptor& failure, const Descriptor& error)
        : program_(program),
          filter_(counting_filter()),
          go_(out_of_the_way(go)),
          failure_(out_of_the_way(failure)),
          error_(out_of_the_way(error)),
          timer_(out_of_the_way(make_timer()))
    {
    }

    [[noreturn]] void become_program()
    {
        std::vector<char*> arguments = pointers_to(program_.arguments);
        arguments.insert(arguments.begin(), const_cast<char*>(program_.executable.c_str()));
        const std::vector<char*> environment = pointers_to(program_.environment);
        char token = 0;
        if (read(go_.get(), &token, 1) != 1) {
            _exit(127);  // the tracer is gone, or may not trace
        }
        arrange();
        install_filter();
        execve(program_.executable.c_str(), arguments.data(), environment.data());
        fail(Failure::Exec);
    }

private:
    void arrange()
    {
        setpgid(0, 0);
        const Descriptor null = out_of_the_way(Descriptor{open("/dev/null", O_RDWR | O_CLOEXEC)});
        if (dup2(null.get(), 0) < 0 || dup2(null.get(), 1) < 0 || dup2(error_.get(), 2) < 0 ||
            dup2(null.get(), Gate::marks_descriptor) < 0 || dup2(timer_.get(), Gate::timer_descriptor) < 0 ||
            chdir(program_.directory.c_str()) != 0) {
            fail(Failure::Arrange);
        }
    }

    void install_filter()
    {
        const sock_fprog filter{static_cast<unsigned short>(filter_.size()), filter_.data()};
        // Without privilege a filter is only for processes that can gain none.
        if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 ||
            prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter, 0, 0) != 0) {
            fail(Failure::Filter);
        }
    }

    [[noreturn]] void fail(Failure::Step step)
    {
        const Failure failure{step, errno};
        if (write(failure_.get(), &failure, sizeof failure) != sizeof failure) {
            _exit(126);
        }
        _exit(127);
    }

    const Program& program_;
    std::vector<sock_filter> filter_;
    Descriptor go_;
    Descriptor failure_;
    Descriptor error_;
    Descriptor timer_;
};

std::string describe(const Failure& failure, const Program& program)
{
    switch (failure.step) {
        case Failure::Arrange: return "cannot start in " + program.directory + ": " + words(failure.error);
        case Failure::Filter: return "this system lets no seccomp filter be installed: " + words(failure.error);
        case Failure::Exec: break;
    }
    return "cannot run " + program.executable + ": " + words(failure.error);
}

std::string forbidden(int error_number)
{
    std::string yama = "absent";
    std::ifstream{"/proc/sys/kernel/yama/ptrace_scope"} >> yama;
    return "this system forbids tracing: " + words(error_number) + " (kernel.yama.ptrace_scope: " + yama + ")";
}

void ignore_signal(int) {}

/// Makes waitpid return with EINTR from `delay` on, again and again: one signal alone could come just before it.
void interrupt_after(std::chrono::milliseconds delay)
{
    struct sigaction action {};
    action.sa_handler = ignore_signal;
    sigaction(SIGALRM, &action, nullptr);
    const itimerval timer{.it_interval = {.tv_sec = 0, .tv_usec = 50'000},
                          .it_value = {.tv_sec = delay.count() / 1000, .tv_usec = delay.count() % 1000 * 1000 + 1}};
    setitimer(ITIMER_REAL, &timer, nullptr);
}

class Tracer {
public:
    Tracer(const Program& program, std::chrono::milliseconds timeout)
        : program_(program),
          timeout_(timeout),
          go_(make_pipe()),
          failure_(make_pipe()),
          error_(make_memory_file("stderr"))
    {
    }

    Trace run()
    {
        start();
        if (trace_.trouble.empty()) {
            follow();
            tally_.report(trace_);
        }
        failure_.write_end.close();
        Failure failure{};
        if (read(failure_.read_end.get(), &failure, sizeof failure) == sizeof failure) {
            add_trouble(describe(failure, program_));
        }
        trace_.error = telling_line(read_from_start(error_, 1 << 20));
        return std::move(trace_);
    }

private:
    struct Thread {
        std::optional<Call> call;  ///< begun and not yet returned
    };

    void add_trouble(const std::string& what)
    {
        if (trace_.trouble.empty()) {
            trace_.trouble = what;
        }
    }

    void start()
    {
        first_ = fork();
        if (first_ < 0) {
            throw system_error(ExitCode::Usage, "fork", "the traced program", errno);
        }
        if (first_ == 0) {
            go_.write_end.close();
            Candidate{program_, go_.read_end, failure_.write_end, error_}.become_program();
        }
        if (ptrace(PTRACE_SEIZE, first_, nullptr, trace_options) != 0) {
            add_trouble(forbidden(errno));
            kill(first_, SIGKILL);
            waitpid(first_, &trace_.status, 0);
            return;
        }
        threads_.try_emplace(first_);
        interrupt_after(timeout_);
        deadline_ = std::chrono::steady_clock::now() + timeout_;
        begin_ns_ = clocks::monotonic_ns();
        if (write(go_.write_end.get(), "g", 1) != 1) {
            add_trouble("cannot start the traced program: " + words(errno));
        }
    }

    /// Until no child is left.
    void follow()
    {
        for (;;) {
            int status = 0;
            const pid_t tid = waitpid(-1, &status, __WALL);
            if (tid < 0 && errno != EINTR) {
                return;
            }
            if (!killed_ && std::chrono::steady_clock::now() >= deadline_) {
                stop_all();
            }
            if (tid < 0) {
                continue;
            }
            if (WIFSTOPPED(status)) {
                stopped(tid, status);
            } else {
                ended(tid, status);
            }
        }
    }

    void stop_all()
    {
        killed_ = true;
        add_trouble("killed after " + std::to_string(timeout_.count()) + " ms: " + std::to_string(threads_.size()) +
                    " threads still ran");
        for (const auto& [tid, thread] : threads_) {
            kill(tid, SIGKILL);
        }
    }

    void ended(pid_t tid, int status)
    {
        threads_.erase(tid);
        if (tid == first_) {
            trace_.status = status;
            trace_.wall_ns = clocks::monotonic_ns() - begin_ns_;
        }
    }

    void stopped(pid_t tid, int status)
    {
        const auto [place, is_new] = threads_.try_emplace(tid);
        if (is_new && trace_.threads > 0) {
            ++trace_.threads;
        }
        if (killed_) {
            kill(tid, SIGKILL);  // also what was born meanwhile
        }
        constexpr int call_stop = SIGTRAP | 0x80;  // by PTRACE_O_TRACESYSGOOD
        const int signal = WSTOPSIG(status);
        long deliver = 0;
        switch (status >> 16) {
            case 0:
                if (signal == call_stop) {
                    end_call(tid, place->second);
                } else {
                    deliver = signal;
                }
                break;
            case PTRACE_EVENT_SECCOMP: begin_call(tid, place->second); break;
            case PTRACE_EVENT_EXEC: adopt_call(tid); break;
            case PTRACE_EVENT_STOP:
                if (signal != SIGTRAP) {  // job control: it stays stopped until SIGCONT
                    ptrace(PTRACE_LISTEN, tid, nullptr, nullptr);
                    return;
                }
                break;
            default:  // it forked: the child reports itself
                break;
        }
        // Only the exit of a counted call needs another stop. Fails for a thread that was just killed: nothing to do.
        ptrace(threads_[tid].call ? PTRACE_SYSCALL : PTRACE_CONT, tid, nullptr, deliver);
    }

    /// A thread that executes a program becomes its process's first thread; the call's end is yet to come.
    void adopt_call(pid_t tid)
    {
        if (trace_.threads == 0) {
            trace_.threads = 1;  // the program begins; a thread that a sanitizer started before is none of its
        }
        unsigned long former = 0;
        if (ptrace(PTRACE_GETEVENTMSG, tid, nullptr, &former) == 0 && static_cast<pid_t>(former) != tid) {
            threads_[tid] = std::move(threads_[static_cast<pid_t>(former)]);
            threads_.erase(static_cast<pid_t>(former));
        }
    }

    /// The information on a stop, empty if the kernel has none.
    std::optional<__ptrace_syscall_info> call_information(pid_t tid)
    {
        __ptrace_syscall_info information{};
        if (ptrace(PTRACE_GET_SYSCALL_INFO, tid, sizeof information, &information) <= 0) {
            if (errno != ESRCH) {
                add_trouble("the kernel does not describe system calls (Linux 5.3 and later do): " + words(errno));
            }
            return {};
        }
        return information;
    }

    void begin_call(pid_t tid, Thread& thread)
    {
        const auto information = call_information(tid);
        if (!information || information->op != PTRACE_SYSCALL_INFO_SECCOMP) {
            return;
        }
        if (information->seccomp.ret_data == FilterData::foreign) {
            add_trouble("a program of another architecture ran (32-bit?): its calls are not counted");
            return;
        }
        thread.call = Tally::call(tid, information->seccomp.nr, std::to_array(information->seccomp.args));
    }

    void end_call(pid_t tid, Thread& thread)
    {
        const auto information = call_information(tid);
        if (information && information->op == PTRACE_SYSCALL_INFO_EXIT && thread.call) {
            tally_.count(tid, *std::exchange(thread.call, {}), information->exit.rval);
        }
    }

    const Program& program_;
    std::chrono::milliseconds timeout_;
    Pipe go_;
    Pipe failure_;
    Descriptor error_;  ///< a memory file: what the program writes there never waits for a reader
    Trace trace_;
    Tally tally_;
    pid_t first_ = -1;
    std::map<pid_t, Thread> threads_;
    std::chrono::steady_clock::time_point deadline_;
    std::int64_t begin_ns_ = 0;
    bool killed_ = false;
};

}  // namespace

Trace trace_in_this_process(const Program& program, std::chrono::milliseconds timeout)
{
    return Tracer{program, timeout}.run();
}

}  // namespace gaggle::worker
