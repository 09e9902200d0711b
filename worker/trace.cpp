#include "worker/trace.hpp"

#include "core/error.hpp"
#include "core/line.hpp"
#include "worker/files.hpp"
#include "worker/tracer.hpp"

#include <boost/asio/buffer.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <memory>
#include <utility>

namespace gaggle::worker {

namespace asio = boost::asio;

namespace {

/// Longer than the tracer takes to kill and reap what it traces.
constexpr std::chrono::seconds grace{10};

/// Makes a forked copy of the worker a process of its own: none of its signals' handlers, which would write to the
/// worker's own pipes, and none of its open files but `keep`, whose new number is returned.
int leave_the_worker(int keep, pid_t worker)
{
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != worker) {
        _exit(1);  // it died before the line above
    }
    for (int number = 1; number < NSIG; ++number) {
        signal(number, SIG_DFL);
    }
    constexpr int kept = 3;
    const int far = fcntl(keep, F_DUPFD_CLOEXEC, kept + 1);
    if (dup3(far, kept, O_CLOEXEC) != kept) {
        _exit(1);
    }
#ifdef SYS_close_range
    if (syscall(SYS_close_range, kept + 1, ~0U, 0) == 0) {
        return kept;
    }
#endif
    for (long number = sysconf(_SC_OPEN_MAX); number > kept; --number) {
        close(static_cast<int>(number));
    }
    return kept;
}

[[noreturn]] void run_tracer(int output, const Program& program, std::chrono::milliseconds timeout)
{
    Trace trace;
    try {
        trace = trace_in_this_process(program, timeout);
    } catch (const std::exception& error) {
        trace = {};
        trace.trouble = error.what();
    }
    const std::string text = line::write(trace);
    for (std::size_t written = 0; written < text.size();) {
        const ssize_t now = write(output, text.data() + written, text.size() - written);
        if (now < 0 && errno != EINTR) {
            _exit(1);
        }
        written += now > 0 ? static_cast<std::size_t>(now) : 0;
    }
    _exit(0);
}

/// The tracer's process; killed, with what it traces, and reaped at the end.
class Helper {
public:
    Helper(const Program& program, std::chrono::milliseconds timeout)
    {
        Pipe pipe = make_pipe();
        sigset_t all;
        sigset_t before;
        sigfillset(&all);
        sigprocmask(SIG_SETMASK, &all, &before);  // no handler of the worker's runs in the copy
        const pid_t worker = getpid();
        pid_ = fork();
        const int error = errno;
        if (pid_ == 0) {
            const int output = leave_the_worker(pipe.write_end.get(), worker);
            sigset_t nothing;
            sigemptyset(&nothing);
            sigprocmask(SIG_SETMASK, &nothing, nullptr);
            run_tracer(output, program, timeout);
        }
        sigprocmask(SIG_SETMASK, &before, nullptr);
        if (pid_ < 0) {
            throw system_error(ExitCode::Usage, "fork", "a tracer", error);
        }
        output_ = std::move(pipe.read_end);
    }
    ~Helper()
    {
        kill();
        reap();
    }
    Helper(const Helper&) = delete;
    Helper& operator=(const Helper&) = delete;

    /// What it writes its result to.
    [[nodiscard]] Descriptor take_output() { return std::move(output_); }

    void kill() const
    {
        if (pid_ > 0) {
            ::kill(pid_, SIGKILL);
        }
    }

    /// Waits for its end; its status as wait4 gives it.
    int reap()
    {
        int status = 0;
        while (pid_ > 0 && waitpid(pid_, &status, 0) < 0 && errno == EINTR) {
        }
        pid_ = -1;
        return status;
    }

private:
    pid_t pid_ = -1;
    Descriptor output_;
};

std::string describe_end(int status)
{
    return "the tracer " + (WIFSIGNALED(status) ? "was killed by signal " + std::to_string(WTERMSIG(status))
                                                : "exited with " + std::to_string(WEXITSTATUS(status)));
}

}  // namespace

asio::awaitable<Trace> trace_program(asio::any_io_executor executor, Program program, std::chrono::milliseconds timeout)
{
    const auto helper = std::make_shared<Helper>(program, timeout);
    asio::posix::stream_descriptor output{executor, helper->take_output().release()};
    asio::steady_timer backstop{executor, timeout + grace};
    backstop.async_wait([helper](const boost::system::error_code& error) {
        if (!error) {
            helper->kill();
        }
    });
    std::string text;
    boost::system::error_code end_of_file;
    co_await asio::async_read(output, asio::dynamic_buffer(text),
                              asio::redirect_error(asio::use_awaitable, end_of_file));
    backstop.cancel();
    const int status = helper->reap();
    Trace trace;
    if (status != 0 || text.empty()) {
        trace.trouble = describe_end(status);
    } else {
        text.pop_back();
        trace = line::read<Trace>(text);
    }
    co_return trace;
}

}  // namespace gaggle::worker
