#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/process/v2/process.hpp>

#include <array>
#include <chrono>
#include <memory>
#include <string>
#include <vector>

namespace gaggle::worker {

/// How the nodes' workers come to life.
struct LaunchPlan {
    enum class By { Srun, ThisMachine };
    By by = By::Srun;
    std::string worker;              ///< path of this program
    std::vector<std::string> names;  ///< of the nodes, in order
    std::string addresses;           ///< Meeting::addresses
    std::string secret;              ///< hexadecimal; goes through the environment only
    std::string spec;                ///< ArraySpec as a line, for nodes that begin before they meet; "": they wait
};

/// The node workers, started: one srun for all, or one process per "node" of this machine.
class Launch {
public:
    /// Throws Error when the program cannot be started.
    Launch(const boost::asio::any_io_executor& executor, const LaunchPlan& plan);
    /// Ends what still runs.
    ~Launch();
    Launch(const Launch&) = delete;
    Launch& operator=(const Launch&) = delete;

    [[nodiscard]] bool running();
    /// False if some still run at the deadline.
    boost::asio::awaitable<bool> wait(std::chrono::steady_clock::time_point deadline);
    /// The last of what they printed on one line, bounded however much that was; "" if nothing.
    [[nodiscard]] std::string last_words() const;

private:
    struct Output;
    void start(const std::string& executable, const std::vector<std::string>& arguments,
               const std::vector<std::string>& environment, int output);

    boost::asio::any_io_executor executor_;
    std::vector<boost::process::v2::process> processes_;
    std::shared_ptr<Output> output_;
};

}  // namespace gaggle::worker
