#include "worker/contained.hpp"

#include "core/clock.hpp"
#include "core/error.hpp"
#include "core/protocol.hpp"
#include "worker/exec.hpp"
#include "worker/files.hpp"
#include "worker/interpreters.hpp"
#include "worker/listing.hpp"
#include "worker/marks.hpp"
#include "worker/probe.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/local/stream_protocol.hpp>
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
#include <cstdlib>
#include <filesystem>
#include <optional>
#include <thread>
#include <utility>

namespace gaggle::worker {

namespace process = boost::process::v2;
using std::chrono::milliseconds;
using std::chrono::nanoseconds;
using std::chrono::steady_clock;

namespace {

constexpr int socket_descriptor = 3;
constexpr int worker_descriptor = 4;
constexpr std::size_t error_limit = 64U << 10U;
/// Beyond a deadline that the worker inside keeps by itself.
constexpr std::chrono::seconds leeway{30};

struct Fork {
    static constexpr std::string_view tag = "fork";
    unsigned count = 0;
    std::vector<std::string> command;
    Start start = Start::Synchronised;
    std::int64_t deadline_ns = 0;  ///< CLOCK_MONOTONIC

    template <class Self, class Visit>
    static void fields(Self& self, Visit&& visit)
    {
        visit(self.count);
        visit(self.command);
        visit(self.start);
        visit(self.deadline_ns);
    }
};

struct Run {
    static constexpr std::string_view tag = "run";
    std::int64_t at_ns = 0;  ///< 0: they run already
    std::int64_t deadline_ns = 0;

    template <class Self, class Visit>
    static void fields(Self& self, Visit&& visit)
    {
        visit(self.at_ns);
        visit(self.deadline_ns);
    }
};

struct Halt {
    static constexpr std::string_view tag = "halt";
    std::string why;

    template <class Self, class Visit>
    static void fields(Self& self, Visit&& visit)
    {
        visit(self.why);
    }
};

struct Gather {
    static constexpr std::string_view tag = "gather";
    unsigned node = 0;
    std::int64_t origin_ns = 0;

    template <class Self, class Visit>
    static void fields(Self& self, Visit&& visit)
    {
        visit(self.node);
        visit(self.origin_ns);
    }
};

std::int64_t to_ns(Instant instant)
{
    return std::chrono::duration_cast<nanoseconds>(instant.time_since_epoch()).count();
}

/// What goes wrong in between is that the container is gone.
[[noreturn]] void lose(const std::runtime_error& trouble)
{
    throw Error{ExitCode::Usage, std::string{"lost the container: "} + trouble.what()};
}

/// The processes of one order, seen from outside.
class Contained : public Group {
public:
    Contained(asio::any_io_executor executor, std::shared_ptr<Channel> channel, unsigned count,
              std::vector<std::string> inside)
        : executor_(std::move(executor)), channel_(std::move(channel)), count_(count), inside_(std::move(inside))
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
        try {
            channel_->set_deadline(deadline + leeway);
            co_await channel_->send(order);
            co_await channel_->expect<protocol::Finished>();
        } catch (const std::runtime_error& trouble) {
            lose(trouble);
        }
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
        try {
            channel_->set_deadline(steady_clock::now() + leeway);
            co_await channel_->send(order);
            std::string text = co_await channel_->read_line();
            while (line::tag_of(text) != protocol::Done::tag) {
                lines += text + "\n";
                text = co_await channel_->read_line();
            }
        } catch (const std::runtime_error& trouble) {
            lose(trouble);
        }
        co_return lines;
    }

private:
    asio::awaitable<void> fork(Start start, Instant deadline)
    {
        const Fork order{.count = count_, .command = inside_, .start = start, .deadline_ns = to_ns(deadline)};
        std::string text;
        try {
            channel_->set_deadline(deadline + leeway);
            co_await channel_->send(order);
            text = co_await channel_->read_line();
        } catch (const std::runtime_error& trouble) {
            lose(trouble);
        }
        if (line::tag_of(text) == protocol::Failed::tag) {
            throw Error{ExitCode::Usage, "in the container: " + Channel::as<protocol::Failed>(text).reason};
        }
        fork_ns_ = Channel::as<protocol::Ready>(text).fork_ns;
    }

    asio::any_io_executor executor_;
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

std::unique_ptr<Channel> channel_over(const asio::any_io_executor& executor, Descriptor socket)
{
    using asio::local::stream_protocol;
    return std::make_unique<Channel>(stream_protocol::socket{executor, stream_protocol{}, socket.release()});
}

std::string in_words(const Program& program)
{
    std::string words = program.executable;
    for (const std::string& argument : program.arguments) {
        words += ' ';
        words += argument;
    }
    return words;
}

/// The worker in the container.
class Inside {
public:
    explicit Inside(asio::io_context& context)
        : executor_(context.get_executor()), channel_(channel_over(executor_, Descriptor{socket_descriptor}))
    {
    }

