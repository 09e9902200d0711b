#include "worker/node.hpp"

#include "core/clock.hpp"
#include "core/error.hpp"
#include "core/protocol.hpp"
#include "worker/event.hpp"
#include "worker/gaggle.hpp"
#include "worker/interpreters.hpp"
#include "worker/meeting.hpp"
#include "worker/secret.hpp"
#include "worker/surroundings.hpp"

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
          gaggle_(executor_, node_name())
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
        if (Group* group = gaggle_.group(); group != nullptr) {
            group->stop("the node's worker ended");
        }
        co_await gaggle_.unstage();
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
            if (Group* group = gaggle_.group(); !error && group != nullptr) {
                group->stop("the job was told to stop (signal " + std::to_string(number) + ")");
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
        } else if (gaggle_.group() == nullptr) {
            throw Unexpected{"'" + std::string{tag} + "' before 'prepare'"};
        } else if (tag == protocol::Release::tag) {
            release(Channel::as<protocol::Release>(message).at_ns);
        } else if (tag == protocol::Collect::tag) {
            co_await send_results();
        } else if (tag == protocol::Again::tag) {
            co_await prepare_again();
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

    asio::awaitable<void> run_interpreters(Instant deadline)
    {
        try {
            co_await gaggle_.group()->run(deadline);
        } catch (const Error& error) {  // the container is gone: collecting will say so
            lost_ = error.what();
        }
    }

    asio::awaitable<void> send_results()
    {
        protocol::Failed failed;
        std::string lines;
        try {
            lines = co_await gaggle_.group()->result_lines(node_);
        } catch (const Error& error) {  // the container is gone, and so are its results
            failed.reason = lost_.empty() ? error.what() : lost_;
        }
        lines += surrounding_lines();
        lines += failed.reason.empty() ? line::write(protocol::Done{}) : line::write(failed);
        co_await channel_->write(lines);
    }

    /// In place of a gated start: everything at once, before the meeting, as a plain srun would.
    asio::awaitable<void> launch(const ArraySpec& spec)
    {
        facts_ = node_facts();
        co_await arrange(gaggle_.arrange(spec));
        if (trouble_.empty()) {
            co_await launch_interpreters();
        }
        if (trouble_.empty() && gaggle_.group()->stopped_at_entry()) {
            co_await arrange(gaggle_.arrange_unmarked());
            if (trouble_.empty()) {
                co_await launch_interpreters();
            }
        }
    }

    asio::awaitable<void> launch_interpreters()
    {
        counters_before_ = read_counters();
        co_await fork_interpreters(gaggle_.group()->launch_all());
        if (trouble_.empty()) {
            co_await run_interpreters(steady_clock::now() + timeout());
            counters_after_ = read_counters();
        }
    }

    asio::awaitable<void> prepare(const protocol::Prepare& message)
    {
        node_ = message.node;
        if (!launch_spec_) {
            facts_ = node_facts();
            const Instant deadline = deadline_of(message.spec);
            co_await arrange(gaggle_.arrange(message.spec));
            co_await fork_gated(deadline);
        }
        co_await channel_->write(facts_line(node_, record::Subject::node, facts_));
        co_await answer_ready();
    }

    /// The interpreters once more, without the mark of entry that none of them could make.
    asio::awaitable<void> prepare_again()
    {
        const Instant deadline = deadline_of(gaggle_.spec());
        co_await arrange(gaggle_.arrange_unmarked());
        co_await fork_gated(deadline);
        co_await answer_ready();
    }

    /// From now on.
    static Instant deadline_of(const ArraySpec& spec)
    {
        return steady_clock::now() + milliseconds{spec.prepare_timeout_ms} + milliseconds{spec.cache_timeout_ms()};
    }

    asio::awaitable<void> fork_gated(Instant deadline)
    {
        if (trouble_.empty()) {
            co_await fork_interpreters(gaggle_.group()->fork_all(deadline));
        }
        if (trouble_.empty()) {
            counters_before_ = read_counters();
            counters_after_.reset();
        }
    }

    /// What goes wrong is in `trouble_`.
    asio::awaitable<void> arrange(asio::awaitable<void> arranging)
    {
        try {
            co_await std::move(arranging);
            ready_.mount_ns = gaggle_.arrangement().mount_ns();
            ready_.mounted_by = gaggle_.arrangement().mounted_by();
            ready_.cpus = usable_cpus();
        } catch (const Error& error) {
            trouble_ = error.what();
        }
        ready_.again = gaggle_.unmarked();
    }

    asio::awaitable<void> fork_interpreters(asio::awaitable<void> fork)
    {
        try {
            co_await std::move(fork);
            ready_.fork_ns = gaggle_.group()->fork_ns();
        } catch (const Error& error) {
            trouble_ = error.what();
        }
    }

    asio::awaitable<void> prepare_control(unsigned position)
    {
        const std::vector<ControlSpec>& controls = gaggle_.spec().environment.controls;
        if (position >= controls.size()) {
            throw Unexpected{"there is no control " + std::to_string(position)};
        }
        const Instant deadline = steady_clock::now() + milliseconds{gaggle_.spec().prepare_timeout_ms};
        co_await gaggle_.arrange_control(controls[position]);
        co_await fork_interpreters(gaggle_.group()->fork_all(deadline));
        co_await answer_ready();
    }

    /// What the interpreters' results come with; "" for a control.
    std::string surrounding_lines()
    {
        std::string lines;
        if (counters_before_ && counters_after_) {
            lines = counter_lines(node_, difference(*counters_before_, *counters_after_)) +
                    facts_line(node_, record::Subject::paths,
                               environment_facts(gaggle_.spec().environment, gaggle_.arrangement().place()));
        }
        counters_before_.reset();
        return lines;
    }

    asio::awaitable<void> trace_interpreter()
    {
        const std::string lines = co_await trace_lines(executor_, node_, gaggle_.spec().environment,
                                                       gaggle_.arrangement().place(), timeout());
        co_await channel_->write(lines + line::write(protocol::Done{}));
    }

    asio::awaitable<void> inspect_environment(Listing listing)
    {
        const std::string lines = co_await inspection_lines(executor_, node_, gaggle_.spec().environment,
                                                            gaggle_.arrangement().place(), listing);
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

    asio::awaitable<void> send_notes() { return channel_->write(gaggle_.take_lines(node_)); }

    asio::awaitable<void> clean_up()
    {
        gaggle_.clear();
        co_await gaggle_.unstage();
        co_await send_notes();
        co_await channel_->send(protocol::Done{});
    }

    [[nodiscard]] milliseconds timeout() const { return milliseconds{gaggle_.spec().interpreter_timeout_ms}; }

    /// Answers `finished` from a coroutine of its own: this one goes on reading, to notice a coordinator that dies.
    void release(std::int64_t at_ns)
    {
        const bool over = launch_spec_ && !launch_counted_;
        launch_counted_ = true;
        if (over) {
            gaggle_.group()->count_from(at_ns);
        } else {
            gaggle_.group()->release(at_ns);
        }
        const auto run = [](Node& self, bool already, Instant deadline) -> asio::awaitable<void> {
            if (!already) {
                co_await self.run_interpreters(deadline);
            }
            if (self.counters_before_ && !self.counters_after_) {
                self.counters_after_ = read_counters();
            }
            const protocol::Finished finished{.again = self.gaggle_.group()->stopped_at_entry()};
            co_await self.channel_->send(finished);
        };
        const Instant deadline{nanoseconds{at_ns} + timeout()};
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
    Gaggle gaggle_;
    std::unique_ptr<Channel> channel_;
    unsigned node_ = 0;
    std::optional<ArraySpec> launch_spec_;  ///< with Start::AsLaunched
    bool launch_counted_ = false;
    std::vector<Fact> facts_;                         ///< of this node
    std::optional<CounterSnapshot> counters_before_;  ///< the interpreters' release; gone when they were compared
    std::optional<CounterSnapshot> counters_after_;   ///< the interpreters' last exit
    protocol::Ready ready_;
    std::string lost_;     ///< how the container ended, if it did while interpreters ran
    std::string trouble_;  ///< why it cannot be ready; "": it can
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
