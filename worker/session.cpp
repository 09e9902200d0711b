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
    channel_->close();
    if (measured_) {
        gaggle_.reason = "after its measurement: " + reason;
        return;
    }
    gaggle_.outcome = outcome;
    gaggle_.reason = reason;
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

asio::awaitable<std::string> Session::receive(record::Record& lines)
{
    for (;;) {
        std::string text = co_await channel_->read_line();
        if (!record::take_line(lines, text)) {
            co_return text;
        }
    }
}

asio::awaitable<void> Session::await_ready()
{
    const std::string answer = co_await receive(results_);
    if (line::tag_of(answer) == protocol::Failed::tag) {
        lose(record::GaggleOutcome::Failed, Channel::as<protocol::Failed>(answer).reason);
        co_return;
    }
    const auto ready = Channel::as<protocol::Ready>(answer);
    if (!measured_) {
        gaggle_.mount_ns = ready.mount_ns;
        gaggle_.fork_ns = ready.fork_ns;
        gaggle_.cpus = ready.cpus;
        gaggle_.mounted_by = ready.mounted_by;
        unmarked_ = unmarked_ || ready.again;
    }
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
        co_await self.await_ready();
    };
    co_await guard("getting ready", step(*this, spec, deadline));
}

asio::awaitable<void> Session::prepare_again(Instant deadline)
{
    if (!alive()) {
        co_return;
    }
    const auto step = [](Session& self, Instant until) -> asio::awaitable<void> {
        self.channel_->set_deadline(until);
        co_await self.channel_->send(protocol::Again{});
        self.results_.caches.clear();
        self.unmarked_ = true;
        co_await self.await_ready();
    };
    co_await guard("getting ready again", step(*this, deadline));
}

asio::awaitable<void> Session::prepare_control(unsigned position, Instant deadline)
{
    if (!alive()) {
        co_return;
    }
    const auto step = [](Session& self, unsigned which, Instant until) -> asio::awaitable<void> {
        self.channel_->set_deadline(until);
        const protocol::Control order{.position = which};
        co_await self.channel_->send(order);
        co_await self.await_ready();
    };
    co_await guard("getting a control ready", step(*this, position, deadline));
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
    const auto step = [](Session& self, Instant until) -> asio::awaitable<void> {
        self.channel_->set_deadline(until);
        const auto finished = co_await self.channel_->expect<protocol::Finished>();
        self.wants_again_ = finished.again;
    };
    co_await guard("its interpreters ran", step(*this, deadline));
}

asio::awaitable<void> Session::receive_results(record::Record& lines)
{
    channel_->set_deadline(steady_clock::now() + results_time);
    co_await channel_->send(protocol::Collect{});
    const std::string answer = co_await receive(lines);
    if (line::tag_of(answer) == protocol::Failed::tag) {
        lose(record::GaggleOutcome::Failed, Channel::as<protocol::Failed>(answer).reason);
        co_return;
    }
    Channel::as<protocol::Done>(answer);
}

asio::awaitable<void> Session::collect()
{
    if (!alive()) {
        co_return;
    }
    record::Record lines;
    co_await guard("sending its results", receive_results(lines));
    if (alive()) {
        record::append(results_, lines);
        measured_ = true;
        gaggle_.outcome = record::GaggleOutcome::Completed;
        gaggle_.reason.clear();
    }
}

asio::awaitable<void> Session::collect_control(const std::string& name)
{
    if (!alive()) {
        co_return;
    }
    record::Record lines;
    co_await guard("sending a control's results", receive_results(lines));
    if (alive()) {
        for (record::Interpreter& process : lines.interpreters) {
            results_.controls.push_back({name, std::move(process)});
        }
    }
}

asio::awaitable<void> Session::trace(Instant deadline)
{
    if (!alive()) {
        co_return;
    }
    const auto step = [](Session& self, Instant until) -> asio::awaitable<void> {
        self.channel_->set_deadline(until);
        co_await self.channel_->send(protocol::Trace{});
        Channel::as<protocol::Done>(co_await self.receive(self.results_));
    };
    co_await guard("its interpreter was traced", step(*this, deadline));
    if (!alive()) {
        gaggle_.outcome = record::GaggleOutcome::Failed;
    }
}

asio::awaitable<void> Session::inspect(protocol::Inspect order, Instant deadline)
{
    const auto step = [](Session& self, protocol::Inspect wish, Instant until) -> asio::awaitable<void> {
        self.channel_->set_deadline(until);
        co_await self.channel_->send(wish);
        Channel::as<protocol::Done>(co_await self.receive(self.results_));
    };
    co_await guard("its interpreter was asked what it is", step(*this, order, deadline));
}

void Session::add_facts(const std::vector<std::pair<std::string, std::string>>& facts)
{
    const auto of_node = std::ranges::find(results_.facts, record::Subject::node, &record::Facts::subject);
    if (of_node != results_.facts.end()) {
        of_node->facts.insert(of_node->facts.end(), facts.begin(), facts.end());
    }
}

asio::awaitable<void> Session::clean_up(Instant deadline)
{
    if (!alive()) {
        co_return;
    }
    const auto step = [](Session& self, Instant until) -> asio::awaitable<void> {
        self.channel_->set_deadline(until);
        co_await self.channel_->send(protocol::Clean{});
        Channel::as<protocol::Done>(co_await self.receive(self.results_));
    };
    co_await guard("cleaning up", step(*this, deadline));
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
    record::append(record, results_);
}

}  // namespace gaggle::worker
