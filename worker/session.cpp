#include "worker/session.hpp"

#include "core/protocol.hpp"
#include "worker/words.hpp"

#include <chrono>
#include <utility>

namespace gaggle::worker {

using std::chrono::seconds;
using std::chrono::steady_clock;

namespace {

constexpr int round_trip_count = 12;
constexpr seconds answer_time{20};    ///< for answers that need no work
constexpr seconds results_time{120};  ///< for sending all results

bool is_record_line(Incoming& lines, std::string_view text)
{
    try {
        return lines.take(text);
    } catch (const line::Malformed& trouble) {
        throw Unexpected{trouble.what()};
    }
}

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

asio::awaitable<std::string> Session::receive(Incoming& lines)
{
    for (;;) {
        const std::string arrived = co_await channel_->read_lines();
        std::string_view texts = arrived;
        while (!texts.empty()) {
            const std::string_view text = take_until(texts, '\n');
            if (is_record_line(lines, text)) {
                continue;
            }
            if (!texts.empty()) {
                throw Unexpected{"it goes on after " + line::excerpt(text)};
            }
            co_return std::string{text};
        }
    }
}

asio::awaitable<void> Session::await_ready()
{
    Incoming notes;
    const std::string answer = co_await receive(notes);
    record::append(results_.few, notes.few);
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
        {
            protocol::Prepare order;  // gone before the answer, for which all nodes are waited at once
            order.node = self.gaggle_.node;
            order.spec = what;
            co_await self.channel_->send(order);
        }
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
        self.results_.few.caches.clear();
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

asio::awaitable<void> Session::receive_results(Incoming& lines)
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

asio::awaitable<void> Session::collect(Spill& spill)
{
    if (!alive()) {
        co_return;
    }
    Incoming lines;
    co_await guard("sending its results", receive_results(lines));
    if (alive()) {
        results_.keep(lines, spill);
        measured_ = true;
        gaggle_.outcome = record::GaggleOutcome::Completed;
        gaggle_.reason.clear();
    }
}

asio::awaitable<void> Session::collect_control(const std::string& name, Spill& spill)
{
    if (!alive()) {
        co_return;
    }
    Incoming lines;
    co_await guard("sending a control's results", receive_results(lines));
    if (alive()) {
        results_.keep_control(name, lines, spill);
    }
}

/// What the node answers `order` with, which are lines of lists that are not bulky.
template <class Order>
asio::awaitable<void> Session::ask(const Order& order, Instant deadline)
{
    channel_->set_deadline(deadline);
    co_await channel_->send(order);
    Incoming lines;
    Channel::as<protocol::Done>(co_await receive(lines));
    record::append(results_.few, lines.few);
}

asio::awaitable<void> Session::trace(Instant deadline)
{
    if (!alive()) {
        co_return;
    }
    const protocol::Trace order;
    co_await guard("its interpreter was traced", ask(order, deadline));
    if (!alive()) {
        gaggle_.outcome = record::GaggleOutcome::Failed;
    }
}

asio::awaitable<void> Session::inspect(protocol::Inspect order, Instant deadline)
{
    co_await guard("its interpreter was asked what it is", ask(order, deadline));
}

void Session::disown(const std::string& reason)
{
    results_.bulky = {};
    gaggle_.outcome = record::GaggleOutcome::Failed;
    gaggle_.reason = "its results cannot be read: " + reason;
}

void Session::add_facts(const std::vector<std::pair<std::string, std::string>>& facts)
{
    const auto of_node = std::ranges::find(results_.few.facts, record::Subject::node, &record::Facts::subject);
    if (of_node != results_.few.facts.end()) {
        of_node->facts.insert(of_node->facts.end(), facts.begin(), facts.end());
    }
}

asio::awaitable<void> Session::clean_up(Instant deadline)
{
    if (!alive()) {
        co_return;
    }
    const protocol::Clean order;
    co_await guard("cleaning up", ask(order, deadline));
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

}  // namespace gaggle::worker
