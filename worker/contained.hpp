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
/// How they talk: container_protocol.hpp.
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

    /// `count` processes of `inside` in it. The container must outlive them. When it ends before they have, every step of
    /// theirs throws Error that says how it ended.
    [[nodiscard]] std::unique_ptr<Group> make_group(unsigned count, std::vector<std::string> inside);

    struct Runtime;

private:
    asio::any_io_executor executor_;
    std::shared_ptr<Runtime> runtime_;
    std::shared_ptr<Channel> channel_;
};

/// Over one end of the socket between the two workers.
[[nodiscard]] std::unique_ptr<Channel> channel_over(const asio::any_io_executor& executor, Descriptor socket);

/// `gaggle-worker inside`: the worker in the container. Throws Error, and Disconnected when the node's worker ends.
void run_inside();

}  // namespace gaggle::worker
