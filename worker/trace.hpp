#pragma once

#include "core/trace.hpp"
#include "worker/gate.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>

#include <chrono>

namespace gaggle::worker {

using record::CallCount;
using record::CallKind;
using record::DirectoryLookups;
using record::Trace;

/// Runs `program` once and counts its system calls; returns when it and all its descendants have ended. Those that
/// still run after `timeout` are killed, and `trouble` says so. Standard input, output and the marks' descriptor are
/// /dev/null. Set-user-ID programs get no privilege while they are traced. Never throws for what the program does, or
/// for a system that forbids tracing (Yama, a container): that is `trouble`. Throws Error if it cannot fork.
///
/// A seccomp filter stops the program at the counted calls only, so that the others cost nothing. The tracer is a
/// process of its own, forked for this, and not a thread of the worker: what is traced becomes a child of whom traces
/// it, each stop raises SIGCHLD there, and a tracer must wait for children that it has not heard of yet, which in the
/// worker would take the exits of mounts and interpreters. It blocks without holding up the worker; when it dies, for
/// whatever reason, the kernel kills what it traced, and it dies with the worker.
[[nodiscard]] boost::asio::awaitable<Trace> trace_program(boost::asio::any_io_executor executor, Program program,
                                                          std::chrono::milliseconds timeout);

}  // namespace gaggle::worker
