#pragma once

#include "core/array_spec.hpp"
#include "core/clock.hpp"
#include "core/protocol.hpp"
#include "core/record.hpp"
#include "worker/channel.hpp"
#include "worker/results.hpp"

#include <boost/asio/awaitable.hpp>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace gaggle::worker {

/// The coordinator's side of one node: its connection, once it has arrived, and what is known of its gaggle. No step
/// throws: a node that closes, misses a deadline or talks nonsense is `lost` from then on, its gaggle says why, and
/// later steps do nothing. What was measured before stays measured.
class Session {
public:
    Session(unsigned node, std::string name);

    [[nodiscard]] const std::string& name() const { return gaggle_.name; }
    [[nodiscard]] bool arrived() const { return channel_ != nullptr; }
    [[nodiscard]] bool alive() const { return channel_ != nullptr && !lost_; }
    [[nodiscard]] bool measured() const { return measured_; }

    void arrive(std::unique_ptr<Channel> channel, std::int64_t arrived_ns);

    enum class When { Before, After };
    /// How many sessions may do so at once: more would queue for this process and lengthen the round trips.
    static constexpr std::size_t clocks_at_once = 4;
    asio::awaitable<void> measure_clock(When when);
    asio::awaitable<void> prepare(const ArraySpec& spec, Instant deadline);
    /// `at_ns`: T on the coordinator's clock.
    asio::awaitable<void> release(std::int64_t at_ns);
    asio::awaitable<void> await_finished(Instant deadline);
    /// How many may do so at once: what a node sends is in memory until all of it is here.
    static constexpr std::size_t collects_at_once = 256;
    asio::awaitable<void> collect(Spill& spill);

    /// The interpreters once more, without marking that their runtime was entered; then release, await_finished.
    asio::awaitable<void> prepare_again(Instant deadline);
    [[nodiscard]] bool wants_again() const { return wants_again_; }
    /// Whether the node left that mark out.
    [[nodiscard]] bool unmarked() const { return unmarked_; }

    /// A control's processes, in place of the interpreters: then release, await_finished, collect_control.
    asio::awaitable<void> prepare_control(unsigned position, Instant deadline);
    asio::awaitable<void> collect_control(const std::string& name, Spill& spill);

    /// Of a cell to trace: the node has failed if this does not come about, whatever it measured before.
    asio::awaitable<void> trace(Instant deadline);

    /// What the environment's interpreter says of itself; the attempt does not depend on it.
    asio::awaitable<void> inspect(protocol::Inspect order, Instant deadline);

    /// Adds to what is so on the node; nothing where the node did not say what is.
    void add_facts(const std::vector<std::pair<std::string, std::string>>& facts);

    asio::awaitable<void> clean_up(Instant deadline);
    asio::awaitable<void> dismiss();

    /// Puts a deadline on whatever this node is being waited for.
    void hurry(Instant deadline);
    [[nodiscard]] const record::ClockOffset& clock_before() const { return gaggle_.clock_before; }

    /// Its results make no sense: it has failed, and has none.
    void disown(const std::string& reason);
    [[nodiscard]] const record::Gaggle& gaggle() const { return gaggle_; }
    /// What is known else: its steps, and its results, unread, if they arrived whole.
    [[nodiscard]] const Results& results() const { return results_; }

private:
    asio::awaitable<void> round_trips(std::vector<clocks::RoundTrip>& trips);
    /// Takes record lines; returns the first line that is none.
    asio::awaitable<std::string> receive(Incoming& lines);
    asio::awaitable<void> await_ready();
    asio::awaitable<void> receive_results(Incoming& lines);
    template <class Order>
    asio::awaitable<void> ask(const Order& order, Instant deadline);
    void lose(record::GaggleOutcome outcome, const std::string& reason);
    /// Runs `step`; any trouble in it loses the node, with `doing` in the reason.
    asio::awaitable<void> guard(const char* doing, asio::awaitable<void> step);

    record::Gaggle gaggle_;
    std::unique_ptr<Channel> channel_;
    bool lost_ = false;
    bool measured_ = false;
    bool wants_again_ = false;
    bool unmarked_ = false;
    Results results_;
};

}  // namespace gaggle::worker
