#include "orchestrator/store/sorted_runs.hpp"

#include "core/statistics.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <span>

namespace gaggle::store {

namespace {

/// Numbers of a run as they are, or their distances from a center on one side of it: in ascending order either way.
struct Ascending {
    const std::int64_t* first = nullptr;
    std::ptrdiff_t step = 1;
    std::size_t size = 0;
    std::int64_t scale = 1;
    std::int64_t offset = 0;

    [[nodiscard]] std::int64_t at(std::size_t index) const
    {
        return scale * first[step * static_cast<std::ptrdiff_t>(index)] + offset;
    }

    /// How many of the first `end` are at most `number`, as the first `begin` are.
    [[nodiscard]] std::size_t count_at_most(std::int64_t number, std::size_t begin, std::size_t end) const
    {
        while (begin < end) {
            const std::size_t middle = std::midpoint(begin, end);
            if (at(middle) <= number) {
                begin = middle + 1;
            } else {
                end = middle;
            }
        }
        return begin;
    }
};
using Parts = std::vector<Ascending>;

std::size_t count_of(const Parts& parts)
{
    return std::accumulate(parts.begin(), parts.end(), std::size_t{0},
                           [](std::size_t sum, const Ascending& part) { return sum + part.size; });
}

std::size_t count_at_most(const Parts& parts, std::int64_t number)
{
    return std::accumulate(
        parts.begin(), parts.end(), std::size_t{0},
        [number](std::size_t sum, const Ascending& part) { return sum + part.count_at_most(number, 0, part.size); });
}

/// What would be at `place` if all were sorted. Halves what is asked about, and of each part what can still be it.
std::int64_t number_at(const Parts& parts, std::size_t place)
{
    struct Left {
        const Ascending* part;
        std::size_t begin;
        std::size_t end;
        std::size_t middle;
    };
    std::vector<Left> left;
    std::int64_t least = std::numeric_limits<std::int64_t>::max();
    std::int64_t most = std::numeric_limits<std::int64_t>::min();
    for (const Ascending& part : parts) {
        if (part.size > 0) {
            left.push_back({&part, 0, part.size, 0});
            least = std::min(least, part.at(0));
            most = std::max(most, part.at(part.size - 1));
        }
    }
    while (least < most) {
        const std::int64_t middle = std::midpoint(least, most);
        std::size_t lower = 0;
        for (Left& one : left) {
            one.middle = one.part->count_at_most(middle, one.begin, one.end);
            lower += one.middle - one.begin;
        }
        const bool is_lower = place < lower;
        for (Left& one : left) {
            (is_lower ? one.end : one.begin) = one.middle;
        }
        if (is_lower) {
            most = middle;
        } else {
            least = middle + 1;
            place -= lower;
        }
        std::erase_if(left, [](const Left& one) { return one.begin == one.end; });
    }
    return least;
}

std::int64_t least_above(const Parts& parts, std::int64_t number)
{
    std::int64_t least = std::numeric_limits<std::int64_t>::max();
    for (const Ascending& part : parts) {
        if (const std::size_t above = part.count_at_most(number, 0, part.size); above < part.size) {
            least = std::min(least, part.at(above));
        }
    }
    return least;
}

double quantile_of(const Parts& parts, double probability)
{
    const std::size_t count = count_of(parts);
    const double place = static_cast<double>(count - 1) * probability;
    const auto below = static_cast<std::size_t>(place);
    const std::int64_t low = number_at(parts, below);
    if (below + 1 == count || count_at_most(parts, low) > below + 1) {
        return static_cast<double>(low);
    }
    return static_cast<double>(low) +
           (place - static_cast<double>(below)) * static_cast<double>(least_above(parts, low) - low);
}

template <class Use>
void for_each_run(const std::vector<std::int64_t>& numbers, const std::vector<std::size_t>& ends, Use use)
{
    std::size_t begin = 0;
    for (const std::size_t end : ends) {
        use(numbers.data() + begin, end - begin);
        begin = end;
    }
}

/// The least distance that is flagged, in halves.
std::int64_t first_outlying(double deviation)
{
    const auto is_outlying = [deviation](std::int64_t halves) {
        return *statistics::modified_z_score(static_cast<double>(halves) / 2, 0, deviation) > statistics::outlying;
    };
    auto halves = static_cast<std::int64_t>(2 * statistics::outlying * deviation / 0.6745);
    while (is_outlying(halves)) {
        --halves;
    }
    while (!is_outlying(halves)) {
        ++halves;
    }
    return halves;
}

}  // namespace

void SortedRuns::end_run()
{
    const std::size_t begin = ends_.empty() ? 0 : ends_.back();
    if (begin < numbers_.size()) {
        least_ = ends_.empty() ? numbers_[begin] : std::min(least_, numbers_[begin]);
        most_ = ends_.empty() ? numbers_.back() : std::max(most_, numbers_.back());
        ends_.push_back(numbers_.size());
    }
}

bool SortedRuns::is_worth_a_search() const
{
    constexpr std::size_t short_run = 32;
    constexpr std::int64_t doubled_at_most = std::int64_t{1} << 50;  // exact as a double, too; in ns, 13 days
    return numbers_.size() / ends_.size() > short_run && least_ > -doubled_at_most && most_ < doubled_at_most;
}

double SortedRuns::quantile(double probability) const
{
    if (!is_worth_a_search()) {
        return statistics::quantile({numbers_.begin(), numbers_.end()}, probability);
    }
    Parts parts;
    for_each_run(numbers_, ends_, [&](const std::int64_t* first, std::size_t size) {
        parts.push_back({first, 1, size});
    });
    return quantile_of(parts, probability);
}

std::optional<std::size_t> SortedRuns::outliers() const
{
    const double median = quantile(0.5);
    if (!is_worth_a_search()) {
        const std::vector<double> values{numbers_.begin(), numbers_.end()};
        const double deviation = statistics::median_absolute_deviation(values);
        if (deviation == 0) {
            return std::nullopt;
        }
        return static_cast<std::size_t>(std::ranges::count_if(values, [&](double value) {
            return std::abs(*statistics::modified_z_score(value, median, deviation)) > statistics::outlying;
        }));
    }
    // A median may be half a number, so distances are counted in halves.
    const auto center = static_cast<std::int64_t>(2 * median);
    Parts distances;
    for_each_run(numbers_, ends_, [&](const std::int64_t* first, std::size_t size) {
        const auto split = static_cast<std::size_t>(std::upper_bound(first, first + size, center / 2) - first);
        distances.push_back({first + split - 1, -1, split, -2, center});
        distances.push_back({first + split, 1, size - split, 2, -center});
    });
    const double deviation = quantile_of(distances, 0.5) / 2;
    if (deviation == 0) {
        return std::nullopt;
    }
    return numbers_.size() - count_at_most(distances, first_outlying(deviation) - 1);
}

}  // namespace gaggle::store
