#pragma once

#include "core/line.hpp"

#include <boost/asio/awaitable.hpp>
#include <boost/asio/generic/stream_protocol.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>

#include <chrono>
#include <memory>
#include <stdexcept>
#include <string>

namespace gaggle::worker {

namespace asio = boost::asio;
using Instant = std::chrono::steady_clock::time_point;

/// The other side closed the connection, or it broke.
class Disconnected : public std::runtime_error {
    using std::runtime_error::runtime_error;
};
/// The channel's deadline passed.
class DeadlinePassed : public std::runtime_error {
    using std::runtime_error::runtime_error;
};
/// The other side said something else than the protocol allows here.
class Unexpected : public std::runtime_error {
    using std::runtime_error::runtime_error;
};

/// One side of a connection: whole lines in, whole lines out, under one deadline.
class Channel {
public:
    static constexpr std::size_t longest_line = 4U << 20U;
    using Socket = asio::generic::stream_protocol::socket;

    /// Over TCP or between processes of this machine.
    explicit Channel(Socket socket);
    ~Channel();
    Channel(const Channel&) = delete;
    Channel& operator=(const Channel&) = delete;

    /// For every operation from now on, one under way included. Without one they wait for ever.
    void set_deadline(Instant deadline);
    void clear_deadline();

    /// The next line, without its newline.
    asio::awaitable<std::string> read_line();
    /// The next lines, as many as are here, at least one; each with its newline. The channel keeps nothing of them.
    asio::awaitable<std::string> read_lines();
    asio::awaitable<void> write(std::string lines);

    /// Name the message before co_await: GCC 12 destroys an aggregate made inside the expression twice.
    template <class Message>
    asio::awaitable<void> send(const Message& message)
    {
        return write(line::write(message));
    }
    /// The next line as a Message; throws Unexpected if it is another.
    template <class Message>
    asio::awaitable<Message> expect()
    {
        const std::string text = co_await read_line();
        co_return as<Message>(text);
    }
    template <class Message>
    static Message as(const std::string& text)
    {
        try {
            return line::read<Message>(text);
        } catch (const line::Malformed& trouble) {
            throw Unexpected{trouble.what()};
        }
    }

    void close();

private:
    struct Deadline;
    asio::awaitable<void> read_more();

    Socket socket_;
    std::string buffer_;
    std::size_t taken_ = 0;  ///< bytes of it that were handed out
    std::shared_ptr<Deadline> deadline_;
};

}  // namespace gaggle::worker
