#include "worker/channel.hpp"

#include <boost/asio/buffer.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>

namespace gaggle::worker {

/// Outlives the channel while its timer's handler is on its way; `socket` is null once the channel is gone.
struct Channel::Deadline {
    explicit Deadline(Socket& owner) : timer(owner.get_executor()), socket(&owner) {}

    asio::steady_timer timer;
    Socket* socket;
    bool passed = false;
};

Channel::Channel(Socket socket) : socket_(std::move(socket)), deadline_(std::make_shared<Deadline>(socket_))
{
    boost::system::error_code only_tcp_delays;
    socket_.set_option(asio::ip::tcp::no_delay{true}, only_tcp_delays);
}

Channel::~Channel()
{
    deadline_->socket = nullptr;
    deadline_->timer.cancel();
}

void Channel::set_deadline(Instant deadline)
{
    deadline_->passed = false;
    deadline_->timer.expires_at(deadline);
    deadline_->timer.async_wait([state = deadline_](const boost::system::error_code& error) {
        if (!error && state->socket != nullptr && state->timer.expiry() <= std::chrono::steady_clock::now()) {
            state->passed = true;
            boost::system::error_code ignored;
            state->socket->cancel(ignored);
        }
    });
}

void Channel::clear_deadline()
{
    deadline_->passed = false;
    deadline_->timer.cancel();
}

namespace {

[[noreturn]] void fail(const boost::system::system_error& trouble, bool deadline_passed)
{
    if (deadline_passed) {
        throw DeadlinePassed{"no answer before the deadline"};
    }
    if (trouble.code() == asio::error::not_found) {
        throw Unexpected{"a line is longer than " + std::to_string(Channel::longest_line) + " bytes"};
    }
    throw Disconnected{trouble.code() == asio::error::eof ? "the connection was closed" : trouble.code().message()};
}

}  // namespace

asio::awaitable<std::string> Channel::read_line()
{
    if (deadline_->passed) {
        throw DeadlinePassed{"no answer before the deadline"};
    }
    try {
        const std::size_t length = co_await asio::async_read_until(socket_, asio::dynamic_buffer(buffer_, longest_line),
                                                                   '\n', asio::use_awaitable);
        std::string text = buffer_.substr(0, length - 1);
        buffer_.erase(0, length);
        co_return text;
    } catch (const boost::system::system_error& trouble) {
        fail(trouble, deadline_->passed);
    }
}

asio::awaitable<void> Channel::write(std::string lines)
{
    if (deadline_->passed) {
        throw DeadlinePassed{"no answer before the deadline"};
    }
    try {
        co_await asio::async_write(socket_, asio::buffer(lines), asio::use_awaitable);
    } catch (const boost::system::system_error& trouble) {
        fail(trouble, deadline_->passed);
    }
}

void Channel::close()
{
    boost::system::error_code ignored;
    socket_.close(ignored);
    clear_deadline();
}

}  // namespace gaggle::worker
