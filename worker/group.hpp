#pragma once

#include <boost/asio/awaitable.hpp>

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

namespace gaggle::worker {

/// The processes that one node starts at one instant, its interpreters or those of a control, from fork to the last
/// exit: children of this process (interpreters.hpp), or of another worker in a container (contained.hpp).
class Group {
public:
    using Instant = std::chrono::steady_clock::time_point;

    Group() = default;
    /// Kills what still runs.
    virtual ~Group() = default;
    Group(const Group&) = delete;
    Group& operator=(const Group&) = delete;

    /// Forks all; done when each waits at the gate. Throws Error when that fails or takes beyond `deadline`.
    virtual boost::asio::awaitable<void> fork_all(Instant deadline) = 0;
    [[nodiscard]] virtual std::int64_t fork_ns() const = 0;

    /// Opens the gate: all start at `at_ns` (CLOCK_MONOTONIC). `run` follows at once.
    virtual void release(std::int64_t at_ns) = 0;

    /// In place of both: forks all with the gate open, each starts at once.
    virtual boost::asio::awaitable<void> launch_all() = 0;

    /// Done when all have exited and are reaped; those that still run at `deadline` are killed, with their process
    /// groups, and become TimedOut.
    virtual boost::asio::awaitable<void> run(Instant deadline) = 0;

    /// The instant (CLOCK_MONOTONIC) that results count from; release() has set it.
    virtual void count_from(std::int64_t at_ns) = 0;

    /// Kills what runs; `why` becomes the error of each that had none of its own.
    virtual void stop(const std::string& why) = 0;

    /// The results as lines of the record file, of node number `node`. After `run`.
    virtual boost::asio::awaitable<std::string> result_lines(unsigned node) = 0;

    /// Whether all failed, and none so late that it could mark that its runtime was entered (entry.cpp): the mark itself may
    /// be what could not be. After `run`.
    [[nodiscard]] virtual bool stopped_at_entry() const { return false; }
};

/// The first in such lines that failed, in words that name its node `node`; "" if none did.
[[nodiscard]] std::string first_failure(std::string_view result_lines, const std::string& node);

}  // namespace gaggle::worker
