#include "worker/contained.hpp"

#include "core/clock.hpp"
#include "core/error.hpp"
#include "core/protocol.hpp"
#include "worker/container_protocol.hpp"
#include "worker/exec.hpp"
#include "worker/files.hpp"
#include "worker/marks.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/filesystem/path.hpp>
#include <boost/process/v2/default_launcher.hpp>
#include <boost/process/v2/process.hpp>
#include <boost/process/v2/start_dir.hpp>
#include <boost/process/v2/stdio.hpp>

#include <fcntl.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <thread>
#include <utility>

namespace gaggle::worker {

namespace process = boost::process::v2;
using namespace container;
using std::chrono::milliseconds;
using std::chrono::nanoseconds;
using std::chrono::steady_clock;

namespace {

constexpr int worker_descriptor = Gate::timer_descriptor;
constexpr std::size_t error_limit = 64U << 10U;
/// Beyond a deadline that the worker inside keeps by itself.
constexpr std::chrono::seconds leeway{30};

std::int64_t to_ns(Instant instant)
{
    return std::chrono::duration_cast<nanoseconds>(instant.time_since_epoch()).count();
}

}  // namespace

struct Container::Runtime {
    process::process process;
    Descriptor messages;  ///< a memory file: what it prints
};

namespace {

/// The processes of one order, seen from outside.
class Contained : public Group {
public:
    Contained(asio::any_io_executor executor, std::shared_ptr<Container::Runtime> runtime,
              std::shared_ptr<Channel> channel, unsigned count, std::vector<std::string> inside)
        : executor_(std::move(executor)),
          runtime_(std::move(runtime)),
          channel_(std::move(channel)),
          count_(count),
          inside_(std::move(inside))
    {
    }

    asio::awaitable<void> fork_all(Instant deadline) override { return fork(Start::Synchronised, deadline); }
    asio::awaitable<void> launch_all() override
    {
        return fork(Start::AsLaunched, steady_clock::now() + std::chrono::hours{1});
    }
    [[nodiscard]] std::int64_t fork_ns() const override { return fork_ns_; }
    void release(std::int64_t at_ns) override { released_ns_ = origin_ns_ = at_ns; }
    void count_from(std::int64_t at_ns) override { origin_ns_ = at_ns; }

    asio::awaitable<void> run(Instant deadline) override
    {
        const Run order{.at_ns = released_ns_, .deadline_ns = to_ns(deadline)};
        std::string trouble;
        try {
            channel_->set_deadline(deadline + leeway);
            co_await channel_->send(order);
            co_await channel_->expect<protocol::Finished>();
        } catch (const std::runtime_error& error) {
            trouble = error.what();
        }
        co_await throw_if_lost(trouble, "its interpreters ran");
    }

    void stop(const std::string& why) override
    {
        const auto tell = [](std::shared_ptr<Channel> channel, std::string words) -> asio::awaitable<void> {
            const Halt order{.why = words};
            try {
                co_await channel->send(order);
            } catch (const std::runtime_error&) {
                // Then nothing of it is left.
            }
        };
        asio::co_spawn(executor_, tell(channel_, why), asio::detached);
    }

    asio::awaitable<std::string> result_lines(unsigned node) override
    {
        const Gather order{.node = node, .origin_ns = origin_ns_};
        std::string lines;
        std::string trouble;
        try {
            channel_->set_deadline(steady_clock::now() + leeway);
            co_await channel_->send(order);
            std::string text = co_await channel_->read_line();
            while (line::tag_of(text) != protocol::Done::tag) {
                lines += text + "\n";
                text = co_await channel_->read_line();
            }
        } catch (const std::runtime_error& error) {
            trouble = error.what();
        }
        co_await throw_if_lost(trouble, "it sent their results");
        co_return lines;
    }

private:
    asio::awaitable<void> fork(Start start, Instant deadline)
    {
        const Fork order{.count = count_, .command = inside_, .start = start, .deadline_ns = to_ns(deadline)};
        std::string text;
        std::string trouble;
        try {
            channel_->set_deadline(deadline + leeway);
            co_await channel_->send(order);
            text = co_await channel_->read_line();
        } catch (const std::runtime_error& error) {
            trouble = error.what();
        }
        co_await throw_if_lost(trouble, "it forked its interpreters");
        if (line::tag_of(text) == protocol::Failed::tag) {
            throw Error{ExitCode::Usage, "in the container: " + Channel::as<protocol::Failed>(text).reason};
        }
        fork_ns_ = Channel::as<protocol::Ready>(text).fork_ns;
    }

    /// What goes wrong in between is that the container is gone: says how it ended.
    asio::awaitable<void> throw_if_lost(std::string trouble, const char* doing) const
    {
        if (trouble.empty()) {
            co_return;
        }
        constexpr std::chrono::seconds patience{2};  // its end comes a moment after that of the worker in it
        asio::steady_timer pause{executor_};
        process::error_code error;
        const auto deadline = steady_clock::now() + patience;
        while (runtime_->process.running(error) && steady_clock::now() < deadline) {
            pause.expires_after(milliseconds{5});
            co_await pause.async_wait(asio::use_awaitable);
        }
        if (!runtime_->process.running(error)) {
            const int status = runtime_->process.native_exit_code();
            trouble = WIFSIGNALED(status) ? "it was killed by signal " + std::to_string(WTERMSIG(status))
                                          : "it ended with exit status " + std::to_string(WEXITSTATUS(status));
        }
        const std::string said = telling_line(read_from_start(runtime_->messages, error_limit));
        throw Error{ExitCode::Usage, "lost the container while " + std::string{doing} + ": " + trouble +
                                         (said.empty() ? "" : ": " + said)};
    }

