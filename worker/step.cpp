#include "worker/step.hpp"

#include "core/clock.hpp"
#include "core/error.hpp"
#include "worker/exec.hpp"
#include "worker/files.hpp"
#include "worker/marks.hpp"

#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/process/v2/default_launcher.hpp>
#include <boost/process/v2/process.hpp>
#include <boost/process/v2/start_dir.hpp>
#include <boost/process/v2/stdio.hpp>

#include <signal.h>
#include <sys/wait.h>

#include <utility>
#include <vector>

namespace gaggle::worker {

namespace process = boost::process::v2;

namespace {

constexpr std::size_t output_limit = 4U << 20U;
constexpr std::size_t error_limit = 64U << 10U;
constexpr std::chrono::milliseconds look_again{2};

boost::asio::awaitable<StepResult> run_shell(boost::asio::any_io_executor executor, std::string shell,
                                             std::vector<std::string> arguments, Place place,
                                             std::chrono::steady_clock::time_point deadline)
{
    StepResult result;
    const Descriptor output = make_memory_file("step-output");
    const Descriptor messages = make_memory_file("step-error");
    const std::vector<std::string> variables = assignments(place.variables);
    const std::vector<char*> environment = pointers_to(variables);

    const std::int64_t begin = clocks::monotonic_ns();
    process::default_process_launcher launcher;
    launcher.env = environment.data();  // process_environment is not defined in a header-only Boost 1.81
    process::error_code error;
    process::process running =
        launcher(executor, error, shell, arguments, OwnGroup{}, process::process_start_dir{place.directory.string()},
                 process::process_stdio{nullptr, output.get(), messages.get()});
    if (error) {
        result.step.status = 127;
        result.step.error = "cannot start " + shell + ": " + error.message();
        co_return result;
    }
    bool in_time = true;
    boost::asio::steady_timer pause{executor};
    while (running.running(error)) {
        if (in_time && std::chrono::steady_clock::now() >= deadline) {
            in_time = false;
            kill(-running.id(), SIGKILL);
        }
        pause.expires_after(look_again);
        co_await pause.async_wait(boost::asio::use_awaitable);
    }
    result.step.duration_ns = clocks::monotonic_ns() - begin;
    const int status = running.native_exit_code();
    result.step.status = WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
    result.output = read_from_start(output, output_limit);
    result.step.error =
        in_time ? telling_line(read_from_start(messages, error_limit)) : "killed: not done before the deadline";
    co_return result;
}

/// "NAME=value" items that a NUL ends each.
Variables parse_environment(std::string_view text)
{
    Variables variables;
    while (!text.empty()) {
        const std::string_view item = text.substr(0, text.find('\0'));
        text.remove_prefix(std::min(text.size(), item.size() + 1));
        const std::size_t equals = item.find('=');
        if (equals != std::string_view::npos && equals > 0) {
            variables.emplace(item.substr(0, equals), item.substr(equals + 1));
        }
    }
    for (const char* of_the_shell : {"_", "SHLVL", "PWD", "OLDPWD"}) {
        variables.erase(of_the_shell);
    }
    return variables;
}

}  // namespace

boost::asio::awaitable<StepResult> run_step(boost::asio::any_io_executor executor, std::string name,
                                            std::string command, Place place,
                                            std::chrono::steady_clock::time_point deadline)
{
    const std::vector<std::string> arguments{"-c", at_place(command, place)};
    StepResult result = co_await run_shell(executor, "/bin/sh", arguments, std::move(place), deadline);
    result.step.name = std::move(name);
    result.step.command = std::move(command);
    co_return result;
}

boost::asio::awaitable<Setup> capture_setup(boost::asio::any_io_executor executor, std::string command, Place place,
                                            std::chrono::steady_clock::time_point deadline)
{
    // What the profile and the command print must not mix with what is captured.
    const std::vector<std::string> arguments{"-c", "exec 3>&1 >&2; exec /bin/bash -l -c \"$0\"",
                                             "{ " + command + "\n} || exit; exec /usr/bin/env -0 >&3"};
    StepResult result = co_await run_shell(executor, "/bin/sh", arguments, std::move(place), deadline);
    Setup setup;
    setup.step = std::move(result.step);
    setup.step.name = "setup";
    setup.step.command = std::move(command);
    if (setup.step.status == 0) {
        setup.variables = parse_environment(result.output);
    }
    co_return setup;
}

}  // namespace gaggle::worker
