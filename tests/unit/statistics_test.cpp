#include "core/statistics.hpp"

#include "tests/catch.hpp"
#include "tests/support/process.hpp"
#include "tests/support/temporary.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <filesystem>
#include <map>
#include <numeric>
#include <sstream>
#include <string>
#include <vector>

namespace gaggle::tests {

namespace {

namespace statistics = gaggle::statistics;
using statistics::Pair;
using Numbers = std::vector<double>;
using Block = std::map<std::string, Numbers>;

/// What tests/support/statistics_reference.py computed, block by block.
std::vector<Block> reference(int seed)
{
    const Finished python = run({GAGGLE_SCIPY_PYTHON, GAGGLE_STATISTICS_REFERENCE, std::to_string(seed)});
    INFO(python.err);
    REQUIRE(python.status == 0);
    std::vector<Block> blocks(1);
    std::istringstream lines{python.out};
    for (std::string line; std::getline(lines, line);) {
        if (line.empty()) {
            blocks.emplace_back();
            continue;
        }
        std::istringstream words{line};
        std::string name;
        words >> name;
        for (std::string word; words >> word;) {
            blocks.back()[name].push_back(std::stod(word));
        }
    }
    blocks.pop_back();
    return blocks;
}

/// Equal to 1e-9, relative or absolute, or both infinite.
void check_close(double found, double expected)
{
    INFO(found << " against " << expected);
    CHECK((found == expected || std::abs(found - expected) <= 1e-9 * std::max(1.0, std::abs(expected))));
}

void check_close(const std::optional<statistics::Interval>& found, const Numbers& expected)
{
    REQUIRE(found);
    check_close(found->low, expected.at(0));
    check_close(found->high, expected.at(1));
}

std::vector<Pair> pairs(const Numbers& x, const Numbers& y)
{
    std::vector<Pair> all;
    for (std::size_t i = 0; i < x.size(); ++i) {
        all.push_back({x[i], y.at(i)});
    }
    return all;
}

void check_sample(const Block& block)
{
    const Numbers& values = block.at("values");
    const std::array probabilities{0.0, 0.05, 0.25, 0.5, 0.75, 0.95, 0.99, 1.0};
    for (std::size_t i = 0; i < probabilities.size(); ++i) {
        check_close(statistics::quantile(values, probabilities.at(i)), block.at("quantiles").at(i));
    }
    const double median = statistics::median(values);
    const double mad = statistics::median_absolute_deviation(values);
    check_close(median, block.at("median").front());
    check_close(mad, block.at("mad").front());
    for (std::size_t i = 0; i < values.size(); ++i) {
        check_close(statistics::modified_z_score(values[i], median, mad).value(), block.at("scores").at(i));
    }
    const auto interval = statistics::median_interval(values);
    check_close(interval, block.at("exact_interval"));
    // scipy's own bootstrap draws otherwise: its ends differ by a part of the standard error.
    CHECK(std::abs(interval->low - block.at("interval").at(0)) < 0.5 * block.at("deviation").front());
    CHECK(std::abs(interval->high - block.at("interval").at(1)) < 0.5 * block.at("deviation").front());
}

void check_ratio(const Block& block)
{
    const auto ratio = statistics::paired_ratio(pairs(block.at("ratio_x"), block.at("ratio_y")));
    check_close(ratio.value, block.at("ratio").front());
    check_close(ratio.interval, block.at("ratio_interval"));
    const auto first = [&](const std::string& name, std::size_t count) {
        const Numbers& all = block.at(name);
        return Numbers(all.begin(), all.begin() + static_cast<std::ptrdiff_t>(std::min(count, all.size())));
    };
    const auto unpaired = statistics::ratio_of_medians(first("ratio_x", 5), first("ratio_y", 8));
    check_close(unpaired.value, block.at("unpaired").front());
    check_close(unpaired.interval, block.at("unpaired_interval"));
}

void check_break_even(const Block& block)
{
    const auto found = statistics::break_even(pairs(block.at("cost"), block.at("saving")));
    check_close(found.uses, block.at("uses").front());
    check_close(found.interval, block.at("uses_interval"));
}

void check_power_law(const Block& block)
{
    const auto law = statistics::fit_power_law(pairs(block.at("size"), block.at("time")));
    REQUIRE(law);
    check_close(law->exponent, block.at("exponent").front());
    check_close(law->factor, block.at("factor").front());
    check_close(law->r_squared, block.at("r_squared").front());
    check_close(law->exponent_interval, block.at("exponent_interval"));
    check_close(statistics::prediction_interval(*law, 1000), block.at("predicted_at_1000"));
}

void check_trend(const Block& block)
{
    const auto trend = statistics::trend(pairs(block.at("trend_x"), block.at("trend_y")));
    REQUIRE(trend);
    check_close(trend->slope, block.at("slope").front());
    check_close(trend->interval, block.at("slope_interval"));
    check_close(trend->tau, block.at("tau").front());
    check_close(trend->p, block.at("p").front());
}

}  // namespace

TEST_CASE("statistics are scipy's")
{
    const int seed = GENERATE(1, 2);
    std::map<std::string, int> seen;
    for (const Block& block : reference(seed)) {
        for (const auto& [name, check] : std::map<std::string, void (*)(const Block&)>{{"values", check_sample},
                                                                                       {"ratio", check_ratio},
                                                                                       {"cost", check_break_even},
                                                                                       {"size", check_power_law},
                                                                                       {"trend_x", check_trend}}) {
            if (block.contains(name)) {
                ++seen[name];
                check(block);
            }
        }
    }
    CHECK(seen == std::map<std::string, int>{{"values", 6}, {"ratio", 5}, {"cost", 3}, {"size", 3}, {"trend_x", 10}});
}

TEST_CASE("the smooth curve is R's loess")
{
    const std::filesystem::path file = std::filesystem::path{GAGGLE_SOURCE} / "tests/data/published/overall_time.bcp";
    for (const std::string environment : {"py_conda", "py_container"}) {
        std::vector<Pair> points;
        std::istringstream lines{read_text(file)};
        for (std::string line; std::getline(lines, line);) {
            if (line.starts_with(environment + "|")) {
                std::ranges::replace(line, '|', ' ');
                std::istringstream fields{line.substr(environment.size())};
                double per_node = 0;
                double nodes = 0;
                Pair point;
                fields >> per_node >> nodes >> point.x >> point.y;
                points.push_back(point);
            }
        }
        const Finished reference =
            run({"Rscript", std::filesystem::path{GAGGLE_SOURCE} / "tests/support/loess_reference.R", file.string(),
                 environment});
        INFO(reference.err);
        REQUIRE(reference.status == 0);
        std::istringstream expected{reference.out};
        for (const Pair& found : statistics::smooth(points, 7)) {
            Pair pair;
            REQUIRE(expected >> pair.x >> pair.y);
            check_close(found.x, pair.x);
            check_close(found.y, pair.y);
        }
        CHECK((expected >> std::ws).eof());
    }
    CHECK(statistics::smooth(pairs({1, 2, 4, 8, 16, 16}, {1, 2, 3, 4, 5, 6}), 7).empty());
    for (const Pair& found : statistics::smooth(pairs({1, 2, 4, 8, 16, 32}, {3, 6, 12, 24, 48, 96}), 7)) {
        check_close(found.y, 3 * found.x);
    }
}

TEST_CASE("a median's interval is that of all resamples")
{
    const std::size_t count = GENERATE(5, 6);
    const Numbers values{1, 2, 4, 8, 16, 32};
    std::vector<double> medians;
    for (std::size_t number = 0; number < static_cast<std::size_t>(std::pow(count, count)); ++number) {
        Numbers resample;
        for (std::size_t left = number; resample.size() < count; left /= count) {
            resample.push_back(values.at(left % count));
        }
        medians.push_back(statistics::median(std::move(resample)));
    }
    std::ranges::sort(medians);
    const auto least_with = [&medians](double share) {
        return medians.at(static_cast<std::size_t>(std::ceil(share * static_cast<double>(medians.size()))) - 1);
    };
    CHECK(statistics::median_interval({values.begin(), values.begin() + static_cast<std::ptrdiff_t>(count)}) ==
          statistics::Interval{least_with(0.025), least_with(0.975)});
}

TEST_CASE("a median's interval over thousands of values is that of the normal distribution")
{
    const std::size_t count = GENERATE(4000, 4001);
    Numbers values(count);
    std::iota(values.begin(), values.end(), 0.0);
    const auto interval = statistics::median_interval(values);
    const double width = 1.96 * std::sqrt(static_cast<double>(count)) / 2;  // of a binomial's places
    CHECK(std::abs(interval->low - (static_cast<double>(count - 1) / 2 - width)) < 1);
    CHECK(std::abs(interval->high - (static_cast<double>(count - 1) / 2 + width)) < 1);
}

TEST_CASE("the order of the values does not matter")
{
    Numbers values{3, 1, 4, 1.5, 9, 2.6};
    const auto interval = statistics::median_interval(values);
    const std::vector<Pair> points{{1, 3}, {2, 1}, {2, 2}, {3, 4}, {5, 4}, {6, 9}};
    const auto law = statistics::fit_power_law(points);
    const auto trend = statistics::trend(points);
    const auto ratio = statistics::paired_ratio(points);
    std::ranges::reverse(values);
    std::vector<Pair> reversed = points;
    std::ranges::reverse(reversed);
    CHECK(statistics::median_interval(values) == interval);
    CHECK(statistics::fit_power_law(reversed)->exponent == law->exponent);
    CHECK(statistics::trend(reversed)->interval == trend->interval);
    CHECK(statistics::paired_ratio(reversed).interval == ratio.interval);
}

TEST_CASE("below five repetitions there is no interval")
{
    const Numbers four{1, 2, 3, 4};
    CHECK_FALSE(statistics::median_interval(four));
    CHECK_FALSE(statistics::median_interval({}));
    CHECK(statistics::median_interval({1, 2, 3, 4, 5}) == statistics::Interval{1, 5});
    CHECK_FALSE(statistics::paired_ratio(pairs(four, four)).interval);
    CHECK(statistics::paired_ratio(pairs(four, four)).value == 1);
    CHECK_FALSE(statistics::ratio_of_medians(four, {1, 2, 3, 4, 5}).interval);
    CHECK_FALSE(statistics::break_even(pairs(four, four)).interval);
    CHECK(statistics::break_even(pairs(four, four)).uses == 1);
    CHECK_FALSE(statistics::fit_power_law(pairs(four, four))->exponent_interval);
    CHECK_FALSE(statistics::trend(pairs(four, four))->interval);
}

TEST_CASE("a ratio turned round is its inverse")
{
    const Numbers x{3, 7, 5, 2, 8, 6};
    const Numbers y{1, 2, 4, 3, 1, 5};
    const auto ratio = statistics::paired_ratio(pairs(x, y));
    const auto inverse = statistics::paired_ratio(pairs(y, x));
    check_close(ratio.value * inverse.value, 1);
}

TEST_CASE("what cannot be said is not said")
{
    CHECK_FALSE(statistics::modified_z_score(7, 3, 0));
    CHECK_FALSE(statistics::fit_power_law({}));
    CHECK_FALSE(statistics::fit_power_law(pairs({4, 4, 4}, {1, 2, 3})));
    CHECK_FALSE(statistics::fit_power_law(pairs({4, 4, 4, 8, 8, 8}, {1, 2, 3, 2, 4, 6}))->exponent_interval);
    const auto flat = statistics::fit_power_law(pairs({1, 2, 4, 8, 16}, {3, 3, 3, 3, 3}));
    CHECK(flat->exponent == 0);
    CHECK(flat->r_squared == 1);
    CHECK_FALSE(statistics::trend({}));
    CHECK_FALSE(statistics::trend({{1, 1}}));
    CHECK_FALSE(statistics::trend(pairs({1, 2, 3}, {5, 5, 5})));
    CHECK_FALSE(statistics::trend(pairs({2, 2, 2}, {1, 5, 6})));
    CHECK(statistics::trend(pairs({1, 2}, {1, 5}))->p == 1);
}

TEST_CASE("a single value is its own quantiles")
{
    CHECK(statistics::quantile({2.5}, 0) == 2.5);
    CHECK(statistics::quantile({2.5}, 0.3) == 2.5);
    CHECK(statistics::quantile({2.5}, 1) == 2.5);
    CHECK(statistics::median_absolute_deviation({2.5}) == 0);
}

TEST_CASE("one wild repetition moves neither the median's interval nor the trend much, and is flagged")
{
    Numbers values{10, 10.1, 9.9, 10.2, 9.8, 10.05, 9.95, 10.15};
    values.push_back(1'000);
    CHECK(statistics::median_interval(values)->high < 11);
    const double median = statistics::median(values);
    const double mad = statistics::median_absolute_deviation(values);
    const auto flagged = std::ranges::count_if(values, [&](double value) {
        return std::abs(statistics::modified_z_score(value, median, mad).value()) > statistics::outlying;
    });
    CHECK(flagged == 1);
    Numbers order(values.size());
    for (std::size_t i = 0; i < order.size(); ++i) {
        order[i] = static_cast<double>(i);
    }
    CHECK(statistics::trend(pairs(order, values))->p > 0.05);
}

}  // namespace gaggle::tests
