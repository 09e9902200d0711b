// bench-meeting NODES: the coordinator's side of one comparison of clocks, for bench/clock. Prints where it listens and
// the secret, lets nodes named 0, 1, … NODES - 1 in, measures their clocks as the coordinator does before each release,
// and prints "NAME OFFSET UNCERTAINTY" (ns) for each.
#include "worker/meeting.hpp"
#include "core/clock.hpp"
#include "worker/event.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>

#include <cstdlib>
#include <exception>
#include <iostream>
#include <memory>
#include <string>
#include <vector>

using namespace gaggle::worker;

namespace {

constexpr std::chrono::seconds meeting_time{60};

asio::awaitable<void> compare_clocks(Meeting& meeting, std::vector<Session*> nodes)
{
    co_await meeting.changed().wait([&] { return meeting.everybody_here(); },
                                    std::chrono::steady_clock::now() + meeting_time);
    meeting.close();
    co_await for_each_at_once(nodes, Session::clocks_at_once,
                              [](Session& node) { return node.measure_clock(Session::When::Before); });
    co_await for_each_at_once(nodes, nodes.size(), [](Session& node) { return node.dismiss(); });
}

}  // namespace

int main(int argc, char** argv)
{
    const int count = argc == 2 ? std::atoi(argv[1]) : 0;
    if (count < 1) {
        std::cerr << "usage: bench-meeting NODES\n";
        return 2;
    }
    asio::io_context context{1};  // sessions have sockets of it, so it goes last
    std::vector<std::unique_ptr<Session>> sessions;
    std::vector<Session*> nodes;
    for (int i = 0; i < count; ++i) {
        sessions.push_back(std::make_unique<Session>(static_cast<unsigned>(i), std::to_string(i)));
        nodes.push_back(sessions.back().get());
    }
    const Secret secret = Secret::random();
    Meeting meeting{context.get_executor(), Meeting::Reach::Network, secret, sessions, gaggle::clocks::monotonic_ns()};
    std::cout << meeting.addresses() << '\n' << secret.hex() << std::endl;
    meeting.start();
    std::exception_ptr trouble;
    asio::co_spawn(context, compare_clocks(meeting, nodes), [&](const std::exception_ptr& error) {
        trouble = error;
        context.stop();
    });
    context.run();
    if (trouble) {
        std::rethrow_exception(trouble);
    }
    int missing = 0;
    for (const Session* node : nodes) {
        if (node->alive()) {
            std::cout << node->name() << ' ' << node->clock_before().offset_ns << ' '
                      << node->clock_before().uncertainty_ns << '\n';
        } else {
            ++missing;
        }
    }
    return missing == 0 ? 0 : 1;
}