    asio::any_io_executor executor_;
    std::shared_ptr<Container::Runtime> runtime_;
    std::shared_ptr<Channel> channel_;
    unsigned count_;
    std::vector<std::string> inside_;
    std::int64_t fork_ns_ = 0;
    std::int64_t released_ns_ = 0;
    std::int64_t origin_ns_ = 0;
};

/// The descriptors that the worker inside needs.
struct WithDescriptors {
    int socket;  ///< both out of the way of what they become
    int worker;

    template <class Launcher>
    process::error_code on_exec_setup(Launcher&, const boost::filesystem::path&, const char* const*) const
    {
        dup2(socket, socket_descriptor);
        dup2(worker, worker_descriptor);
        return {};
    }
};

std::string in_words(const Program& program)
{
    std::string words = program.executable;
    for (const std::string& argument : program.arguments) {
        words += ' ';
        words += argument;
    }
    return words;
}

}  // namespace

std::unique_ptr<Channel> channel_over(const asio::any_io_executor& executor, Descriptor socket)
{
    using asio::local::stream_protocol;
    return std::make_unique<Channel>(stream_protocol::socket{executor, stream_protocol{}, socket.release()});
}

Split split_at_container(const Program& program, unsigned words)
{
    const auto border = program.arguments.begin() + static_cast<std::ptrdiff_t>(words - 1);
    Split split{program, {border, program.arguments.end()}};
    split.container.arguments.assign(program.arguments.begin(), border);
    split.container.arguments.insert(split.container.arguments.end(), {worker_itself, "inside"});
    return split;
}

Container::Container(asio::any_io_executor executor) : executor_(std::move(executor)) {}

Container::~Container()
{
    if (channel_) {
        channel_->close();
    }
    if (!runtime_) {
        return;
    }
    process::error_code error;
    const auto deadline = steady_clock::now() + std::chrono::seconds{5};
    while (runtime_->process.running(error) && steady_clock::now() < deadline) {
        std::this_thread::sleep_for(milliseconds{1});
    }
    if (runtime_->process.running(error)) {
        kill(-runtime_->process.id(), SIGKILL);
        runtime_->process.terminate(error);
    }
}

asio::awaitable<record::Step> Container::start(Program program, Instant deadline)
{
    record::Step step;
    step.name = "container";
    step.command = in_words(program);
    std::array<int, 2> ends{};
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()) != 0) {
        throw system_error(ExitCode::Usage, "make", "a socket to the container", errno);
    }
    channel_ = channel_over(executor_, Descriptor{ends[0]});
    Descriptor messages = make_memory_file("container");
    const std::int64_t begin = clocks::monotonic_ns();
    {
        const Descriptor theirs = out_of_the_way(Descriptor{ends[1]});
        const Descriptor worker = out_of_the_way(Descriptor{open("/proc/self/exe", O_RDONLY | O_CLOEXEC)});
        const std::vector<char*> environment = pointers_to(program.environment);
        process::default_process_launcher launcher;
        launcher.env = environment.data();
        launcher.fd_whitelist.insert(launcher.fd_whitelist.end(), {socket_descriptor, worker_descriptor});
        process::error_code error;
        process::process started = launcher(executor_, error, program.executable, program.arguments,
                                            process::process_start_dir{program.directory},
                                            process::process_stdio{nullptr, messages.get(), messages.get()}, OwnGroup{},
                                            WithDescriptors{theirs.get(), worker.get()});
        if (error) {
            step.status = 127;
            step.error = "cannot start " + program.executable + ": " + error.message();
            co_return step;
        }
        runtime_ = std::make_shared<Runtime>(Runtime{std::move(started), std::move(messages)});
    }
    try {
        channel_->set_deadline(deadline);
        const auto here = co_await channel_->expect<protocol::Pong>();
        step.duration_ns = clocks::monotonic_ns() - begin;
        if (here.node_ns < begin || here.node_ns > begin + step.duration_ns) {
            step.error = "the container has a clock of its own: it must not have a time namespace";
        }
    } catch (const std::runtime_error& trouble) {
        step.duration_ns = clocks::monotonic_ns() - begin;
        step.error = telling_line(read_from_start(runtime_->messages, error_limit));
        step.error = step.error.empty() ? trouble.what() : step.error;
    }
    if (!step.error.empty()) {
        process::error_code error;
        const bool ended = !runtime_->process.running(error);
        const int status = ended ? runtime_->process.native_exit_code() : 0;
        step.status = ended && WIFEXITED(status) && status != 0 ? WEXITSTATUS(status) : 1;
    }
    co_return step;
}

std::unique_ptr<Group> Container::make_group(unsigned count, std::vector<std::string> inside)
{
    return std::make_unique<Contained>(executor_, runtime_, channel_, count, std::move(inside));
}

}  // namespace gaggle::worker
