#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <vector>

/// The statistics of docs/measurement.md: what stands beside a time before anything is concluded from it. Values are
/// finite doubles in any unit; what is returned has the same unit unless it says otherwise. Functions take what they
/// sort by value. Every function is a pure function of its values, not of their order, on every machine: where a bootstrap
/// draws, it does from a generator that the standard fixes, with a fixed seed, over sorted values.
namespace gaggle::statistics {

/// Of every interval here: the share of repetitions of the whole measurement whose interval holds the true value.
inline constexpr double confidence = 0.95;
/// Fewer repetitions have no interval (rule R22): a bootstrap of four medians says nothing.
inline constexpr std::size_t least_for_interval = 5;
/// Resamples of a bootstrap that draws: the ends of an interval at 95 % then rest on 250 resamples each.
inline constexpr std::size_t resamples = 10'000;
/// A modified z-score beyond it is flagged (Iglewicz and Hoaglin, How to Detect and Handle Outliers, 1993).
inline constexpr double outlying = 3.5;

struct Interval {
    double low = 0;
    double high = 0;

    bool operator==(const Interval&) const = default;
};

/// Two numbers that belong together.
struct Pair {
    double x = 0;
    double y = 0;

    bool operator==(const Pair&) const = default;
};

/// The sample quantile at `probability` in 0 … 1, type 7 of Hyndman and Fan, The American Statistician 50 (1996) 361:
/// linear between the order statistics, the smallest value at 0, the greatest at 1; what R and numpy do by default.
/// `values` must not be empty.
[[nodiscard]] double quantile(std::vector<double> values, double probability);

/// The quantile at one half. `values` must not be empty.
[[nodiscard]] double median(std::vector<double> values);

/// The median absolute deviation from the median, not scaled to any distribution. `values` must not be empty.
[[nodiscard]] double median_absolute_deviation(std::vector<double> values);

/// 0.6745 (value − median) / MAD, which is about a standard normal's z for normal values (Iglewicz and Hoaglin 1993).
/// Empty where the MAD is 0: half of the values are equal, and there is nothing to measure a distance by.
[[nodiscard]] std::optional<double> modified_z_score(double value, double median, double median_absolute_deviation);

/// The interval of the median by the percentile bootstrap (Efron and Tibshirani, An Introduction to the Bootstrap,
/// 1993, chapter 13), of all resamples and not of some that were drawn: how many have which median follows from the
/// binomial distribution (Efron, The Annals of Statistics 7 (1979) 1, section 3, for odd numbers). Not BCa: its
/// acceleration is a jackknife, which is wrong for medians (Efron and Tibshirani, section 11.6). One value per repetition:
/// the repetition is the unit of inference (R22). Empty below `least_for_interval` values.
[[nodiscard]] std::optional<Interval> median_interval(std::vector<double> values);

/// What one environment's times are to another's in the same blocks (R23).
struct Ratio {
    double value = 0;                  ///< exp(median(log(x / y))): of y to x it is the inverse
    std::optional<Interval> interval;  ///< bootstrap over pairs, as of a median; empty below `least_for_interval` pairs
};

/// The paired ratio x / y; all numbers positive, a pair per repetition. `pairs` must not be empty.
[[nodiscard]] Ratio paired_ratio(std::span<const Pair> pairs);

/// The ratio of medians, median(x) / median(y), where nothing pairs the values: two experiments, or two days. All
/// numbers positive, none of the lists empty. Its interval resamples both, each by itself; empty where one has fewer than
/// `least_for_interval`.
[[nodiscard]] Ratio ratio_of_medians(std::vector<double> x, std::vector<double> y);

/// What a power law's prediction of one further y at x needs, all of natural logarithms: its 95 % interval is
/// factor × x^exponent × exp(± t × residual × √(1 + 1/points + (log(x) − mean_x)²/sum_xx)) (Draper and Smith 1998,
/// section 3.1). It holds as far as the law does; beyond the sizes that were measured nobody knows.
struct Scatter {
    double t = 0;         ///< Student's quantile at n − 2 degrees of freedom
    double residual = 0;  ///< standard deviation about the line
    double points = 0;
    double mean_x = 0;
    double sum_xx = 0;  ///< of the squares about mean_x
};

/// After how many uses of what costs x once and saves y each time the cost has come back.
struct BreakEven {
    double uses = 0;  ///< median(x) / median(y); infinite, never, where the median of y is not positive
    std::optional<Interval> interval;  ///< bootstrap over pairs; either end may be infinite, as `uses`
};

/// Costs x and savings y of the same repetitions, in one unit, resampled together; empty interval below
/// `least_for_interval` pairs. `pairs` must not be empty.
[[nodiscard]] BreakEven break_even(std::vector<Pair> pairs);

/// y = factor × x^exponent.
struct PowerLaw {
    double exponent = 0;
    double factor = 0;     ///< y at x = 1
    double r_squared = 0;  ///< of the logarithms; 1 where y does not vary at all
    std::optional<Interval> exponent_interval;
    std::optional<Scatter> scatter;  ///< there where the exponent's interval is
};

/// Ordinary least squares on log-log; all numbers positive, a pair per repetition. The exponent's interval is Student's
/// with n − 2 degrees of freedom (Draper and Smith, Applied Regression Analysis, 1998, section 1.4); it holds as far as
/// a straight line does, of which r_squared tells. It is empty below `least_for_interval` pairs, or with fewer than
/// three sizes x, through which some line always passes. Empty with fewer than two sizes.
[[nodiscard]] std::optional<PowerLaw> fit_power_law(std::span<const Pair> pairs);

/// The 95 % interval in which one further y at x would lie. Empty where the law has no scatter.
[[nodiscard]] std::optional<Interval> prediction_interval(const PowerLaw& law, double x);

/// A smooth curve through a cloud on log-log axes: the local quadratic regression of Cleveland and Devlin, Journal of
/// the American Statistical Association 83 (1988) 596, of the logarithms, over the nearest three quarters of the points
/// with tricube weights; what R's loess() and ggplot's geom_smooth() do by default, computed directly. All numbers
/// positive. `places` (at least 2) points of it, evenly spaced on the logarithm from the smallest x to the greatest.
/// Empty with fewer than `least_sizes_for_smooth` sizes, through which a quadratic would pass as it liked.
inline constexpr std::size_t least_sizes_for_smooth = 6;
[[nodiscard]] std::vector<Pair> smooth(std::span<const Pair> points, std::size_t places);

/// Whether y grows or falls with x, asked of the signs and slopes of all pairs of points: outliers do not decide it.
struct Trend {
    double slope = 0;                  ///< Theil and Sen: the median of the slopes between points of different x
    std::optional<Interval> interval;  ///< Sen's, Journal of the American Statistical Association 63 (1968) 1379
    double tau = 0;                    ///< Kendall's rank correlation (tau-b): −1 … 1
    /// Two-sided, of no trend (Mann and Kendall): exact up to 33 points without ties, otherwise from the normal
    /// approximation with the variance for ties (Kendall, Rank Correlation Methods, 1970, chapters 4 and 5).
    double p = 1;
};

/// The trend of the points; quadratic in their number. The interval is empty below `least_for_interval` points. Empty
/// with fewer than two points, or where all x or all y are the same.
[[nodiscard]] std::optional<Trend> trend(std::vector<Pair> points);

}  // namespace gaggle::statistics
