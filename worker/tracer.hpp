#pragma once

#include "worker/trace.hpp"

namespace gaggle::worker {

/// Runs and traces `program` (trace.hpp) and blocks until it has ended. Only for a process that does nothing else: it
/// waits for any child, takes SIGALRM and the interval timer, and its other open files go to no one. Throws Error when
/// it cannot make what it needs to start the program.
[[nodiscard]] Trace trace_in_this_process(const Program& program, std::chrono::milliseconds timeout);

}  // namespace gaggle::worker
