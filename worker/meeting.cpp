#include "worker/meeting.hpp"

#include "core/clock.hpp"
#include "core/error.hpp"
#include "core/log.hpp"
#include "core/protocol.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/connect.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/ip/v6_only.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <ifaddrs.h>
#include <net/if.h>
#include <netinet/in.h>

#include <algorithm>
#include <sstream>

namespace gaggle::worker {

using asio::ip::tcp;
using std::chrono::seconds;
using std::chrono::steady_clock;

namespace {

constexpr seconds handshake_time{20};
constexpr seconds connect_time{3};
constexpr std::chrono::milliseconds accept_pause{100};
constexpr std::string_view node_role = "node";
constexpr std::string_view coordinator_role = "coordinator";

/// This machine's addresses, loopback last, IPv6 link-local left out.
std::vector<asio::ip::address> own_addresses()
{
    std::vector<asio::ip::address> found;
    ifaddrs* list = nullptr;
    if (getifaddrs(&list) != 0) {
        throw system_error(ExitCode::Usage, "list", "this machine's network addresses", errno);
    }
    for (const ifaddrs* one = list; one != nullptr; one = one->ifa_next) {
        if (one->ifa_addr == nullptr || (one->ifa_flags & IFF_UP) == 0) {
            continue;
        }
        if (one->ifa_addr->sa_family == AF_INET) {
            const auto* address = reinterpret_cast<const sockaddr_in*>(one->ifa_addr);
            found.emplace_back(asio::ip::address_v4{ntohl(address->sin_addr.s_addr)});
        } else if (one->ifa_addr->sa_family == AF_INET6) {
            const auto* address = reinterpret_cast<const sockaddr_in6*>(one->ifa_addr);
            asio::ip::address_v6::bytes_type bytes;
            std::copy_n(address->sin6_addr.s6_addr, bytes.size(), bytes.begin());
            if (const asio::ip::address_v6 six{bytes}; !six.is_link_local()) {
                found.emplace_back(six);
            }
        }
    }
    freeifaddrs(list);
    std::stable_partition(found.begin(), found.end(),
                          [](const asio::ip::address& address) { return !address.is_loopback(); });
    return found;
}

tcp::acceptor listen_anywhere(const asio::any_io_executor& executor, Meeting::Reach reach)
{
    if (reach == Meeting::Reach::ThisMachine) {
        return tcp::acceptor{executor, tcp::endpoint{asio::ip::address_v4::loopback(), 0}};
    }
    try {
        tcp::acceptor acceptor{executor};
        acceptor.open(tcp::v6());
        acceptor.set_option(asio::ip::v6_only{false});
        acceptor.bind(tcp::endpoint{tcp::v6(), 0});
        acceptor.listen();
        return acceptor;
    } catch (const boost::system::system_error&) {  // a kernel without IPv6
        return tcp::acceptor{executor, tcp::endpoint{tcp::v4(), 0}};
    }
}

}  // namespace

Meeting::Meeting(const asio::any_io_executor& executor, Reach reach, const Secret& secret,
                 const std::vector<std::unique_ptr<Session>>& sessions, std::int64_t began_ns)
    : executor_(executor),
      reach_(reach),
      secret_(secret),
      acceptor_(listen_anywhere(executor, reach)),
      began_ns_(began_ns),
      changed_(executor)
{
    for (const auto& session : sessions) {
        sessions_.emplace(session->name(), session.get());
    }
}

std::string Meeting::addresses() const
{
    const std::string port = " " + std::to_string(acceptor_.local_endpoint().port());
    if (reach_ == Reach::ThisMachine) {
        return "127.0.0.1" + port;
    }
    std::string text;
    for (const asio::ip::address& address : own_addresses()) {
        text += (text.empty() ? "" : ";") + address.to_string() + port;
    }
    return text;
}

void Meeting::start()
{
    asio::co_spawn(executor_, accept_all(), asio::detached);
}

void Meeting::close()
{
    boost::system::error_code ignored;
    acceptor_.close(ignored);
}

asio::awaitable<void> Meeting::accept_all()
{
    asio::steady_timer pause{executor_};
    while (acceptor_.is_open()) {
        boost::system::error_code error;
        tcp::socket socket = co_await acceptor_.async_accept(asio::redirect_error(asio::use_awaitable, error));
        if (!error) {
            asio::co_spawn(executor_, receive(std::move(socket)), asio::detached);
        } else if (acceptor_.is_open()) {  // no descriptor left: whoever waits is still there later
            pause.expires_after(accept_pause);
            co_await pause.async_wait(asio::use_awaitable);
        }
    }
}

asio::awaitable<void> Meeting::receive(tcp::socket socket)
{
    try {
        co_await greet(std::make_unique<Channel>(std::move(socket)));
    } catch (const std::exception& trouble) {
        log::warn(std::string{"a connection was refused: "} + trouble.what());
    }
}

asio::awaitable<void> Meeting::greet(std::unique_ptr<Channel> channel)
{
    channel->set_deadline(steady_clock::now() + handshake_time);
    protocol::Challenge challenge;
    challenge.nonce = random_nonce();
    co_await channel->send(challenge);
    const auto hello = co_await channel->expect<protocol::Hello>();
    if (!secret_.accepts(hello.proof, node_role, challenge.nonce, hello.nonce, hello.name)) {
        throw Unexpected{"it does not know this attempt's secret"};
    }
    const auto found = sessions_.find(hello.name);
    Session* const session = found == sessions_.end() ? nullptr : found->second;
    if (!acceptor_.is_open()) {
        throw Unexpected{"node '" + hello.name + "' comes too late: the others have gone on"};
    }
    if (session == nullptr || session->arrived()) {
        throw Unexpected{"node '" + hello.name + "' is not expected" + (session == nullptr ? "" : " a second time")};
    }
    protocol::Welcome welcome;
    welcome.proof = secret_.proof(coordinator_role, challenge.nonce, hello.nonce, hello.name);
    co_await channel->send(welcome);
    channel->clear_deadline();
    if (acceptor_.is_open() && !session->arrived()) {  // both may have changed while the answer was on its way
        session->arrive(std::move(channel), clocks::monotonic_ns() - began_ns_);
        ++arrived_;
        changed_.notify();
    }
}

namespace {

std::vector<tcp::endpoint> parse_addresses(const std::string& text)
{
    std::vector<tcp::endpoint> endpoints;
    std::istringstream in{text};
    for (std::string one; std::getline(in, one, ';');) {
        std::istringstream fields{one};
        std::string address;
        unsigned short port = 0;
        boost::system::error_code error;
        fields >> address >> port;
        const asio::ip::address parsed = asio::ip::make_address(address, error);
        if (!fields || error) {
            throw Error{ExitCode::Usage, "GAGGLE_COORDINATOR: expected 'ADDRESS PORT;…', found '" + text + "'"};
        }
        endpoints.emplace_back(parsed, port);
    }
    return endpoints;
}

asio::awaitable<std::unique_ptr<Channel>> connect_to(tcp::endpoint endpoint, Instant deadline)
{
    tcp::socket socket{co_await asio::this_coro::executor};
    asio::steady_timer patience{socket.get_executor(), std::min(deadline, steady_clock::now() + connect_time)};
    patience.async_wait([&socket](const boost::system::error_code& error) {
        if (!error) {
            boost::system::error_code ignored;
            socket.close(ignored);
        }
    });
    boost::system::error_code error;
    co_await socket.async_connect(endpoint, asio::redirect_error(asio::use_awaitable, error));
    patience.cancel();
    if (error) {
        throw Disconnected{error.message()};
    }
    co_return std::make_unique<Channel>(std::move(socket));
}

asio::awaitable<void> introduce(Channel& channel, std::string name, const Secret& secret)
{
    channel.set_deadline(steady_clock::now() + handshake_time);
    const auto challenge = co_await channel.expect<protocol::Challenge>();
    if (challenge.version != protocol::current_version) {
        throw Unexpected{"the coordinator speaks protocol version " + std::to_string(challenge.version)};
    }
    protocol::Hello hello;
    hello.name = name;
    hello.nonce = random_nonce();
    hello.proof = secret.proof(node_role, challenge.nonce, hello.nonce, name);
    co_await channel.send(hello);
    const auto welcome = co_await channel.expect<protocol::Welcome>();
    if (!secret.accepts(welcome.proof, coordinator_role, challenge.nonce, hello.nonce, name)) {
        throw Unexpected{"it does not know this attempt's secret"};
    }
    channel.clear_deadline();
}

}  // namespace

asio::awaitable<std::unique_ptr<Channel>> join_meeting(std::string addresses, std::string name, Secret secret,
                                                       Instant deadline)
{
    const std::vector<tcp::endpoint> endpoints = parse_addresses(addresses);
    std::string last_trouble = "no address was given";
    asio::steady_timer pause{co_await asio::this_coro::executor};
    while (steady_clock::now() < deadline) {
        for (const tcp::endpoint& endpoint : endpoints) {
            try {
                std::unique_ptr<Channel> channel = co_await connect_to(endpoint, deadline);
                co_await introduce(*channel, name, secret);
                co_return channel;
            } catch (const std::runtime_error& trouble) {
                last_trouble = endpoint.address().to_string() + ": " + trouble.what();
            }
        }
        pause.expires_after(std::chrono::milliseconds{100});
        co_await pause.async_wait(asio::use_awaitable);
    }
    throw Error{ExitCode::Usage, "cannot reach the coordinator at " + addresses + "; last: " + last_trouble};
}

}  // namespace gaggle::worker
