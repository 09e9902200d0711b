#include "worker/channel.hpp"

#include <boost/asio/buffer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>

#include <array>
#include <utility>

namespace gaggle::worker {

namespace {

constexpr std::size_t most_read = std::size_t{64} << 10U;  ///< bytes asked of the socket at once

}  // namespace

/// Outlives the channel while its timer's handler is on its way; `socket` is null once the channel is gone.
struct Channel::Deadline {
    explicit Deadline(Socket& owner) : timer(owner.get_executor()), socket(&owner) {}

    asio::steady_timer timer;
    Socket* socket;
    bool passed = false;
};

Channel::Channel(Socket socket) : socket_(std::move(socket)), deadline_(std::make_shared<Deadline>(socket_))
{
    socket_.non_blocking(true);
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
    throw Disconnected{trouble.code() == asio::error::eof ? "the connection was closed" : trouble.code().message()};
}

}  // namespace

/// Appends what the other side has sent, and drops what was handed out. Thousands of channels wait, and few have ever much
/// to hold: bytes have a place of their channel's only when they are here.
asio::awaitable<void> Channel::read_more()
{
    if (deadline_->passed) {
        throw DeadlinePassed{"no answer before the deadline"};
    }
    buffer_.erase(0, taken_);
    taken_ = 0;
    if (buffer_.size() >= longest_line) {
        throw Unexpected{"a line is longer than " + std::to_string(longest_line) + " bytes"};
    }
    if (buffer_.empty()) {
        buffer_ = {};
    }
    try {
        boost::system::error_code error = asio::error::would_block;
        while (error == asio::error::would_block) {
            co_await socket_.async_wait(Socket::wait_read, asio::use_awaitable);
            static thread_local std::array<char, most_read> arrived;
            buffer_.append(arrived.data(), socket_.read_some(asio::buffer(arrived), error));
        }
        if (error) {
            throw boost::system::system_error{error};
        }
    } catch (const boost::system::system_error& trouble) {
        fail(trouble, deadline_->passed);
    }
}

asio::awaitable<std::string> Channel::read_line()
{
    std::size_t searched = taken_;
    std::size_t newline = buffer_.find('\n', searched);
    while (newline == std::string::npos) {
        searched = buffer_.size() - taken_;
        co_await read_more();
        newline = buffer_.find('\n', searched);
    }
    std::string text = buffer_.substr(taken_, newline - taken_);
    taken_ = newline + 1;
    co_return text;
}

asio::awaitable<std::string> Channel::read_lines()
{
    std::size_t searched = taken_;
    std::size_t newline = buffer_.rfind('\n');
    while (newline == std::string::npos || newline < searched) {
        searched = buffer_.size() - taken_;
        co_await read_more();
        newline = buffer_.rfind('\n');
    }
    std::string begun = buffer_.substr(newline + 1);
    buffer_.resize(newline + 1);
    buffer_.erase(0, std::exchange(taken_, 0));
    co_return std::exchange(buffer_, std::move(begun));
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
