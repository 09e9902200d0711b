#pragma once

#include "core/record.hpp"
#include "worker/counters.hpp"
#include "worker/files.hpp"
#include "worker/gate.hpp"
#include "worker/group.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/steady_timer.hpp>

#include <sys/resource.h>

#include <array>
#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace gaggle::worker {

/// How many CPUs the interpreters may run on (sched_getaffinity); 0: not known.
[[nodiscard]] unsigned usable_cpus();

/// A group of children of this process. Between release and the last exit this process only sleeps: it is woken by a
/// program that replaced its child, by a line on a standard error, and by an exit, of which it then only notes the time.
/// Children are reaped, and what they read and wrote is read, when all have exited.
class Interpreters : public Group {
public:
    Interpreters(const boost::asio::any_io_executor& executor, unsigned count, Program program);
    /// Kills and reaps what still runs.
    ~Interpreters() override;

    boost::asio::awaitable<void> fork_all(Instant deadline) override;
    [[nodiscard]] std::int64_t fork_ns() const override { return fork_ns_; }
    void release(std::int64_t at_ns) override;
    boost::asio::awaitable<void> launch_all() override;
    boost::asio::awaitable<void> run(Instant deadline) override;
    void count_from(std::int64_t at_ns) override { origin_ns_ = at_ns; }
    void stop(const std::string& why) override;
    boost::asio::awaitable<std::string> result_lines(unsigned node) override;
    [[nodiscard]] bool stopped_at_entry() const override;

private:
    struct Child {
        explicit Child(const boost::asio::any_io_executor& executor) : exit(executor), alive(executor), error(executor)
        {
        }

        pid_t pid = -1;
        bool exited = false;
        bool reaped = false;
        bool timed_out = false;
        std::string stopped;  ///< why it was killed, unless for its time-out
        std::int64_t forked_ns = 0;
        std::int64_t executed_ns = 0;  ///< when this process saw `alive` close; 0: not yet
        std::int64_t exited_ns = 0;
        int status = 0;  ///< as wait4 gives it
        rusage usage{};
        std::optional<ProcessIoFile> io_file;
        ProcessIo io_at_gate;
        std::optional<ProcessIo> io;  ///< at its end; nothing: not known
        Descriptor marks;
        /// A pidfd: readable from its exit on. Not open where there are none.
        boost::asio::posix::stream_descriptor exit;
        boost::asio::posix::stream_descriptor alive;
        boost::asio::posix::stream_descriptor error;
        std::array<char, 4096> chunk{};
        std::string error_text;  ///< the head and the tail of its standard error
    };

    void fork_one(unsigned index);
    void watch(Child& child);
    void watch_exec(Child& child);
    void watch_exit(Child& child);
    void drain_error(Child& child);
    [[nodiscard]] bool has_room_for_io_files() const;
    void note_exits();
    [[nodiscard]] bool all_exited() const;
    void reap();
    void kill_running(bool timed_out, const std::string& why);
    [[nodiscard]] record::Interpreter result(const Child& child, unsigned index, unsigned node, const ChildTimes& times,
                                             const std::string& probe_error) const;
    void append_phases(std::string& lines, const Child& child, unsigned index, unsigned node, const ChildTimes& times,
                       const struct Marks& marks) const;

    boost::asio::any_io_executor executor_;
    Program program_;
    Gate gate_;
    /// Has no signal where there are pidfds; then its waiting is cancelled when all have exited.
    boost::asio::signal_set exits_;
    boost::asio::steady_timer time_out_;
    Descriptor shown_;  ///< one for all children: they only look at it
    std::vector<std::unique_ptr<Child>> children_;
    unsigned count_;
    std::int64_t fork_ns_ = 0;
    std::int64_t origin_ns_ = 0;
};

}  // namespace gaggle::worker
