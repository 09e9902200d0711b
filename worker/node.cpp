#include "worker/node.hpp"

#include "core/clock.hpp"
#include "core/error.hpp"
#include "core/protocol.hpp"
#include "worker/event.hpp"
#include "worker/files.hpp"
#include "worker/interpreters.hpp"
#include "worker/meeting.hpp"
#include "worker/mount.hpp"
#include "worker/probe.hpp"
#include "worker/secret.hpp"

#include <sched.h>
#include <spdlog/spdlog.h>
#include <unistd.h>
#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>

#include <array>
#include <cstdlib>
#include <memory>
#include <optional>
#include <string>

namespace gaggle::worker {

namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

constexpr std::chrono::seconds join_time{120};

/// Takes a variable out of the environment: what follows does not inherit it.
std::string take_variable(const char* name)
{
    const char* value = std::getenv(name);
    if (value == nullptr) {
        throw Error{ExitCode::Usage,
                    std::string{name} + " is not set: 'gaggle-worker node' is started by the coordinator"};
    }
    std::string text = value;
    unsetenv(name);
    return text;
}

/// Slurm's name for this node. Virtual nodes share a host name, so that is only the last resort.
std::string node_name()
{
    for (const char* name : {"GAGGLE_NODE_NAME", "SLURMD_NODENAME"}) {
        if (const char* value = std::getenv(name); value != nullptr) {
            return value;
        }
    }
    std::array<char, 256> name{};
    gethostname(name.data(), name.size() - 1);
    return name.data();
}

unsigned usable_cpus()
{
    constexpr int most_cpus = 8192;
    cpu_set_t* set = CPU_ALLOC(most_cpus);
    const std::size_t size = CPU_ALLOC_SIZE(most_cpus);
    const bool known = sched_getaffinity(0, size, set) == 0;
    const int count = known ? CPU_COUNT_S(size, set) : 0;
    CPU_FREE(set);
    return static_cast<unsigned>(count);
}

class Node {
public:
    explicit Node(asio::io_context& context)
        : executor_(context.get_executor()),
          addresses_(take_variable("GAGGLE_COORDINATOR")),
          secret_(Secret::from_hex(take_variable("GAGGLE_SECRET"))),
          signals_(context, SIGTERM, SIGINT)
    {
        std::filesystem::create_directory(mount_point());
        std::filesystem::create_directory(directory());
    }

    asio::awaitable<void> serve()
    {
        stop_on_signal();
        channel_ = co_await join_meeting(addresses_, node_name(), secret_, steady_clock::now() + join_time);
        for (bool more = true; more;) {
            const std::string message = co_await channel_->read_line();
            more = co_await answer(message);
        }
    }

private:
    [[nodiscard]] std::filesystem::path mount_point() const { return scratch_.path() / "image"; }
    [[nodiscard]] std::filesystem::path directory() const { return scratch_.path() / "work"; }

    void stop_on_signal()
    {
        signals_.async_wait([this](const boost::system::error_code& error, int number) {
            if (!error && interpreters_) {
                interpreters_->stop("the job was told to stop (signal " + std::to_string(number) + ")");
            }
        });
    }

    /// False after the last message.
    asio::awaitable<bool> answer(const std::string& message)
    {
        const std::string_view tag = line::tag_of(message);
        if (tag == protocol::Ping::tag) {
            co_await channel_->send(protocol::Pong{.node_ns = clocks::monotonic_ns()});
        } else if (tag == protocol::Prepare::tag) {
            const auto order = Channel::as<protocol::Prepare>(message);
            co_await prepare(order);
        } else if (tag == protocol::Bye::tag) {
            co_return false;
        } else if (!interpreters_) {
            throw Unexpected{"'" + std::string{tag} + "' before 'prepare'"};
        } else if (tag == protocol::Release::tag) {
            release(Channel::as<protocol::Release>(message));
        } else if (tag == protocol::Collect::tag) {
            co_await channel_->write(interpreters_->result_lines(node_) + line::write(protocol::Done{}));
        } else {
            throw Unexpected{"unknown message '" + std::string{tag} + "'"};
        }
        co_return true;
    }

    asio::awaitable<void> prepare(const protocol::Prepare& message)
    {
        node_ = message.node;
        timeout_ = milliseconds{message.spec.interpreter_timeout_ms};
        const Instant deadline = steady_clock::now() + milliseconds{message.spec.prepare_timeout_ms};
        std::string trouble;
        protocol::Ready ready;
        try {
            const EnvironmentSpec& environment = message.spec.environment;
            if (!environment.image.empty()) {
                mount_ = co_await Mount::make(executor_, environment.image, mount_point(), deadline);
                ready.mount_ns = mount_->duration_ns();
                ready.mounted_by = mount_->program();
            }
            interpreters_.emplace(executor_, message.spec.interpreters,
                                  make_program(environment, mount_point(), directory()));
            interpreters_->fork_all(deadline);
            ready.fork_ns = interpreters_->fork_ns();
            ready.cpus = usable_cpus();
        } catch (const Error& error) {
            trouble = error.what();
        }
        if (trouble.empty()) {
            co_await channel_->send(ready);
        } else {
            protocol::Failed failed;
            failed.reason = trouble;
            co_await channel_->send(failed);
        }
    }

    /// Answers `finished` from a coroutine of its own: this one goes on reading, to notice a coordinator that dies.
    void release(const protocol::Release& message)
    {
        const auto run = [](Node& self, std::int64_t at_ns) -> asio::awaitable<void> {
            co_await self.interpreters_->run(at_ns, self.timeout_);
            co_await self.channel_->send(protocol::Finished{});
        };
        asio::co_spawn(executor_, run(*this, message.at_ns), [](const std::exception_ptr& trouble) {
            if (trouble) {
                std::rethrow_exception(trouble);
            }
        });
    }

    asio::any_io_executor executor_;
    std::string addresses_;
    Secret secret_;
    asio::signal_set signals_;
    ScratchDirectory scratch_;
    std::unique_ptr<Channel> channel_;
    unsigned node_ = 0;
    milliseconds timeout_{0};
    std::unique_ptr<Mount> mount_;              ///< after scratch_: unmounted before the folder goes
    std::optional<Interpreters> interpreters_;  ///< after mount_: dead before the image is unmounted
};

}  // namespace

void run_node()
{
    asio::io_context context{1};
    Node node{context};
    std::exception_ptr trouble;
    asio::co_spawn(context, node.serve(), [&](const std::exception_ptr& error) {
        trouble = error;
        context.stop();
    });
    try {
        context.run();
        if (trouble) {
            std::rethrow_exception(trouble);
        }
    } catch (const Disconnected& error) {
        throw Error{ExitCode::Usage, std::string{"lost the coordinator: "} + error.what()};
    }
}

}  // namespace gaggle::worker
