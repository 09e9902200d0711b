#pragma once

#include "core/array_spec.hpp"
#include "core/record.hpp"
#include "worker/channel.hpp"
#include "worker/files.hpp"
#include "worker/mount.hpp"
#include "worker/probe.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace gaggle::worker {

/// What a node does so that an environment is there, before and after everything that runs in it: set-up, staging,
/// mounting. What is mounted, and the folder in which programs start, go with this object; what is staged does not.
class Arrangement {
public:
    explicit Arrangement(asio::any_io_executor executor);

    /// Throws Error if a step fails; what was done until then is in `take_lines`.
    asio::awaitable<void> make(const EnvironmentSpec& environment, std::chrono::milliseconds timeout);
    [[nodiscard]] const Place& place() const { return place_; }
    [[nodiscard]] std::int64_t mount_ns() const { return mount_ ? mount_->duration_ns() : 0; }  ///< 0: no image
    [[nodiscard]] std::string mounted_by() const { return mount_ ? mount_->program() : ""; }

    /// Adds a step to those that it made itself. Throws Error if it failed.
    void keep(const record::Step& step);

    void unmount() { mount_.reset(); }
    /// Once, even if staging failed half-way. How it went is in `take_lines`.
    asio::awaitable<void> unstage();

    /// The steps since the last call, as lines of the record file.
    [[nodiscard]] std::string take_lines(unsigned node);

private:
    asio::any_io_executor executor_;
    ScratchDirectory scratch_;
    Place place_;
    std::vector<std::string> unstage_;  ///< commands; empty: nothing was staged
    std::chrono::milliseconds timeout_{0};
    std::vector<record::Step> steps_;
    std::unique_ptr<Mount> mount_;  ///< after scratch_: unmounted before the folder goes
};

}  // namespace gaggle::worker
