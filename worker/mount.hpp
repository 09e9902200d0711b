#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>

namespace gaggle::worker {

/// A SquashFS image mounted by squashfuse for as long as this lives: without privilege, the same for root and for
/// users. The program runs in the foreground and dies with the worker.
class Mount {
public:
    /// Returns once `point` (an empty folder) shows the image. Throws Error(Usage) with squashfuse's own words, or when
    /// it is not installed, or at the deadline.
    static boost::asio::awaitable<std::unique_ptr<Mount>> make(boost::asio::any_io_executor executor,
                                                               std::filesystem::path image, std::filesystem::path point,
                                                               std::chrono::steady_clock::time_point deadline);
    /// Unmounts.
    ~Mount();
    Mount(const Mount&) = delete;
    Mount& operator=(const Mount&) = delete;

    [[nodiscard]] std::int64_t duration_ns() const { return duration_ns_; }
    /// The program, by its path.
    [[nodiscard]] const std::string& program() const { return program_; }

private:
    struct Server;
    Mount(std::filesystem::path point, std::string program, std::unique_ptr<Server> server);

    std::filesystem::path point_;
    std::string program_;
    std::unique_ptr<Server> server_;
    std::int64_t duration_ns_ = 0;
};

}  // namespace gaggle::worker
