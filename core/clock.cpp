#include "core/clock.hpp"

#include <algorithm>
#include <ctime>

namespace gaggle::clocks {

namespace {

std::int64_t read_ns(clockid_t clock)
{
    timespec now{};
    clock_gettime(clock, &now);
    return std::int64_t{now.tv_sec} * 1'000'000'000 + now.tv_nsec;
}

std::int64_t duration(const RoundTrip& trip)
{
    return trip.received_ns - trip.sent_ns;
}

}  // namespace

std::int64_t monotonic_ns()
{
    return read_ns(CLOCK_MONOTONIC);
}

std::int64_t realtime_ns()
{
    return read_ns(CLOCK_REALTIME);
}

record::ClockOffset estimate_offset(std::span<const RoundTrip> trips)
{
    if (trips.empty()) {
        return {};
    }
    const RoundTrip best = *std::ranges::min_element(trips, {}, duration);
    return {.offset_ns = best.node_ns - (best.sent_ns + duration(best) / 2),
            .uncertainty_ns = (duration(best) + 1) / 2};
}

}  // namespace gaggle::clocks
