#pragma once

#include "core/record.hpp"
#include "worker/channel.hpp"
#include "worker/gate.hpp"
#include "worker/group.hpp"

#include <boost/asio/any_io_executor.hpp>

#include <memory>
#include <string>
#include <vector>

/// One container per node with all its interpreters inside (`per = "node"`): the runtime starts, in place of an
/// interpreter, this very program, which forks, holds, releases, times and reaps the interpreters in there just as a
/// node's worker does outside. The program itself needs not be in the image: descriptor 4 leads to it (listing.hpp).
/// Over descriptor 3, a socket, node (N) and container (C) say lines (core/line.hpp):
///
///     C pong             it is there, and reads this node's clock
///     N fork             C ready | failed    forked, at the gate, or with the gate open
///     N run              C finished          all have exited, or were killed at the deadline
///     N halt             kills what runs; no answer of its own
///     N gather           C … done            the lines of the record file
///
/// It ends when the socket does. Nothing is said between `run` and `finished`.
namespace gaggle::worker {

/// What is measured of an environment whose container is started once: the words that start it, and those inside.
struct Split {
    Program container;                ///< the runtime, which starts this program
    std::vector<std::string> inside;  ///< the interpreter's argv, or a control's
};
/// `words`: EnvironmentSpec::container_words, counted with the executable.
[[nodiscard]] Split split_at_container(const Program& program, unsigned words);

/// The container, as long as this lives.
class Container {
public:
    explicit Container(asio::any_io_executor executor);
    ~Container();
    Container(const Container&) = delete;
    Container& operator=(const Container&) = delete;

    /// Until the worker inside is there. How that went is a step "container", of exit status 0 if it did.
    asio::awaitable<record::Step> start(Program program, Instant deadline);

    /// `count` processes of `inside` in it. The container must outlive them.
    [[nodiscard]] std::unique_ptr<Group> make_group(unsigned count, std::vector<std::string> inside);

private:
    struct Runtime;
    asio::any_io_executor executor_;
    std::unique_ptr<Runtime> runtime_;
    std::shared_ptr<Channel> channel_;
};

/// `gaggle-worker inside`: the worker in the container. Throws Error, and Disconnected when the node's worker ends.
void run_inside();

}  // namespace gaggle::worker
