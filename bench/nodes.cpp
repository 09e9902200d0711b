// Nodes without interpreters, for bench/coordinator.
//
// bench-nodes meet NODES INTERPRETERS LOST: in place of srun, nodes node00000, node00001 … of one process, which meet the
// coordinator that GAGGLE_COORDINATOR and GAGGLE_SECRET name and answer it as gaggle-worker's nodes do, with made-up
// results. The first LOST of them close their connection half-way through these. Prints the bytes of results sent and the
// seconds from the first order to send them to the first order after that.
//
// bench-nodes spec NODES INTERPRETERS: prints the array specification for that coordinator.
//
// bench-nodes raw NODES INTERPRETERS: the same results over as many sockets, read by a loop that does nothing with them.
// Prints the same.
#include "core/array_spec.hpp"
#include "core/clock.hpp"
#include "core/protocol.hpp"
#include "core/record.hpp"
#include "worker/event.hpp"
#include "worker/meeting.hpp"

#include <boost/asio/connect.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/write.hpp>

#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

using namespace gaggle::worker;
using asio::ip::tcp;
namespace line = gaggle::line;
namespace protocol = gaggle::protocol;
namespace record = gaggle::record;

namespace {

constexpr std::int64_t ms = 1'000'000;
constexpr std::array imports{"numpy", "scipy", "pandas", "matplotlib", "sklearn"};

/// All that one node sends when it is asked for results, but for its number.
class ResultLines {
public:
    explicit ResultLines(unsigned interpreters)
    {
        for (unsigned i = 0; i < interpreters; ++i) {
            record::Interpreter one;
            one.index = i;
            one.start_ns = 9'000 + i;
            one.exit_ns = 2'345 * ms + i * ms;
            one.user_us = 1'234'000 + i;
            one.system_us = 345'000 + i;
            one.minor_faults = 23'456;
            one.max_rss_kib = 98'765;
            one.voluntary_switches = 1'234;
            add(one);
            record::Io io;
            io.interpreter = i;
            io.read_bytes = 12'345'678;
            io.read_calls = 4'321;
            add(io);
            std::int64_t now = -100 * ms;
            for (const std::string& name : phases()) {
                const std::int64_t end = now + 100 * ms + i * 12'345;
                add(record::Phase{0, i, name, now, end});
                now = end;
            }
        }
    }

    [[nodiscard]] std::string of(unsigned node) const
    {
        const std::string number = '\t' + std::to_string(node) + '\t';
        std::string text;
        text.reserve(size_ + lines_.size() * (number.size() + 1));
        for (const auto& [tag, rest] : lines_) {
            text.append(tag).append(number).append(rest);
        }
        return text + line::write(protocol::Done{});
    }

private:
    static std::vector<std::string> phases()
    {
        std::vector<std::string> names{"spawn", "exec", "ready"};
        for (const char* name : imports) {
            names.push_back(std::string{"import "} + name);
        }
        names.emplace_back("exit");
        return names;
    }

    template <class T>
    void add(const T& one)
    {
        const std::string text = line::write(one);  // TAG, node 0, the rest
        lines_.emplace_back(T::tag, text.substr(T::tag.size() + 3));
        size_ += text.size();
    }

    std::vector<std::pair<std::string_view, std::string>> lines_;
    std::size_t size_ = 0;
};

struct Tally {
    std::size_t bytes = 0;
    std::int64_t asked_ns = 0;    ///< first order to send results
    std::int64_t gone_on_ns = 0;  ///< first order after these

