#include "worker/session.hpp"

#include "core/protocol.hpp"

#include <chrono>
#include <utility>

namespace gaggle::worker {

using std::chrono::seconds;
using std::chrono::steady_clock;

namespace {

constexpr int round_trip_count = 12;
constexpr seconds answer_time{20};    ///< for answers that need no work
constexpr seconds results_time{120};  ///< for sending all results

}  // namespace

Session::Session(unsigned node, std::string name)
{
    gaggle_.node = node;
    gaggle_.name = std::move(name);
    gaggle_.reason = "did not connect before the deadline";
}

void Session::arrive(std::unique_ptr<Channel> channel, std::int64_t arrived_ns)
{
    channel_ = std::move(channel);
    gaggle_.arrived_ns = arrived_ns;
    gaggle_.outcome = record::GaggleOutcome::Died;
    gaggle_.reason = "its results were not collected";
}

void Session::lose(record::GaggleOutcome outcome, const std::string& reason)
{
    lost_ = true;
    gaggle_.outcome = outcome;
    gaggle_.reason = reason;
    channel_->close();
}

asio::awaitable<void> Session::guard(const char* doing, asio::awaitable<void> step)
{
    using record::GaggleOutcome;
    try {
        co_await std::move(step);
    } catch (const Disconnected& trouble) {
        lose(GaggleOutcome::Died, std::string{"its worker ended while "} + doing + ": " + trouble.what());
    } catch (const DeadlinePassed& trouble) {
        lose(GaggleOutcome::TimedOut, std::string{"while "} + doing + ": " + trouble.what());
    } catch (const Unexpected& trouble) {
        lose(GaggleOutcome::Failed, std::string{"while "} + doing + ": " + trouble.what());
    }
}

asio::awaitable<void> Session::round_trips(std::vector<clocks::RoundTrip>& trips)
{
    channel_->set_deadline(steady_clock::now() + answer_time);
    for (int i = 0; i < round_trip_count; ++i) {
        clocks::RoundTrip trip;
        trip.sent_ns = clocks::monotonic_ns();
        co_await channel_->send(protocol::Ping{});
        const std::string answer = co_await channel_->read_line();
        trip.received_ns = clocks::monotonic_ns();
        trip.node_ns = Channel::as<protocol::Pong>(answer).node_ns;
        trips.push_back(trip);
    }
}

asio::awaitable<void> Session::measure_clock(When when)
{
    if (!alive()) {
        co_return;
    }
    std::vector<clocks::RoundTrip> trips;
    co_await guard("comparing clocks", round_trips(trips));
    (when == When::Before ? gaggle_.clock_before : gaggle_.clock_after) = clocks::estimate_offset(trips);
}

asio::awaitable<void> Session::prepare(const ArraySpec& spec, Instant deadline)
{
    if (!alive()) {
        co_return;
    }
    const auto step = [](Session& self, const ArraySpec& what, Instant until) -> asio::awaitable<void> {
        self.channel_->set_deadline(until);
        protocol::Prepare order;
        order.node = self.gaggle_.node;
        order.spec = what;
        co_await self.channel_->send(order);
        const std::string answer = co_await self.channel_->read_line();
        if (line::tag_of(answer) == protocol::Failed::tag) {
            self.lose(record::GaggleOutcome::Failed, Channel::as<protocol::Failed>(answer).reason);
            co_return;
        }
        const auto ready = Channel::as<protocol::Ready>(answer);
        self.gaggle_.mount_ns = ready.mount_ns;
        self.gaggle_.fork_ns = ready.fork_ns;
        self.gaggle_.cpus = ready.cpus;
        self.gaggle_.mounted_by = ready.mounted_by;
    };
    co_await guard("getting ready", step(*this, spec, deadline));
}

asio::awaitable<void> Session::release(std::int64_t at_ns)
{
    if (!alive()) {
        co_return;
    }
    channel_->set_deadline(steady_clock::now() + answer_time);
    const protocol::Release order{.at_ns = at_ns + gaggle_.clock_before.offset_ns};
    co_await guard("being released", channel_->send(order));
}

asio::awaitable<void> Session::await_finished(Instant deadline)
{
    if (!alive()) {
        co_return;
    }
    const auto step = [](Channel& channel, Instant until) -> asio::awaitable<void> {
        channel.set_deadline(until);
        co_await channel.expect<protocol::Finished>();
    };
    co_await guard("its interpreters ran", step(*channel_, deadline));
}

asio::awaitable<void> Session::receive_results()
{
    channel_->set_deadline(steady_clock::now() + results_time);
    co_await channel_->send(protocol::Collect{});
    for (;;) {
        const std::string text = co_await channel_->read_line();
        const std::string_view tag = line::tag_of(text);
        if (tag == record::Probe::tag) {
            probe_ = Channel::as<record::Probe>(text);
        } else if (tag == record::Interpreter::tag) {
            interpreters_.push_back(Channel::as<record::Interpreter>(text));
        } else if (tag == record::Phase::tag) {
            phases_.push_back(Channel::as<record::Phase>(text));
        } else {
            Channel::as<protocol::Done>(text);
            break;
        }
    }
    measured_ = true;
    gaggle_.outcome = record::GaggleOutcome::Completed;
    gaggle_.reason.clear();
}

asio::awaitable<void> Session::collect()
{
    if (alive()) {
        co_await guard("sending its results", receive_results());
    }
}

asio::awaitable<void> Session::dismiss()
{
    if (!alive()) {
        co_return;
    }
    channel_->set_deadline(steady_clock::now() + answer_time);
    try {
        co_await channel_->send(protocol::Bye{});
    } catch (const std::runtime_error&) {
        // Its results are here; what becomes of its worker no longer matters.
    }
}

void Session::hurry(Instant deadline)
{
    if (alive()) {
        channel_->set_deadline(deadline);
    }
}

void Session::add_to(record::Record& record) const
{
    record.gaggles.push_back(gaggle_);
    if (measured_) {
        if (probe_) {
            record.probes.push_back(*probe_);
        }
        record.interpreters.insert(record.interpreters.end(), interpreters_.begin(), interpreters_.end());
        record.phases.insert(record.phases.end(), phases_.begin(), phases_.end());
    }
}

}  // namespace gaggle::worker
