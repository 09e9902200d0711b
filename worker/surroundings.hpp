#pragma once

#include "core/array_spec.hpp"
#include "core/record.hpp"
#include "worker/counters.hpp"
#include "worker/probe.hpp"
#include "worker/provenance.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>

#include <chrono>
#include <string>
#include <vector>

/// What is known beside the interpreters themselves, as lines of the record file. Nothing of it is done between their
/// release and their last exit.
namespace gaggle::worker {

/// The most that an inspection takes.
inline constexpr std::chrono::seconds inspection_time{20};
/// And of a list of its files, all of which are read.
inline constexpr std::chrono::seconds listing_time{600};

[[nodiscard]] std::string facts_line(unsigned node, record::Subject subject, const std::vector<Fact>& facts);

/// One `counters` line, and a `counter` line for each change.
[[nodiscard]] std::string counter_lines(unsigned node, const CounterChanges& changes);

/// Facts of what the environment names: "interpreter", and with an image "image" and "mount". The mount point is
/// written "{mount}", as it is another for each node and attempt. Looks at the files, so it warms what it names.
[[nodiscard]] std::vector<Fact> environment_facts(const EnvironmentSpec& environment, const Place& place);

/// Asks the environment's interpreter what it is, for at most `inspection_time`. "" for a language that cannot be
/// asked. Its facts include those of the folder that it calls its prefix, and on wish its files follow, found within
/// `listing_time`. Whatever goes wrong is in the lines.
enum class Listing { unwanted, wanted };
[[nodiscard]] boost::asio::awaitable<std::string> inspection_lines(boost::asio::any_io_executor executor, unsigned node,
                                                                   EnvironmentSpec environment, Place place,
                                                                   Listing listing);

/// Runs one interpreter with its imports and counts its system calls, then, in python, another one for what its imports
/// take; each for at most `timeout`, and the time that it takes to kill it. Whatever goes wrong is in the lines.
[[nodiscard]] boost::asio::awaitable<std::string> trace_lines(boost::asio::any_io_executor executor, unsigned node,
                                                              EnvironmentSpec environment, Place place,
                                                              std::chrono::milliseconds timeout);

}  // namespace gaggle::worker
