#pragma once

#include "core/record.hpp"

#include <cstdint>
#include <span>

namespace gaggle::clocks {

/// This machine's CLOCK_MONOTONIC and CLOCK_REALTIME, nanoseconds.
[[nodiscard]] std::int64_t monotonic_ns();
[[nodiscard]] std::int64_t realtime_ns();

/// One question and answer: the coordinator's clock at sending and at receiving, the node's in between.
struct RoundTrip {
    std::int64_t sent_ns = 0;
    std::int64_t node_ns = 0;
    std::int64_t received_ns = 0;
};

/// The offset from the shortest round trip, as NTP's clock filter does (RFC 5905, section 10): the answer was
/// given somewhere between sending and receiving, so the middle is wrong by at most half the round trip.
/// An empty `trips` gives {0, 0}: not measured.
[[nodiscard]] record::ClockOffset estimate_offset(std::span<const RoundTrip> trips);

}  // namespace gaggle::clocks
