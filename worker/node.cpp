#include "worker/node.hpp"

#include "core/clock.hpp"
#include "core/error.hpp"
#include "core/protocol.hpp"
#include "worker/arrangement.hpp"
#include "worker/cache.hpp"
#include "worker/contained.hpp"
#include "worker/event.hpp"
#include "worker/interpreters.hpp"
#include "worker/meeting.hpp"
#include "worker/probe.hpp"
#include "worker/secret.hpp"
#include "worker/surroundings.hpp"

#include <spdlog/spdlog.h>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/host_name.hpp>
#include <boost/asio/signal_set.hpp>

#include <cstdlib>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace gaggle::worker {

namespace {

using std::chrono::milliseconds;
using std::chrono::nanoseconds;
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
    return asio::ip::host_name();
}

class Node {
public:
    explicit Node(asio::io_context& context)
        : executor_(context.get_executor()),
          addresses_(take_variable("GAGGLE_COORDINATOR")),
          secret_(Secret::from_hex(take_variable("GAGGLE_SECRET"))),
          signals_(context, SIGTERM, SIGINT),
          arrangement_(executor_)
    {
        if (const char* spec = std::getenv("GAGGLE_SPEC"); spec != nullptr) {
            launch_spec_ = line::read<ArraySpec>(spec);
            unsetenv("GAGGLE_SPEC");
        }
    }