    asio::awaitable<void> serve()
    {
        const protocol::Pong here{.node_ns = clocks::monotonic_ns()};
        co_await channel_->send(here);
        for (;;) {
            const std::string message = co_await channel_->read_line();
            const std::string_view tag = line::tag_of(message);
            if (tag == Fork::tag) {
                const auto order = Channel::as<Fork>(message);
                co_await fork(order);
            } else if (tag == Run::tag && interpreters_) {
                run(Channel::as<Run>(message));
            } else if (tag == Halt::tag && interpreters_) {
                interpreters_->stop(Channel::as<Halt>(message).why);
            } else if (tag == Gather::tag && interpreters_) {
                const auto order = Channel::as<Gather>(message);
                interpreters_->count_from(order.origin_ns);
                const std::string lines = co_await interpreters_->result_lines(order.node);
                co_await channel_->write(lines + line::write(protocol::Done{}));
            } else {
                throw Unexpected{"unknown message '" + std::string{tag} + "'"};
            }
        }
    }

private:
    asio::awaitable<void> fork(const Fork& order)
    {
        std::string trouble;
        try {
            interpreters_.emplace(executor_, order.count, program_of(order.command));
            if (order.start == Start::AsLaunched) {
                co_await interpreters_->launch_all();
            } else {
                co_await interpreters_->fork_all(Instant{nanoseconds{order.deadline_ns}});
            }
        } catch (const Error& error) {
            trouble = error.what();
        }
        if (!trouble.empty()) {
            const protocol::Failed failed{.reason = trouble};
            co_await channel_->send(failed);
            co_return;
        }
        protocol::Ready ready;
        ready.fork_ns = interpreters_->fork_ns();
        ready.cpus = usable_cpus();
        co_await channel_->send(ready);
    }

    /// As this process runs: what the runtime made of variables and folders holds for the interpreters.
    static Program program_of(const std::vector<std::string>& command)
    {
        const char* path = std::getenv("PATH");
        Program program;
        program.executable = find_executable(command.at(0), path == nullptr ? "/usr/bin:/bin" : path);
        program.arguments.assign(command.begin() + 1, command.end());
        for (char** one = environ; *one != nullptr; ++one) {
            program.environment.emplace_back(*one);
        }
        program.directory = std::filesystem::current_path().string();
        return program;
    }

    /// Answers from a coroutine of its own: this one goes on reading, to notice a node that dies.
    void run(const Run& order)
    {
        if (order.at_ns != 0) {
            interpreters_->release(order.at_ns);
        }
        const auto work = [](Inside& self, Instant deadline) -> asio::awaitable<void> {
            co_await self.interpreters_->run(deadline);
            co_await self.channel_->send(protocol::Finished{});
        };
        const Instant deadline{nanoseconds{order.deadline_ns}};
        asio::co_spawn(executor_, work(*this, deadline), [](const std::exception_ptr& trouble) {
            if (trouble) {
                std::rethrow_exception(trouble);
            }
        });
    }

    asio::any_io_executor executor_;
    std::unique_ptr<Channel> channel_;
    std::optional<Interpreters> interpreters_;
};

}  // namespace

Split split_at_container(const Program& program, unsigned words)
{
    const auto border = program.arguments.begin() + static_cast<std::ptrdiff_t>(words - 1);
    Split split{program, {border, program.arguments.end()}};
    split.container.arguments.assign(program.arguments.begin(), border);
    split.container.arguments.insert(split.container.arguments.end(), {worker_itself, "inside"});
    return split;
}

struct Container::Runtime {
    process::process process;
    Descriptor messages;  ///< a memory file: what it prints
};

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
        runtime_ = std::make_unique<Runtime>(Runtime{std::move(started), std::move(messages)});
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
    return std::make_unique<Contained>(executor_, channel_, count, std::move(inside));
}

void run_inside()
{
    asio::io_context context{1};
    Inside inside{context};
    std::exception_ptr trouble;
    asio::co_spawn(context, inside.serve(), [&](const std::exception_ptr& error) {
        trouble = error;
        context.stop();
    });
    context.run();
    try {
        if (trouble) {
            std::rethrow_exception(trouble);
        }
    } catch (const Disconnected&) {
        // The node's worker needs the container no more.
    }
}

}  // namespace gaggle::worker
