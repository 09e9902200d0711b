#include "worker/launch.hpp"

#include "core/error.hpp"
#include "worker/files.hpp"
#include "worker/probe.hpp"
#include "worker/slurm_commands.hpp"

#include <boost/asio/buffer.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/process/v2/stdio.hpp>

#include <unistd.h>

#include <algorithm>
#include <string_view>

namespace gaggle::worker {

namespace process = boost::process::v2;
namespace asio = boost::asio;

namespace {

/// This process's environment with some variables set anew.
std::vector<std::string> environment_with(const std::vector<std::pair<std::string, std::string>>& changes)
{
    std::vector<std::string> variables;
    for (char** one = environ; *one != nullptr; ++one) {
        const std::string_view text{*one};
        const std::string_view name = text.substr(0, text.find('='));
        if (std::ranges::none_of(changes, [&](const auto& change) { return change.first == name; })) {
            variables.emplace_back(text);
        }
    }
    for (const auto& [name, value] : changes) {
        variables.push_back(assignment(name, value));
    }
    return variables;
}

std::vector<std::string> srun_arguments(const LaunchPlan& plan)
{
    const std::string count = std::to_string(plan.names.size());
    return {
        "--nodes=" + count,
        "--ntasks=" + count,
        "--ntasks-per-node=1",
        "--cpu-bind=none",  // one core for n interpreters would make them share it
        "--mem=0",          // all of the node's
        "--mpi=none",
        "--input=none",
        "--kill-on-bad-exit=0",
        "--no-kill",
        "--wait=0",  // one node's end must not take the others' results along
        "--export=ALL",
        "--job-name=gaggle-worker",
        "--quit-on-interrupt",
        plan.worker,
        "node",
    };
}

}  // namespace

/// The tail of what they print. Outlives the Launch while a read is under way.
struct Launch::Output : std::enable_shared_from_this<Launch::Output> {
    static constexpr std::size_t kept = 4096;

    explicit Output(const asio::any_io_executor& executor) : pipe(executor) {}

    void read()
    {
        pipe.async_read_some(asio::buffer(chunk),
                             [self = shared_from_this()](const boost::system::error_code& error, std::size_t got) {
                                 if (error) {
                                     return;
                                 }
                                 self->tail.append(self->chunk.data(), got);
                                 if (self->tail.size() > 2 * kept) {
                                     self->tail.erase(0, self->tail.size() - kept);
                                 }
                                 self->read();
                             });
    }

    asio::posix::stream_descriptor pipe;
    std::array<char, 4096> chunk{};
    std::string tail;
};

Launch::Launch(const asio::any_io_executor& executor, const LaunchPlan& plan)
    : executor_(executor), output_(std::make_shared<Output>(executor))
{
    Pipe pipe = make_pipe();
    output_->pipe.assign(pipe.read_end.release());
    output_->read();
    std::vector<std::pair<std::string, std::string>> changes{{"GAGGLE_COORDINATOR", plan.addresses},
                                                             {"GAGGLE_SECRET", plan.secret}};
    if (!plan.spec.empty()) {
        changes.emplace_back("GAGGLE_SPEC", plan.spec);
    }
    if (plan.by == LaunchPlan::By::Srun) {
        const std::string srun = find_slurm_command("srun");
        start(srun, srun_arguments(plan), environment_with(changes), pipe.write_end.get());
        return;
    }
    changes.emplace_back("GAGGLE_NODE_NAME", "");
    for (const std::string& name : plan.names) {
        changes.back().second = name;
        start(plan.worker, {"node"}, environment_with(changes), pipe.write_end.get());
    }
}

Launch::~Launch()
{
    for (process::process& one : processes_) {
        process::error_code error;
        if (one.running(error)) {
            one.terminate(error);
        }
        one.detach();
    }
    boost::system::error_code ignored;
    output_->pipe.close(ignored);
}

void Launch::start(const std::string& executable, const std::vector<std::string>& arguments,
                   const std::vector<std::string>& environment, int output)
{
    std::vector<const char*> variables;
    variables.reserve(environment.size() + 1);
    for (const std::string& variable : environment) {
        variables.push_back(variable.c_str());
    }
    variables.push_back(nullptr);
    process::error_code error;
    process::default_process_launcher launcher;
    launcher.env = variables.data();  // process_environment is not defined in a header-only Boost 1.81
    process::process started =
        launcher(executor_, error, executable, arguments, process::process_stdio{nullptr, output, output});
    if (error) {
        throw Error{ExitCode::Usage, "cannot start " + executable + ": " + error.message()};
    }
    processes_.push_back(std::move(started));
}

bool Launch::running()
{
    return std::ranges::any_of(processes_, [](process::process& one) {
        process::error_code error;
        return one.running(error);
    });
}

asio::awaitable<bool> Launch::wait(std::chrono::steady_clock::time_point deadline)
{
    asio::steady_timer pause{executor_};
    while (running()) {
        if (std::chrono::steady_clock::now() >= deadline) {
            co_return false;
        }
        pause.expires_after(std::chrono::milliseconds{5});
        co_await pause.async_wait(asio::use_awaitable);
    }
    co_return true;
}

std::string Launch::last_words() const
{
    std::string words = output_->tail.substr(output_->tail.size() - std::min(output_->tail.size(), Output::kept));
    while (!words.empty() && words.back() == '\n') {
        words.pop_back();
    }
    std::ranges::replace(words, '\n', '|');
    return words;
}

}  // namespace gaggle::worker
