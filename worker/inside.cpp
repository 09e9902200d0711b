#include "core/clock.hpp"
#include "core/error.hpp"
#include "core/protocol.hpp"
#include "worker/channel.hpp"
#include "worker/contained.hpp"
#include "worker/container_protocol.hpp"
#include "worker/files.hpp"
#include "worker/interpreters.hpp"
#include "worker/probe.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>

#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <optional>
#include <utility>

namespace gaggle::worker {

using namespace container;
using std::chrono::nanoseconds;

namespace {

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