    /// However it ends, nothing that was staged stays behind.
    asio::awaitable<void> live()
    {
        std::exception_ptr trouble;
        try {
            co_await serve();
        } catch (...) {
            trouble = std::current_exception();
        }
        if (interpreters_) {
            interpreters_->stop("the node's worker ended");
        }
        co_await arrangement_.unstage();
        if (trouble) {
            std::rethrow_exception(trouble);
        }
    }

private:
    asio::awaitable<void> serve()
    {
        stop_on_signal();
        if (launch_spec_) {
            co_await launch(*launch_spec_);
        }
        channel_ = co_await join_meeting(addresses_, node_name(), secret_, steady_clock::now() + join_time);
        for (bool more = true; more;) {
            const std::string message = co_await channel_->read_line();
            more = co_await answer(message);
        }
    }

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
        } else if (tag == protocol::Clean::tag) {
            co_await clean_up();
        } else if (tag == protocol::Bye::tag) {
            co_return false;
        } else if (!interpreters_) {
            throw Unexpected{"'" + std::string{tag} + "' before 'prepare'"};
        } else if (tag == protocol::Release::tag) {
            release(Channel::as<protocol::Release>(message).at_ns);
        } else if (tag == protocol::Collect::tag) {
            const std::string lines = co_await interpreters_->result_lines(node_);
            co_await channel_->write(lines + surrounding_lines() + line::write(protocol::Done{}));
        } else if (tag == protocol::Control::tag) {
            const auto order = Channel::as<protocol::Control>(message);
            co_await prepare_control(order.position);
        } else if (tag == protocol::Trace::tag) {
            co_await trace_interpreter();
        } else if (tag == protocol::Inspect::tag) {
            const auto order = Channel::as<protocol::Inspect>(message);
            co_await inspect_environment(order.with_files ? Listing::wanted : Listing::unwanted);
        } else {
            throw Unexpected{"unknown message '" + std::string{tag} + "'"};
        }
        co_return true;
    }

    /// In place of a gated start: everything at once, before the meeting, as a plain srun would.
    asio::awaitable<void> launch(const ArraySpec& spec)
    {
        co_await arrange(spec);
        if (trouble_.empty()) {
            counters_before_ = read_counters();
            co_await fork_interpreters(interpreters_->launch_all());
        }
        if (trouble_.empty()) {
            co_await interpreters_->run(steady_clock::now() + timeout_);
            counters_after_ = read_counters();
        }
    }

    asio::awaitable<void> prepare(const protocol::Prepare& message)
    {
        node_ = message.node;
        if (!launch_spec_) {
            const Instant deadline = steady_clock::now() + milliseconds{message.spec.prepare_timeout_ms} +
                                     milliseconds{message.spec.cache_timeout_ms()};
            co_await arrange(message.spec);
            if (trouble_.empty()) {
                co_await fork_interpreters(interpreters_->fork_all(deadline));
            }
            if (trouble_.empty()) {
                counters_before_ = read_counters();
            }
        }
        co_await channel_->write(facts_line(node_, record::Subject::node, facts_));
        co_await answer_ready();
    }

    /// The environment and its caches; the interpreters are made, not forked. What goes wrong is in `trouble_`.
    asio::awaitable<void> arrange(const ArraySpec& spec)
    {
        spec_ = spec;
        timeout_ = milliseconds{spec.interpreter_timeout_ms};
        facts_ = node_facts();
        const EnvironmentSpec& environment = spec_.environment;
        try {
            co_await arrangement_.make(environment, milliseconds{spec.prepare_timeout_ms});
            ready_.mount_ns = arrangement_.mount_ns();
            ready_.mounted_by = arrangement_.mounted_by();
            const Program program = make_program(environment, arrangement_.place());
            if (spec.cache != CacheState::as_is) {  // which even a look at the files might change
                co_await bring_caches(program);
            }
            co_await make_group(spec.interpreters, program);
            ready_.cpus = usable_cpus();
        } catch (const Error& error) {
            trouble_ = error.what();
        }
    }

    /// Into the declared state, as the last thing before the interpreters are forked. Throws Error if the unmeasured run
    /// of `warm` failed; all else that goes wrong is in the record.
    asio::awaitable<void> bring_caches(const Program& program)
    {
        const Instant begin = steady_clock::now();
        const Instant deadline = begin + milliseconds{spec_.prepare_timeout_ms};
        CachePreparation cache{spec_.cache,
                               find_files(cached_paths(spec_.environment, arrangement_.place(), program), deadline)};
        cache.prepare(deadline);
        if (spec_.cache == CacheState::warm) {
            co_await run_unmeasured(program);
        }
        cache_ = cache.check(begin + milliseconds{spec_.cache_timeout_ms()});
        if (spec_.cache == CacheState::warm) {
            cache_->method = "run";
        }
        if (spec_.environment.cache_paths.empty()) {
            cache_->not_covered += (cache_->not_covered.empty() ? "" : "; ");
            cache_->not_covered += "what the program opens: only the program itself was looked at (no cache_paths)";
        }
    }

    /// One interpreter, whose results go nowhere.
    asio::awaitable<void> run_unmeasured(const Program& program)
    {
        co_await make_group(1, program);
        co_await interpreters_->launch_all();
        co_await interpreters_->run(steady_clock::now() + timeout_);
        const std::string lines = co_await interpreters_->result_lines(0);
        const std::string failure = first_failure(lines, node_name());
        if (!failure.empty()) {
            throw Error{ExitCode::Usage, "the unmeasured run that warms the caches failed: " + failure};
        }
    }

    /// In place of those before: children of this process, or in the container, which is started by the first of them.
    asio::awaitable<void> make_group(unsigned count, const Program& program)
    {
        interpreters_.reset();
        if (spec_.environment.per == Per::interpreter) {
            interpreters_ = std::make_unique<Interpreters>(executor_, count, program);
            co_return;
        }
        const Split split = split_at_container(program, spec_.environment.container_words);
        if (!container_) {
            container_.emplace(executor_);
            const record::Step step = co_await container_->start(
                split.container, steady_clock::now() + milliseconds{spec_.prepare_timeout_ms});
            arrangement_.keep(step);
        }
        interpreters_ = container_->make_group(count, split.inside);
    }

    asio::awaitable<void> fork_interpreters(asio::awaitable<void> fork)
    {
        try {
            co_await std::move(fork);
            ready_.fork_ns = interpreters_->fork_ns();
        } catch (const Error& error) {
            trouble_ = error.what();
        }
    }

    asio::awaitable<void> prepare_control(unsigned position)
    {
        const std::vector<ControlSpec>& controls = spec_.environment.controls;
        if (position >= controls.size()) {
            throw Unexpected{"there is no control " + std::to_string(position)};
        }
        const Program program = make_control(spec_.environment, controls[position], arrangement_.place());
        co_await make_group(spec_.interpreters, program);
        const Instant deadline = steady_clock::now() + milliseconds{spec_.prepare_timeout_ms};
        co_await fork_interpreters(interpreters_->fork_all(deadline));
        co_await answer_ready();
    }

    /// What the interpreters' results come with; "" for a control.
    std::string surrounding_lines()
    {
        std::string lines;
        if (counters_before_ && counters_after_) {
            lines =
                counter_lines(node_, difference(*counters_before_, *counters_after_)) +
                facts_line(node_, record::Subject::paths, environment_facts(spec_.environment, arrangement_.place()));
        }
        counters_before_.reset();
        return lines;
    }

    asio::awaitable<void> trace_interpreter()
    {
        const std::string lines =
            co_await trace_lines(executor_, node_, spec_.environment, arrangement_.place(), timeout_);
        co_await channel_->write(lines + line::write(protocol::Done{}));
    }

    asio::awaitable<void> inspect_environment(Listing listing)
    {
        const std::string lines =
            co_await inspection_lines(executor_, node_, spec_.environment, arrangement_.place(), listing);
        co_await channel_->write(lines + line::write(protocol::Done{}));
    }

    asio::awaitable<void> answer_ready()
    {
        co_await send_notes();
        if (trouble_.empty()) {
            co_await channel_->send(ready_);
            co_return;
        }
        protocol::Failed failed;
        failed.reason = trouble_;
        co_await channel_->send(failed);
    }

    asio::awaitable<void> send_notes()
    {
        std::string lines = arrangement_.take_lines(node_);
        if (cache_) {
            cache_->node = node_;
            lines += line::write(*cache_);
            cache_.reset();
        }
        co_await channel_->write(lines);
    }

    asio::awaitable<void> clean_up()
    {
        interpreters_.reset();
        container_.reset();
        arrangement_.unmount();
        co_await arrangement_.unstage();
        co_await send_notes();
        co_await channel_->send(protocol::Done{});
    }

    /// Answers `finished` from a coroutine of its own: this one goes on reading, to notice a coordinator that dies.
    void release(std::int64_t at_ns)
    {
        const bool over = launch_spec_ && !launch_counted_;
        launch_counted_ = true;
        if (over) {
            interpreters_->count_from(at_ns);
        } else {
            interpreters_->release(at_ns);
        }
        const auto run = [](Node& self, bool already, Instant deadline) -> asio::awaitable<void> {
            try {
                if (!already) {
                    co_await self.interpreters_->run(deadline);
                }
            } catch (const Error& error) {  // the container is gone, and so are its results: collecting will say so
                spdlog::error("{}", error.what());
            }
            if (self.counters_before_ && !self.counters_after_) {
                self.counters_after_ = read_counters();
            }
            co_await self.channel_->send(protocol::Finished{});
        };
        const Instant deadline{nanoseconds{at_ns} + timeout_};
        asio::co_spawn(executor_, run(*this, over, deadline), [](const std::exception_ptr& trouble) {
            if (trouble) {
                std::rethrow_exception(trouble);
            }
        });
    }

    asio::any_io_executor executor_;
    std::string addresses_;
    Secret secret_;
    asio::signal_set signals_;
    Arrangement arrangement_;
    std::unique_ptr<Channel> channel_;
    unsigned node_ = 0;
    std::optional<ArraySpec> launch_spec_;  ///< with Start::AsLaunched
    bool launch_counted_ = false;
    ArraySpec spec_;
    milliseconds timeout_{0};
    std::optional<record::Cache> cache_;              ///< not sent yet
    std::vector<Fact> facts_;                         ///< of this node
    std::optional<CounterSnapshot> counters_before_;  ///< the interpreters' release; gone when they were compared
    std::optional<CounterSnapshot> counters_after_;   ///< the interpreters' last exit
    protocol::Ready ready_;
    std::string trouble_;                  ///< why it cannot be ready; "": it can
    std::optional<Container> container_;   ///< with Per::node; after arrangement_: gone before the image is unmounted
    std::unique_ptr<Group> interpreters_;  ///< after both, likewise
};

}  // namespace

void run_node()
{
    asio::io_context context{1};
    Node node{context};
    std::exception_ptr trouble;
    asio::co_spawn(context, node.live(), [&](const std::exception_ptr& error) {
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
