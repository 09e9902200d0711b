#include "worker/meeting.hpp"

#include "core/error.hpp"
#include "core/protocol.hpp"
#include "tests/catch.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/write.hpp>

using gaggle::Error;
using gaggle::tests::has_text;
using namespace gaggle::worker;
using std::chrono::milliseconds;
using std::chrono::steady_clock;

namespace {

/// A meeting for two nodes, and one node that tries to join it.
struct Attempt {
    asio::io_context context{1};
    Secret secret = Secret::random();
    std::vector<std::unique_ptr<Session>> sessions;
    std::unique_ptr<Meeting> meeting;

    Attempt()
    {
        sessions.push_back(std::make_unique<Session>(0, "n1"));
        sessions.push_back(std::make_unique<Session>(1, "n2"));
        meeting = std::make_unique<Meeting>(context.get_executor(), Meeting::Reach::ThisMachine, secret, sessions, 0);
        meeting->start();
    }

    /// Throws what join_meeting throws.
    std::unique_ptr<Channel> join(const std::string& name, const Secret& key, const std::string& before = "")
    {
        std::unique_ptr<Channel> joined;
        std::exception_ptr trouble;
        context.restart();
        asio::co_spawn(context,
                       join_meeting(before + meeting->addresses(), name, key, steady_clock::now() + milliseconds{400}),
                       [&](std::exception_ptr error, std::unique_ptr<Channel> channel) {
                           trouble = error;
                           joined = std::move(channel);
                           context.stop();
                       });
        context.run();
        if (trouble) {
            std::rethrow_exception(trouble);
        }
        return joined;
    }
};

}  // namespace

TEST_CASE("a node that knows the secret arrives, and only once")
{
    Attempt attempt;
    CHECK(attempt.join("n1", attempt.secret) != nullptr);
    CHECK(attempt.sessions[0]->arrived());
    CHECK_FALSE(attempt.meeting->everybody_here());
    CHECK_THROWS_AS(attempt.join("n1", attempt.secret), Error);
    CHECK(attempt.join("n2", attempt.secret) != nullptr);
    CHECK(attempt.meeting->everybody_here());
}

TEST_CASE("neither another secret nor another name gets in")
{
    Attempt attempt;
    CHECK_THROWS_WITH(attempt.join("n1", Secret::random()), has_text("cannot reach the coordinator"));
    CHECK_THROWS_AS(attempt.join("n3", attempt.secret), Error);
    CHECK_FALSE(attempt.sessions[0]->arrived());
    CHECK_FALSE(attempt.sessions[1]->arrived());
}

TEST_CASE("who is still greeting when the meeting is closed is not let in")
{
    Attempt attempt;
    const std::string addresses = attempt.meeting->addresses();  // "127.0.0.1 PORT"
    const auto port = static_cast<unsigned short>(std::stoi(addresses.substr(addresses.find(' '))));
    bool refused = false;
    const auto late = [&]() -> asio::awaitable<void> {
        asio::ip::tcp::socket socket{attempt.context};
        co_await socket.async_connect({asio::ip::address_v4::loopback(), port}, asio::use_awaitable);
        Channel channel{std::move(socket)};
        const auto challenge = co_await channel.expect<gaggle::protocol::Challenge>();
        attempt.meeting->close();
        gaggle::protocol::Hello hello;
        hello.name = "n1";
        hello.nonce = random_nonce();
        hello.proof = attempt.secret.proof("node", challenge.nonce, hello.nonce, hello.name);
        co_await channel.send(hello);
        try {
            co_await channel.read_line();
        } catch (const Disconnected&) {
            refused = true;
        }
        attempt.context.stop();
    };
    asio::co_spawn(attempt.context, late(), asio::detached);
    attempt.context.run();
    CHECK(refused);
    CHECK_FALSE(attempt.sessions[0]->arrived());
}

TEST_CASE("an address that leads nowhere does not keep a node from the next")
{
    Attempt attempt;
    CHECK(attempt.join("n1", attempt.secret, "127.0.0.1 1;::1 1;") != nullptr);
}

TEST_CASE("a coordinator that does not know the secret is not believed")
{
    // Somebody who answers challenge and welcome in form, with a proof of his own making.
    asio::io_context context{1};
    asio::ip::tcp::acceptor acceptor{context, {asio::ip::address_v4::loopback(), 0}};
    const auto impostor = [&]() -> asio::awaitable<void> {
        Channel channel{co_await acceptor.async_accept(asio::use_awaitable)};
        co_await channel.write("challenge\t1\t00\n");
        co_await channel.read_line();
        co_await channel.write("welcome\t" + std::string(64, '0') + "\n");
        co_await channel.read_line();
    };
    asio::co_spawn(context, impostor(), asio::detached);
    std::exception_ptr trouble;
    const std::string address = "127.0.0.1 " + std::to_string(acceptor.local_endpoint().port());
    asio::co_spawn(context, join_meeting(address, "n1", Secret::random(), steady_clock::now() + milliseconds{200}),
                   [&](std::exception_ptr error, const std::unique_ptr<Channel>&) {
                       trouble = error;
                       context.stop();
                   });
    context.run();
    REQUIRE(trouble);
    CHECK_THROWS_AS(std::rethrow_exception(trouble), Error);
}

TEST_CASE("lines arrive whole, however they were sent")
{
    asio::io_context context{1};
    asio::ip::tcp::acceptor acceptor{context, {asio::ip::address_v4::loopback(), 0}};
    asio::ip::tcp::socket sender{context};
    sender.connect(acceptor.local_endpoint());
    Channel channel{acceptor.accept()};
    std::vector<std::string> got;
    const std::string longer(100'000, 'x');  // more than is read at once
    const auto read = [&]() -> asio::awaitable<void> {
        got.push_back(co_await channel.read_line());
        std::string lines;
        while (lines.size() < longer.size() + 5) {
            lines += co_await channel.read_lines();
        }
        got.push_back(lines);
        got.push_back(co_await channel.read_line());
    };
    asio::co_spawn(context, read(), [&](const std::exception_ptr&) { context.stop(); });
    for (const std::string& piece : {std::string{"o"}, std::string{"ne\ntwo\n"}, longer, std::string{"\n"}}) {
        asio::write(sender, asio::buffer(piece));
        context.poll();
    }
    asio::write(sender, asio::buffer(std::string_view{"last\n"}));
    context.run();
    CHECK(got == std::vector<std::string>{"one", "two\n" + longer + "\n", "last"});
}

TEST_CASE("a secret is 64 hexadecimal digits and survives them")
{
    const Secret secret = Secret::random();
    CHECK(Secret::from_hex(secret.hex()).hex() == secret.hex());
    CHECK(secret.hex() != Secret::random().hex());
    CHECK_THROWS_AS(Secret::from_hex("12"), Error);
    CHECK_THROWS_AS(Secret::from_hex(secret.hex() + "00"), Error);
    const std::string proof = secret.proof("node", "a", "b", "c");
    CHECK(secret.accepts(proof, "node", "a", "b", "c"));
    CHECK_FALSE(secret.accepts(proof, "node", "ab", "", "c"));
    CHECK_FALSE(secret.accepts("", "node", "a", "b", "c"));
}