    void print() const
    {
        std::printf("%zu %.6f\n", bytes, static_cast<double>(gone_on_ns - asked_ns) / 1e9);
        std::fflush(stdout);
    }
};

void raise_descriptor_limit()
{
    rlimit limit{};
    getrlimit(RLIMIT_NOFILE, &limit);
    limit.rlim_cur = limit.rlim_max;
    setrlimit(RLIMIT_NOFILE, &limit);
}

struct Simulated {
    unsigned number = 0;
    bool is_lost = false;
};

asio::awaitable<void> send_facts(Channel& channel, unsigned node)
{
    record::Facts facts;
    facts.node = node;
    for (int i = 0; i < 20; ++i) {
        facts.facts.emplace_back("fact " + std::to_string(i), "the same on all simulated nodes");
    }
    protocol::Ready ready;
    ready.fork_ns = 100 * ms;
    ready.cpus = 128;
    co_await channel.write(line::write(facts) + line::write(ready));
}

/// False when there is nothing more to do.
asio::awaitable<bool> answer(Channel& channel, const Simulated& node, const ResultLines& results, Tally& tally,
                             const std::string& message)
{
    const std::string_view tag = line::tag_of(message);
    if (tag == protocol::Ping::tag) {
        const protocol::Pong pong{.node_ns = gaggle::clocks::monotonic_ns()};
        co_await channel.send(pong);
    } else if (tag == protocol::Prepare::tag) {
        co_await send_facts(channel, node.number);
    } else if (tag == protocol::Release::tag) {
        const protocol::Finished finished;
        co_await channel.send(finished);
    } else if (tag == protocol::Collect::tag) {
        if (tally.asked_ns == 0) {
            tally.asked_ns = gaggle::clocks::monotonic_ns();
        }
        std::string text = results.of(node.number);
        text.resize(node.is_lost ? text.size() / 2 : text.size());
        tally.bytes += text.size();
        co_await channel.write(std::move(text));
        co_return !node.is_lost;
    } else if (tag == protocol::Bye::tag) {
        co_return false;
    } else {
        if (tally.gone_on_ns == 0) {
            tally.gone_on_ns = gaggle::clocks::monotonic_ns();
        }
        const protocol::Done done;
        co_await channel.send(done);
    }
    co_return true;
}

void print_spec(unsigned nodes, unsigned interpreters)
{
    gaggle::ArraySpec spec;
    spec.token = "bench";
    spec.experiment = "bench";
    spec.nodes = nodes;
    spec.interpreters = interpreters;
    spec.repetition_of = {{0, 1}};
    spec.environment.name = "simulated";
    spec.environment.kind = "command";
    spec.environment.language = "python";
    spec.environment.command = {"python3"};
    spec.environment.imports.assign(imports.begin(), imports.end());
    std::fputs(line::write(spec).c_str(), stdout);
}

int meet(unsigned count, unsigned interpreters, unsigned lost)
{
    const char* const addresses = std::getenv("GAGGLE_COORDINATOR");
    const char* const secret = std::getenv("GAGGLE_SECRET");
    if (addresses == nullptr || secret == nullptr) {
        std::fprintf(stderr, "bench-nodes: GAGGLE_COORDINATOR and GAGGLE_SECRET are not set\n");
        return 2;
    }
    const ResultLines results{interpreters};
    Tally tally;
    std::vector<Simulated> nodes;
    std::vector<Simulated*> all;
    for (unsigned i = 0; i < count; ++i) {
        nodes.push_back({i, i < lost});
    }
    for (Simulated& node : nodes) {
        all.push_back(&node);
    }
    unsigned failed = 0;
    asio::io_context context{1};
    const auto live = [&](Simulated& node) -> asio::awaitable<void> {
        try {
            std::array<char, 16> name{};
            std::snprintf(name.data(), name.size(), "node%05u", node.number);
            const Instant deadline = std::chrono::steady_clock::now() + std::chrono::seconds{120};
            const std::unique_ptr<Channel> channel =
                co_await join_meeting(addresses, name.data(), Secret::from_hex(secret), deadline);
            for (bool more = true; more;) {
                const std::string message = co_await channel->read_line();
                more = co_await answer(*channel, node, results, tally, message);
            }
        } catch (const std::exception& trouble) {
            if (failed++ == 0) {
                std::fprintf(stderr, "bench-nodes: node %u: %s\n", node.number, trouble.what());
            }
        }
    };
    asio::co_spawn(context, for_each_at_once(all, all.size(), live), asio::detached);
    context.run();
    tally.print();
    return failed == 0 ? 0 : 1;
}

/// In a process of its own: connects `count` times, and sends on each when told to.
void send_raw(const tcp::endpoint& sink, unsigned count, unsigned interpreters)
{
    const ResultLines results{interpreters};
    std::vector<Simulated> nodes;
    std::vector<Simulated*> all;
    for (unsigned i = 0; i < count; ++i) {
        nodes.push_back({i, false});
    }
    for (Simulated& node : nodes) {
        all.push_back(&node);
    }
    asio::io_context context{1};
    const auto send = [&](Simulated& node) -> asio::awaitable<void> {
        tcp::socket socket{context};
        co_await socket.async_connect(sink, asio::use_awaitable);
        char go = 0;
        co_await socket.async_read_some(asio::buffer(&go, 1), asio::use_awaitable);
        const std::string text = results.of(node.number);
        co_await asio::async_write(socket, asio::buffer(text), asio::use_awaitable);
    };
    asio::co_spawn(context, for_each_at_once(all, all.size(), send), asio::detached);
    context.run();
}

/// Reads all that comes on these sockets until each is closed.
std::size_t read_all(const std::vector<tcp::socket>& sockets)
{
    const int poll = epoll_create1(0);
    for (const tcp::socket& socket : sockets) {
        const int number = const_cast<tcp::socket&>(socket).native_handle();
        epoll_event event{};
        event.events = EPOLLIN;
        event.data.fd = number;
        epoll_ctl(poll, EPOLL_CTL_ADD, number, &event);
    }
    std::size_t bytes = 0;
    std::vector<char> buffer(std::size_t{64} << 10U);
    std::array<epoll_event, 256> events{};
    for (std::size_t open = sockets.size(); open > 0;) {
        const int ready = epoll_wait(poll, events.data(), static_cast<int>(events.size()), -1);
        for (int i = 0; i < ready; ++i) {
            const int number = events.at(static_cast<std::size_t>(i)).data.fd;
            const ssize_t got = read(number, buffer.data(), buffer.size());
            if (got > 0) {
                bytes += static_cast<std::size_t>(got);
            } else if (got == 0 || errno != EAGAIN) {
                epoll_ctl(poll, EPOLL_CTL_DEL, number, nullptr);
                --open;
            }
        }
    }
    close(poll);
    return bytes;
}

int gather_raw(unsigned count, unsigned interpreters)
{
    asio::io_context context{1};
    tcp::acceptor acceptor{context, tcp::endpoint{asio::ip::address_v4::loopback(), 0}};
    const tcp::endpoint sink = acceptor.local_endpoint();
    const pid_t sender = fork();
    if (sender == 0) {
        acceptor.close();
        send_raw(sink, count, interpreters);
        _exit(0);
    }
    std::vector<tcp::socket> sockets;
    for (unsigned i = 0; i < count; ++i) {
        sockets.push_back(acceptor.accept());
        sockets.back().native_non_blocking(true);
    }
    Tally tally;
    tally.asked_ns = gaggle::clocks::monotonic_ns();
    for (tcp::socket& socket : sockets) {
        asio::write(socket, asio::buffer("!", 1));
    }
    tally.bytes = read_all(sockets);
    tally.gone_on_ns = gaggle::clocks::monotonic_ns();
    tally.print();
    int status = 0;
    waitpid(sender, &status, 0);
    return status == 0 ? 0 : 1;
}

}  // namespace

int main(int argc, char** argv)
{
    const std::string_view mode = argc > 1 ? argv[1] : "";
    const auto number = [&](int index) { return static_cast<unsigned>(std::atoi(argv[index])); };
    raise_descriptor_limit();
    if (mode == "meet" && argc == 5) {
        return meet(number(2), number(3), number(4));
    }
    if (mode == "spec" && argc == 4) {
        print_spec(number(2), number(3));
        return 0;
    }
    if (mode == "raw" && argc == 4) {
        return gather_raw(number(2), number(3));
    }
    std::fprintf(
        stderr, "usage: bench-nodes meet NODES INTERPRETERS LOST | spec NODES INTERPRETERS | raw NODES INTERPRETERS\n");
    return 2;
}
