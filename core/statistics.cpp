#include "core/statistics.hpp"

#include "core/random.hpp"

#include <boost/math/distributions/students_t.hpp>
#include <boost/math/special_functions/beta.hpp>

#include <algorithm>
#include <cassert>
#include <cmath>
#include <cstdint>
#include <iterator>
#include <limits>
#include <numeric>
#include <set>

namespace gaggle::statistics {

namespace {

constexpr std::uint64_t seed = 20170308;  // any will do, as long as it stays

/// Infinite where the next greater value is: there is no going half-way to it.
double sorted_quantile(std::span<const double> sorted, double probability)
{
    const double place = static_cast<double>(sorted.size() - 1) * probability;
    const auto below = static_cast<std::size_t>(place);
    const std::size_t above = std::min(below + 1, sorted.size() - 1);
    if (std::isinf(sorted[above])) {
        return sorted[above];
    }
    return sorted[below] + (place - static_cast<double>(below)) * (sorted[above] - sorted[below]);
}

/// The median of a resample, given as the places of its values among the sorted ones.
double median_at(std::vector<std::size_t>& places, std::span<const double> sorted)
{
    const auto middle = places.begin() + static_cast<std::ptrdiff_t>(places.size() / 2);
    std::ranges::nth_element(places, middle);
    const double upper = sorted[*middle];
    return places.size() % 2 == 1 ? upper : (sorted[*std::max_element(places.begin(), middle)] + upper) / 2;
}

/// The percentile bootstrap of `statistic`, which is told the places of a resample among `count` values that have an
/// order of their own.
template <class Statistic>
std::optional<Interval> bootstrap(std::size_t count, Statistic statistic)
{
    if (count < least_for_interval) {
        return std::nullopt;
    }
    Generator generator{seed};
    std::vector<std::size_t> places(count);
    std::vector<double> found(resamples);
    for (double& one : found) {
        std::ranges::generate(places, [&] { return draw(generator, count); });
        one = statistic(places);
    }
    std::ranges::sort(found);
    return Interval{sorted_quantile(found, (1 - confidence) / 2), sorted_quantile(found, (1 + confidence) / 2)};
}

/// A value that the median of a resample may have, and how often it has it: the share of all resamples.
struct Atom {
    double value = 0;
    double share = 0;
};

/// Of an odd number of values: the middle one of a resample is at most the value at a place if most draws are.
std::vector<Atom> atoms_of_odd(std::span<const double> sorted)
{
    std::vector<Atom> atoms;
    const auto count = static_cast<double>(sorted.size());
    const double middle = (count + 1) / 2;
    double before = 0;
    for (std::size_t place = 0; place < sorted.size(); ++place) {
        const double at_most = boost::math::ibeta(middle, middle, static_cast<double>(place + 1) / count);
        atoms.push_back({sorted[place], at_most - before});
        before = at_most;
    }
    return atoms;
}

/// Of an even number, 2m: of the two in the middle the lower is at most at place i and the upper beyond place j ≥ i if
/// exactly m draws are at most at i and the others beyond j; the shares of all (i, j) are differences of these.
std::vector<Atom> atoms_of_even(std::span<const double> sorted)
{
    constexpr double negligible = 1e-18;  // all pairs of places that are left out for it do not add up to anything
    const auto count = static_cast<double>(sorted.size());
    const double half = count / 2;
    const double ways = std::lgamma(count + 1) - 2 * std::lgamma(half + 1);
    std::vector<Atom> atoms;
    double before = 0;
    for (std::size_t lower = 0; lower < sorted.size(); ++lower) {
        const auto i = static_cast<double>(lower);
        const double at_most = boost::math::ibeta(half, half + 1, (i + 1) / count);
        double both = at_most - before;  // in the end: that the two are at the same place
        before = at_most;
        const double only_at_i = 1 - std::pow(i / (i + 1), half);
        for (std::size_t upper = lower + 1; upper < sorted.size(); ++upper) {
            const auto j = static_cast<double>(upper);
            const double share = std::exp(ways + half * std::log((i + 1) / count * ((count - j) / count))) * only_at_i *
                                 (1 - std::pow((count - 1 - j) / (count - j), half));
            if (share < negligible) {
                break;
            }
            atoms.push_back({(sorted[lower] + sorted[upper]) / 2, share});
            both -= share;
        }
        atoms.push_back({sorted[lower], std::max(both, 0.0)});
    }
    return atoms;
}

/// Sums over the logarithms, about their means.
struct Moments {
    double mean_x = 0;
    double mean_y = 0;
    double xx = 0;
    double xy = 0;
    double yy = 0;
};

Moments moments_of(std::span<const Pair> points)
{
    Moments sums;
    for (const Pair& point : points) {
        sums.mean_x += point.x / static_cast<double>(points.size());
        sums.mean_y += point.y / static_cast<double>(points.size());
    }
    for (const Pair& point : points) {
        const double x = point.x - sums.mean_x;
        const double y = point.y - sums.mean_y;
        sums.xx += x * x;
        sums.xy += x * y;
        sums.yy += y * y;
    }
    return sums;
}

std::size_t different_x(std::span<const Pair> points)
{
    std::set<double> sizes;
    std::ranges::transform(points, std::inserter(sizes, sizes.end()), &Pair::x);
    return sizes.size();
}

double residual_sum_of_squares(std::span<const Pair> points, const Moments& sums, double slope)
{
    double sum = 0;
    for (const Pair& point : points) {
        const double residual = point.y - sums.mean_y - slope * (point.x - sums.mean_x);
        sum += residual * residual;
    }
    return sum;
}

}  // namespace

double quantile(std::vector<double> values, double probability)
{
    assert(!values.empty() && probability >= 0 && probability <= 1);
    const auto below = static_cast<std::ptrdiff_t>(static_cast<double>(values.size() - 1) * probability);
    const auto place = values.begin() + below;
    std::ranges::nth_element(values, place);
    if (place + 1 != values.end()) {
        std::iter_swap(place + 1, std::min_element(place + 1, values.end()));
    }
    // Only these two places are looked at, and they hold what they would if all were sorted.
    return sorted_quantile(values, probability);
}

double median(std::vector<double> values)
{
    return quantile(std::move(values), 0.5);
}

double median_absolute_deviation(std::vector<double> values)
{
    const double center = median(values);
    std::ranges::transform(values, values.begin(), [center](double value) { return std::abs(value - center); });
    return median(std::move(values));
}

std::optional<double> modified_z_score(double value, double median, double median_absolute_deviation)
{
    if (median_absolute_deviation == 0) {
        return std::nullopt;
    }
    return 0.6745 * (value - median) / median_absolute_deviation;
}

std::optional<Interval> median_interval(std::vector<double> values)
{
    if (values.size() < least_for_interval) {
        return std::nullopt;
    }
    std::ranges::sort(values);
    std::vector<Atom> atoms = values.size() % 2 == 1 ? atoms_of_odd(values) : atoms_of_even(values);
    std::ranges::sort(atoms, {}, &Atom::value);
    const auto least_with = [&atoms](double share) {
        double sum = 0;
        const auto found = std::ranges::find_if(atoms, [&](const Atom& atom) { return (sum += atom.share) >= share; });
        return found == atoms.end() ? atoms.back().value : found->value;
    };
    return Interval{least_with((1 - confidence) / 2), least_with((1 + confidence) / 2)};
}

Ratio paired_ratio(std::span<const Pair> pairs)
{
    std::vector<double> logs;
    std::ranges::transform(pairs, std::back_inserter(logs), [](const Pair& pair) { return std::log(pair.x / pair.y); });
    Ratio ratio{std::exp(median(logs)), median_interval(logs)};
    if (ratio.interval) {
        ratio.interval = {std::exp(ratio.interval->low), std::exp(ratio.interval->high)};
    }
    return ratio;
}

Ratio ratio_of_medians(std::vector<double> x, std::vector<double> y)
{
    std::ranges::sort(x);
    std::ranges::sort(y);
    Ratio ratio{sorted_quantile(x, 0.5) / sorted_quantile(y, 0.5), std::nullopt};
    if (std::min(x.size(), y.size()) < least_for_interval) {
        return ratio;
    }
    Generator generator{seed};
    const auto drawn = [&generator](const std::vector<double>& sorted, std::vector<std::size_t>& places) {
        std::ranges::generate(places, [&] { return draw(generator, sorted.size()); });
        return median_at(places, sorted);
    };
    std::vector<std::size_t> places_x(x.size());
    std::vector<std::size_t> places_y(y.size());
    std::vector<double> ratios(resamples);
    for (double& one : ratios) {
        const double above = drawn(x, places_x);
        one = above / drawn(y, places_y);
    }
    std::ranges::sort(ratios);
    ratio.interval = {sorted_quantile(ratios, (1 - confidence) / 2), sorted_quantile(ratios, (1 + confidence) / 2)};
    return ratio;
}

BreakEven break_even(std::vector<Pair> pairs)
{
    std::ranges::sort(pairs, [](const Pair& a, const Pair& b) { return a.x < b.x || (a.x == b.x && a.y < b.y); });
    std::vector<double> costs(pairs.size());
    std::vector<double> savings(pairs.size());
    const auto uses_at = [&](const std::vector<std::size_t>& places) {
        std::ranges::transform(places, costs.begin(), [&](std::size_t place) { return pairs[place].x; });
        std::ranges::transform(places, savings.begin(), [&](std::size_t place) { return pairs[place].y; });
        const double saving = median(savings);
        return saving > 0 ? median(costs) / saving : std::numeric_limits<double>::infinity();
    };
    std::vector<std::size_t> all(pairs.size());
    std::iota(all.begin(), all.end(), std::size_t{0});
    return {uses_at(all), bootstrap(pairs.size(), uses_at)};
}

std::optional<PowerLaw> fit_power_law(std::span<const Pair> pairs)
{
    std::vector<Pair> points;
    std::ranges::transform(pairs, std::back_inserter(points), [](const Pair& pair) {
        return Pair{std::log(pair.x), std::log(pair.y)};
    });
    std::ranges::sort(points, [](const Pair& a, const Pair& b) { return a.x < b.x || (a.x == b.x && a.y < b.y); });
    const std::size_t sizes = different_x(points);
    if (sizes < 2) {
        return std::nullopt;
    }
    const Moments sums = moments_of(points);
    PowerLaw law;
    law.exponent = sums.xy / sums.xx;
    law.factor = std::exp(sums.mean_y - law.exponent * sums.mean_x);
    law.r_squared = sums.yy == 0 ? 1 : sums.xy * sums.xy / (sums.xx * sums.yy);
    if (points.size() >= least_for_interval && sizes >= 3) {
        const auto freedom = static_cast<double>(points.size() - 2);
        const double residual = std::sqrt(residual_sum_of_squares(points, sums, law.exponent) / freedom);
        const double t = boost::math::quantile(boost::math::students_t{freedom}, (1 + confidence) / 2);
        const double width = t * residual / std::sqrt(sums.xx);
        law.exponent_interval = {law.exponent - width, law.exponent + width};
        law.scatter = {t, residual, static_cast<double>(points.size()), sums.mean_x, sums.xx};
    }
    return law;
}

std::optional<Interval> prediction_interval(const PowerLaw& law, double x)
{
    if (!law.scatter) {
        return std::nullopt;
    }
    const Scatter& scatter = *law.scatter;
    const double from_mean = std::log(x) - scatter.mean_x;
    const double width =
        scatter.t * scatter.residual * std::sqrt(1 + 1 / scatter.points + from_mean * from_mean / scatter.sum_xx);
    const double y = law.factor * std::pow(x, law.exponent);
    return Interval{y * std::exp(-width), y * std::exp(width)};
}

}  // namespace gaggle::statistics
