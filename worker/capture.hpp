#pragma once

#include "worker/gate.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>

#include <chrono>
#include <string>
#include <string_view>

namespace gaggle::worker {

/// All that a program printed, apart from every measurement.
struct Captured {
    std::string output;
    std::string error;
    std::string trouble;  ///< why it was stopped, or how it ended, with the telling line of `error`; "" if well
};

/// Runs `program` with its standard input empty to its end or until `deadline`; then it is killed with its process
/// group, as it is when it prints more than 64 MiB. A probe finds the descriptors that it needs; its marks go nowhere.
/// Throws Error if it cannot be started.
[[nodiscard]] boost::asio::awaitable<Captured> capture(boost::asio::any_io_executor executor, Program program,
                                                       std::chrono::steady_clock::time_point deadline);

/// `trouble` with the telling line of a standard error behind it (marks.hpp); "" stays "".
[[nodiscard]] std::string explained(const std::string& trouble, std::string_view standard_error);

}  // namespace gaggle::worker
