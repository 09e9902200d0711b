#include "core/statistics.hpp"

#include <algorithm>
#include <array>
#include <cassert>
#include <cmath>
#include <set>

namespace gaggle::statistics {

namespace {

constexpr double span_of_points = 0.75;

/// The distance to the farthest of the points that count at `x`.
double bandwidth(std::span<const Pair> points, double x)
{
    std::vector<double> distances(points.size());
    std::ranges::transform(points, distances.begin(), [x](const Pair& point) { return std::abs(point.x - x); });
    const auto counted = static_cast<std::size_t>(static_cast<double>(points.size()) * span_of_points);
    const auto last = distances.begin() + static_cast<std::ptrdiff_t>(std::max<std::size_t>(counted, 1) - 1);
    std::ranges::nth_element(distances, last);
    return *last;
}

/// What the weighted points make of the polynomials 1, d, d², … at distance d from `x`, by Gram and Schmidt: the value
/// at d = 0. A polynomial that the points cannot tell from those before it is left out.
double fitted(std::span<const Pair> points, std::span<const double> weights, double x)
{
    std::array<std::vector<double>, 3> basis;  // of each polynomial, its value at each point
    std::array<double, 3> at_x{1, 0, 0};
    std::vector<double> rest(points.size());
    std::ranges::transform(points, rest.begin(), &Pair::y);
    double value = 0;
    const auto dot = [&](const std::vector<double>& a, const std::vector<double>& b) {
        double sum = 0;
        for (std::size_t i = 0; i < points.size(); ++i) {
            sum += weights[i] * a[i] * b[i];
        }
        return sum;
    };
    for (std::size_t degree = 0; degree < basis.size(); ++degree) {
        std::vector<double>& own = basis.at(degree);
        own.resize(points.size());
        for (std::size_t i = 0; i < points.size(); ++i) {
            own[i] = std::pow(points[i].x - x, static_cast<double>(degree));
        }
        const double whole = dot(own, own);
        for (std::size_t before = 0; before < degree; ++before) {
            const double norm = dot(basis.at(before), basis.at(before));
            const double share = norm > 0 ? dot(own, basis.at(before)) / norm : 0;
            for (std::size_t i = 0; i < points.size(); ++i) {
                own[i] -= share * basis.at(before)[i];
            }
            at_x.at(degree) -= share * at_x.at(before);
        }
        const double norm = dot(own, own);
        if (norm <= 1e-10 * whole || norm == 0) {
            std::ranges::fill(own, 0);
            continue;
        }
        const double share = dot(rest, own) / norm;
        for (std::size_t i = 0; i < points.size(); ++i) {
            rest[i] -= share * own[i];
        }
        value += share * at_x.at(degree);
    }
    return value;
}

}  // namespace

std::vector<Pair> smooth(std::span<const Pair> points, std::size_t places)
{
    assert(places >= 2);
    std::vector<Pair> logs(points.begin(), points.end());
    std::set<double> sizes;
    for (Pair& point : logs) {
        point = {std::log(point.x), std::log(point.y)};
        sizes.insert(point.x);
    }
    if (sizes.size() < least_sizes_for_smooth) {
        return {};
    }
    std::ranges::sort(logs, [](const Pair& a, const Pair& b) { return a.x < b.x || (a.x == b.x && a.y < b.y); });
    const double step = (logs.back().x - logs.front().x) / static_cast<double>(places - 1);
    std::vector<Pair> curve;
    std::vector<double> weights(logs.size());
    for (std::size_t place = 0; place < places; ++place) {
        const double x = logs.front().x + step * static_cast<double>(place);
        const double width = bandwidth(logs, x);
        std::ranges::transform(logs, weights.begin(), [&](const Pair& point) {
            const double distance = width > 0 ? std::abs(point.x - x) / width : (point.x == x ? 0.0 : 1.0);
            return distance >= 1 ? 0.0 : std::pow(1 - distance * distance * distance, 3);
        });
        curve.push_back({std::exp(x), std::exp(fitted(logs, weights, x))});
    }
    return curve;
}

}  // namespace gaggle::statistics
