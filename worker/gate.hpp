#pragma once

#include "worker/files.hpp"

#include <boost/asio/any_io_executor.hpp>

#include <sys/types.h>
#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace gaggle::worker {

/// What a program finds as its descriptor 4: the timer that probes read (marks.hpp), or this program's own file, so that
/// it can be run where a container does not show it, whatever of the node is visible there.
enum class Shown { timer, worker };
inline constexpr const char* worker_itself = "/proc/self/fd/4";
/// Close-on-exec. Throws Error.
[[nodiscard]] Descriptor open_shown(Shown shown);

/// A program to start: everything resolved before the fork, so that nothing is left to do between the gate and exec.
struct Program {
    std::string executable;                ///< a path
    std::vector<std::string> arguments;    ///< argv without [0], which is the executable
    std::vector<std::string> environment;  ///< "NAME=value"
    std::string directory;                 ///< where it starts
    Shown shown = Shown::timer;
};

/// The descriptors a gated child gets. Not owned.
struct ChildFiles {
    int marks = -1;  ///< becomes `Gate::marks_descriptor`
    int error = -1;  ///< becomes its standard error; standard input and output are /dev/null
    int shown = -1;  ///< becomes `Gate::timer_descriptor`
    int alive = -1;  ///< close-on-exec: whoever reads its other end sees the end of file when exec succeeds
};

/// What a child wrote of itself; CLOCK_MONOTONIC in ns, 0: not reached.
struct ChildTimes {
    std::int64_t ready_ns = 0;  ///< at the gate
    std::int64_t start_ns = 0;  ///< the last clock reading before exec
    int exec_errno = 0;         ///< exec failed
};

/// Forks children that wait, then all start at one instant. A child replaces itself by `gaggle-worker gate` before it
/// waits, so that the exec that is measured takes down a few pages and not a copy of the worker. Children and parent
/// share one page that is mapped and touched beforehand: between the instant and exec a child makes no allocation, no page
/// fault of ours and four system calls (timer slack and CPUs back, clock, exec). It waits on one CPU, the children dealt
/// out over all that there are, wakes there just before the instant and sleeps again; and may run on any CPU when it
/// execs.
class Gate {
public:
    static constexpr int marks_descriptor = 3;
    static constexpr int timer_descriptor = 4;
    static constexpr int page_descriptor = 5;   ///< in a waiting child
    static constexpr int alive_descriptor = 6;  ///< in a waiting child

    explicit Gate(unsigned children);
    ~Gate();
    Gate(const Gate&) = delete;
    Gate& operator=(const Gate&) = delete;

    /// Forks child number `index` in a process group of its own; it dies with this thread. Boost.Process does the fork.
    /// Returns its pid, which the caller reaps. Throws Error(Usage) if fork fails.
    pid_t fork_child(const boost::asio::any_io_executor& executor, unsigned index, const Program& program,
                     const ChildFiles& files);

    /// Waits until all forked children are at the gate; false at the deadline.
    [[nodiscard]] bool wait_until_ready(unsigned children, std::chrono::steady_clock::time_point deadline) const;

    /// Lets every child start at `at_ns` (CLOCK_MONOTONIC).
    void release(std::int64_t at_ns);

    [[nodiscard]] ChildTimes times(unsigned index) const;

private:
    unsigned children_;
    Descriptor file_;  ///< the page, for the children to map
    struct GatePage* page_;
};

/// `gaggle-worker gate CHILDREN INDEX EXECUTABLE ARGUMENTS...`: child number INDEX of a Gate for CHILDREN. Waits, then
/// becomes EXECUTABLE; returns an exit status if it cannot.
int wait_at_gate(int argc, char** argv);

}  // namespace gaggle::worker
