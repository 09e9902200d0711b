#pragma once

#include "worker/channel.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <algorithm>
#include <cstddef>
#include <vector>

namespace gaggle::worker {

/// Lets one coroutine wait until something that others bring about has happened.
class Event {
public:
    explicit Event(const asio::any_io_executor& executor) : timer_(executor) {}

    void notify() { timer_.cancel(); }

    /// Until `condition()` holds, asked again after each notify; false at the deadline.
    template <class Condition>
    asio::awaitable<bool> wait(Condition condition, Instant deadline)
    {
        while (!condition()) {
            if (std::chrono::steady_clock::now() >= deadline) {
                co_return false;
            }
            boost::system::error_code cancelled;
            timer_.expires_at(deadline);
            co_await timer_.async_wait(asio::redirect_error(asio::use_awaitable, cancelled));
        }
        co_return true;
    }

private:
    asio::steady_timer timer_;
};

/// Runs `work(item)` for each of `items`, at most `limit` at a time, and returns when all have ended. `work` must not
/// throw.
template <class Item, class Work>
asio::awaitable<void> for_each_at_once(std::vector<Item*> items, std::size_t limit, Work work)
{
    const asio::any_io_executor executor = co_await asio::this_coro::executor;
    Event ended{executor};
    std::size_t next = 0;
    std::size_t running = std::min(limit, items.size());
    const auto run = [&]() -> asio::awaitable<void> {
        while (next < items.size()) {
            Item& item = *items[next++];
            co_await work(item);
        }
        --running;
        ended.notify();
    };
    for (std::size_t i = running; i > 0; --i) {
        asio::co_spawn(executor, run(), asio::detached);
    }
    co_await ended.wait([&] { return running == 0; }, Instant::max());
}

}  // namespace gaggle::worker
