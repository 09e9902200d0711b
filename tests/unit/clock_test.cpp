#include "core/clock.hpp"

#include "tests/catch.hpp"

#include <random>
#include <vector>

using gaggle::clocks::estimate_offset;
using gaggle::clocks::RoundTrip;

TEST_CASE("the shortest round trip gives the offset")
{
    // The node's clock is 1,000 ahead; the second trip is quickest, and even.
    const std::vector<RoundTrip> trips{{0, 1900, 1000}, {2000, 3050, 2100}, {5000, 6010, 5500}};
    const auto offset = estimate_offset(trips);
    CHECK(offset.offset_ns == 1000);
    CHECK(offset.uncertainty_ns == 50);
    CHECK(estimate_offset({}).uncertainty_ns == 0);
}

TEST_CASE("the true offset lies within the stated uncertainty, however lopsided the delays")
{
    std::mt19937_64 random{20170308};
    std::uniform_int_distribution<std::int64_t> delay{0, 1'000'000};
    std::uniform_int_distribution<std::int64_t> any_offset{-1'000'000'000'000, 1'000'000'000'000};
    for (int trial = 0; trial < 1000; ++trial) {
        const std::int64_t truth = any_offset(random);
        std::vector<RoundTrip> trips;
        std::int64_t now = 5'000'000'000;
        for (int i = 0; i < 12; ++i) {
            const std::int64_t there = delay(random);
            const std::int64_t back = delay(random);
            trips.push_back({now, now + there + truth, now + there + back});
            now += there + back + 1000;
        }
        const auto offset = estimate_offset(trips);
        REQUIRE(std::abs(offset.offset_ns - truth) <= offset.uncertainty_ns);
    }
}
