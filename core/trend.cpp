#include "core/statistics.hpp"

#include <boost/math/distributions/normal.hpp>

#include <algorithm>
#include <cmath>
#include <iterator>

namespace gaggle::statistics {

namespace {

constexpr std::size_t most_for_exact = 33;  // as scipy.stats.kendalltau

/// Groups of equal values, as Kendall's and Sen's variances count them.
struct Ties {
    double pairs = 0;     ///< Σ t(t − 1) / 2
    double triples = 0;   ///< Σ t(t − 1)(t − 2)
    double variance = 0;  ///< Σ t(t − 1)(2t + 5)
};

Ties ties_of(std::vector<double> values)
{
    std::ranges::sort(values);
    Ties ties;
    for (auto first = values.begin(); first != values.end();) {
        const auto last = std::find_if(first, values.end(), [&](double value) { return value != *first; });
        const auto t = static_cast<double>(last - first);
        ties.pairs += t * (t - 1) / 2;
        ties.triples += t * (t - 1) * (t - 2);
        ties.variance += t * (t - 1) * (2 * t + 5);
        first = last;
    }
    return ties;
}

/// The probability that a random permutation of n has at most `inversions`, which are at most half of the possible.
/// Inversions of one more element are uniform over 0 … its place: Knuth, The Art of Computer Programming 3, 5.1.1.
double at_most_inversions(std::size_t n, std::size_t inversions)
{
    std::vector<double> probability(inversions + 1, 0);
    probability[0] = 1;
    for (std::size_t element = 2; element <= n; ++element) {
        std::vector<double> next(probability.size(), 0);
        for (std::size_t k = 0; k < next.size(); ++k) {
            for (std::size_t added = 0; added < element && added <= k; ++added) {
                next[k] += probability[k - added] / static_cast<double>(element);
            }
        }
        probability = std::move(next);
    }
    double sum = 0;
    for (const double one : probability) {
        sum += one;
    }
    return sum;
}

double p_of(std::size_t n, double concordant, double discordant, const Ties& x, const Ties& y)
{
    if (x.pairs == 0 && y.pairs == 0 && n <= most_for_exact) {
        const auto fewer = static_cast<std::size_t>(std::min(concordant, discordant));
        return std::min(1.0, 2 * at_most_inversions(n, fewer));
    }
    const auto points = static_cast<double>(n);
    const double pairs = points * (points - 1);
    double variance = (pairs * (2 * points + 5) - x.variance - y.variance) / 18 + 2 * x.pairs * y.pairs / pairs;
    if (n > 2) {
        variance += x.triples * y.triples / (9 * pairs * (points - 2));
    }
    const double z = std::abs(concordant - discordant) / std::sqrt(variance);
    return std::min(1.0, 2 * boost::math::cdf(boost::math::complement(boost::math::normal{}, z)));
}

/// Slopes by rank about the middle one, as many as their number's standard deviation under no trend allows.
Interval interval_of(const std::vector<double>& slopes, std::size_t n, const Ties& x, const Ties& y)
{
    const auto points = static_cast<double>(n);
    const auto count = static_cast<double>(slopes.size());
    const double sigma = std::sqrt((points * (points - 1) * (2 * points + 5) - x.variance - y.variance) / 18);
    const double width = boost::math::quantile(boost::math::normal{}, (1 + confidence) / 2) * sigma;
    const double high = std::min(std::nearbyint((count + width) / 2), count - 1);
    const double low = std::max(std::nearbyint((count - width) / 2) - 1, 0.0);
    return {slopes[static_cast<std::size_t>(low)], slopes[static_cast<std::size_t>(high)]};
}

}  // namespace

std::optional<Trend> trend(std::vector<Pair> points)
{
    std::ranges::sort(points, [](const Pair& a, const Pair& b) { return a.x < b.x || (a.x == b.x && a.y < b.y); });
    std::vector<double> xs;
    std::vector<double> ys;
    std::ranges::transform(points, std::back_inserter(xs), &Pair::x);
    std::ranges::transform(points, std::back_inserter(ys), &Pair::y);
    const Ties x = ties_of(xs);
    const Ties y = ties_of(ys);
    const auto pairs = static_cast<double>(points.size()) * (static_cast<double>(points.size()) - 1) / 2;
    if (x.pairs >= pairs || y.pairs >= pairs) {
        return std::nullopt;
    }
    double concordant = 0;
    double discordant = 0;
    std::vector<double> slopes;
    for (std::size_t i = 0; i < points.size(); ++i) {
        for (std::size_t j = i + 1; j < points.size(); ++j) {
            if (points[i].x != points[j].x) {
                slopes.push_back((points[j].y - points[i].y) / (points[j].x - points[i].x));
                concordant += slopes.back() > 0 ? 1 : 0;
                discordant += slopes.back() < 0 ? 1 : 0;
            }
        }
    }
    std::ranges::sort(slopes);
    Trend found;
    found.slope = quantile(slopes, 0.5);
    found.tau = (concordant - discordant) / std::sqrt((pairs - x.pairs) * (pairs - y.pairs));
    found.p = p_of(points.size(), concordant, discordant, x, y);
    if (points.size() >= least_for_interval) {
        found.interval = interval_of(slopes, points.size(), x, y);
    }
    return found;
}

}  // namespace gaggle::statistics
