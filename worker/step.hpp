#pragma once

#include "core/record.hpp"
#include "worker/probe.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>

#include <chrono>
#include <string>

/// What a node does once, before and after the interpreters, apart from what is measured: the user's own shell commands.
namespace gaggle::worker {

/// How a step went; `step.node` is left to the caller.
struct StepResult {
    record::Step step;
    std::string output;  ///< its standard output, all of it
};

/// Runs `command`, "{mount}" replaced, with `/bin/sh -c` at `place`; its process group is killed at `deadline`, or with the worker. Never
/// throws for what the command does: that is in the step.
boost::asio::awaitable<StepResult> run_step(boost::asio::any_io_executor executor, std::string name,
                                            std::string command, Place place,
                                            std::chrono::steady_clock::time_point deadline);

/// Runs `command` in a login shell of bash (site profiles define `module`) and captures the environment that it leaves,
/// in `variables`, unless the step failed.
struct Setup {
    record::Step step;
    Variables variables;
};
boost::asio::awaitable<Setup> capture_setup(boost::asio::any_io_executor executor, std::string command, Place place,
                                            std::chrono::steady_clock::time_point deadline);

}  // namespace gaggle::worker
