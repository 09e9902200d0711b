#include "orchestrator/store/sorted_runs.hpp"

#include "core/random.hpp"
#include "core/statistics.hpp"
#include "tests/catch.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <optional>
#include <vector>

namespace gaggle::tests {

namespace {

using Numbers = std::vector<std::int64_t>;

/// What core/statistics says, going through all.
std::optional<std::size_t> outliers_of(const std::vector<double>& values)
{
    const double median = statistics::median(values);
    const double deviation = statistics::median_absolute_deviation(values);
    if (deviation == 0) {
        return std::nullopt;
    }
    return static_cast<std::size_t>(std::ranges::count_if(values, [&](double value) {
        return std::abs(*statistics::modified_z_score(value, median, deviation)) > statistics::outlying;
    }));
}

void check(const std::vector<Numbers>& runs)
{
    store::SortedRuns sorted;
    std::vector<double> values;
    for (Numbers run : runs) {
        std::ranges::sort(run);
        sorted.numbers().insert(sorted.numbers().end(), run.begin(), run.end());
        sorted.end_run();
        values.insert(values.end(), run.begin(), run.end());
    }
    for (const double probability : {0.0, 0.01, 0.25, 0.5, 0.75, 0.99, 1.0}) {
        CAPTURE(probability);
        CHECK(sorted.quantile(probability) == statistics::quantile(values, probability));
    }
    CHECK(sorted.outliers() == outliers_of(values));
}

}  // namespace

TEST_CASE("what is searched for in sorted runs is what going through all numbers finds")
{
    Generator generator{11};
    // Few different numbers or many, about 0 or far from it, in runs of one length or of many: even and odd in all.
    const std::size_t different = GENERATE(2, 3, 100, 1'000'000'000);
    const std::int64_t from = GENERATE(-50, 4'000'000'000);
    const std::size_t count = GENERATE(1, 2, 5, 8);
    const bool equally_long = GENERATE(true, false);
    std::vector<Numbers> runs(count);
    for (Numbers& run : runs) {
        run.resize(equally_long ? 64 : 33 + draw(generator, 200));
        std::ranges::generate(run, [&] { return from + static_cast<std::int64_t>(draw(generator, different)); });
    }
    check(runs);
    runs.front().front() = from + 100'000'000'000;  // flagged, but where most numbers are the same
    check(runs);
    runs.emplace_back();
    check(runs);
}

TEST_CASE("runs that are too short or numbers that are too great to be searched are gone through")
{
    constexpr auto least = std::numeric_limits<std::int64_t>::min();
    constexpr auto most = std::numeric_limits<std::int64_t>::max();
    check({{7}});
    check({{7}, {3}, {7}, {4}, {100}});
    check({Numbers(100, 5)});
    Numbers wide(100, 0);
    wide.front() = least;
    wide.back() = most;
    check({wide});
}

}  // namespace gaggle::tests
