#include "worker/capture.hpp"

#include "core/error.hpp"
#include "worker/exec.hpp"
#include "worker/files.hpp"
#include "worker/marks.hpp"

#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/filesystem/path.hpp>
#include <boost/process/v2/process.hpp>
#include <boost/process/v2/start_dir.hpp>
#include <boost/process/v2/stdio.hpp>

#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <vector>

namespace gaggle::worker {

namespace process = boost::process::v2;
namespace asio = boost::asio;

namespace {

constexpr std::size_t most_output = 64U << 20U;

/// The descriptors that a probe writes to.
struct ProbeDescriptors {
    int marks;  ///< both out of the way of what they become
    int timer;

    template <class Launcher>
    process::error_code on_exec_setup(Launcher&, const boost::filesystem::path&, const char* const*) const
    {
        dup2(marks, Gate::marks_descriptor);
        dup2(timer, Gate::timer_descriptor);
        return {};
    }
};

/// One of its output streams, read without waiting.
struct Output {
    Pipe pipe = make_pipe();
    std::string text;

    Output() { fcntl(pipe.read_end.get(), F_SETFL, O_NONBLOCK); }

    void drain()
    {
        std::array<char, 16384> chunk{};
        while (text.size() <= most_output) {
            const ssize_t got = read(pipe.read_end.get(), chunk.data(), chunk.size());
            if (got < 0 && errno == EINTR) {
                continue;
            }
            if (got <= 0) {
                return;
            }
            text.append(chunk.data(), static_cast<std::size_t>(got));
        }
    }
};

process::process start(const asio::any_io_executor& executor, const Program& program, Output& out, Output& err)
{
    const std::vector<char*> environment = pointers_to(program.environment);
    const Descriptor marks = out_of_the_way(Descriptor{open("/dev/null", O_WRONLY | O_CLOEXEC)});
    const Descriptor shown = out_of_the_way(open_shown(program.shown));
    process::default_process_launcher launcher;
    launcher.env = environment.data();
    launcher.fd_whitelist.insert(launcher.fd_whitelist.end(), {Gate::marks_descriptor, Gate::timer_descriptor});
    process::error_code error;
    process::process started =
        launcher(executor, error, program.executable, program.arguments, process::process_start_dir{program.directory},
                 process::process_stdio{nullptr, out.pipe.write_end.get(), err.pipe.write_end.get()}, OwnGroup{},
                 ProbeDescriptors{marks.get(), shown.get()});
    if (error) {
        throw Error{ExitCode::Usage, "cannot start " + program.executable + ": " + error.message()};
    }
    out.pipe.write_end.close();
    err.pipe.write_end.close();
    return started;
}

/// How it ended, in words; "" if well.
std::string ending(int status)
{
    if (WIFSIGNALED(status)) {
        return "killed by signal " + std::to_string(WTERMSIG(status));
    }
    return WEXITSTATUS(status) == 0 ? "" : "exit code " + std::to_string(WEXITSTATUS(status));
}

}  // namespace

std::string explained(const std::string& trouble, std::string_view standard_error)
{
    const std::string words = trouble.empty() ? "" : telling_line(standard_error);
    return words.empty() ? trouble : trouble + ": " + words;
}

asio::awaitable<Captured> capture(asio::any_io_executor executor, Program program,
                                  std::chrono::steady_clock::time_point deadline)
{
    Output out;
    Output err;
    process::process running = start(executor, program, out, err);
    asio::steady_timer pause{executor};
    std::string stopped;
    process::error_code error;
    while (running.running(error)) {
        out.drain();
        err.drain();
        if (std::chrono::steady_clock::now() >= deadline) {
            stopped = "it did not end in time";
        } else if (out.text.size() > most_output || err.text.size() > most_output) {
            stopped = "it prints without end";
        }
        if (!stopped.empty()) {
            kill(-running.id(), SIGKILL);
            running.wait(error);
            break;
        }
        pause.expires_after(std::chrono::milliseconds{5});
        co_await pause.async_wait(asio::use_awaitable);
    }
    out.drain();
    err.drain();
    Captured said;
    said.trouble = explained(stopped.empty() ? ending(running.native_exit_code()) : stopped, err.text);
    said.output = std::move(out.text);
    said.error = std::move(err.text);
    co_return said;
}

}  // namespace gaggle::worker
