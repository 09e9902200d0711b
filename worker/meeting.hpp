#pragma once

#include "worker/event.hpp"
#include "worker/secret.hpp"
#include "worker/session.hpp"

#include <boost/asio/ip/tcp.hpp>

#include <cstdint>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

namespace gaggle::worker {

/// Where nodes come to: listens, proves and checks the secret, and hands each connection to its node's session.
class Meeting {
public:
    enum class Reach { ThisMachine, Network };

    /// Sessions must outlive the meeting. `began_ns`: the coordinator's begin, CLOCK_MONOTONIC.
    Meeting(const asio::any_io_executor& executor, Reach reach, const Secret& secret,
            const std::vector<std::unique_ptr<Session>>& sessions, std::int64_t began_ns);

    /// "address port" of every way to here, separated by ";", for `join_meeting`. Numeric: a static program cannot ask
    /// the name service. This machine's own loopback comes last.
    [[nodiscard]] std::string addresses() const;

    void start();
    [[nodiscard]] Event& changed() { return changed_; }
    [[nodiscard]] bool everybody_here() const { return arrived_ == sessions_.size(); }
    /// Nobody is let in from now on, whoever is in the middle of a greeting included.
    void close();

private:
    asio::awaitable<void> accept_all();
    asio::awaitable<void> receive(asio::ip::tcp::socket socket);
    asio::awaitable<void> greet(std::unique_ptr<Channel> channel);

    asio::any_io_executor executor_;
    Reach reach_;
    Secret secret_;
    asio::ip::tcp::acceptor acceptor_;
    std::unordered_map<std::string, Session*> sessions_;  ///< by name
    std::size_t arrived_ = 0;
    std::int64_t began_ns_;
    Event changed_;
};

/// The node's side: tries each address of `addresses` until one proves that it is this attempt's coordinator. Throws
/// Error when none has by `deadline`.
asio::awaitable<std::unique_ptr<Channel>> join_meeting(std::string addresses, std::string name, Secret secret,
                                                       Instant deadline);

}  // namespace gaggle::worker
