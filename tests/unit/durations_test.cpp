#include "orchestrator/experiment/durations.hpp"

#include "tests/catch.hpp"

#include <chrono>
#include <string_view>

using namespace gaggle;

TEST_CASE("durations")
{
    using experiment::parse_duration;
    using std::chrono::milliseconds;
    CHECK(parse_duration("90s") == milliseconds{90'000});
    CHECK(parse_duration("10m") == milliseconds{600'000});
    CHECK(parse_duration("1h30m") == milliseconds{5'400'000});
    CHECK(parse_duration("1h0m1s5ms") == milliseconds{3'601'005});
    CHECK(parse_duration("720h") == std::chrono::days{30});
    for (const char* bad : {"", "0s", "10", "m", "m10", "1m1h", "1m1m", "1.5h", "-1s", "1 s", "1S", "721h", "1d",
                            "99999999999999999999s", "1000000000h", "10sx"}) {
        INFO(bad);
        CHECK_FALSE(parse_duration(bad).has_value());
    }
}

TEST_CASE("time limits of sbatch")
{
    using experiment::parse_time_limit;
    using std::chrono::minutes;
    const auto limit = [](std::string_view text) { return parse_time_limit(text).value().minutes; };
    CHECK(limit("30") == minutes{30});
    CHECK(limit("30:00") == minutes{30});
    CHECK(limit("0:30") == minutes{1});
    CHECK(limit("00:20:00") == minutes{20});
    CHECK(limit("1:00:01") == minutes{61});
    CHECK(limit("1-12") == minutes{36 * 60});
    CHECK(limit("2-0:30") == minutes{2 * 24 * 60 + 30});
    CHECK(limit("1-00:00:01") == minutes{24 * 60 + 1});
    for (const char* unlimited : {"UNLIMITED", "infinite", "-1", "0", "0-0"}) {
        INFO(unlimited);
        REQUIRE(parse_time_limit(unlimited).has_value());
        CHECK_FALSE(parse_time_limit(unlimited)->minutes.has_value());
    }
    for (const char* bad :
         {"", ":", "1:", ":1", "1:2:3:4", "1-", "-", "1-2-3", "-1-2", "20min", " 20", "1.5", "99999999999"}) {
        INFO(bad);
        CHECK_FALSE(parse_time_limit(bad).has_value());
    }
}
