"""Reference values for core/statistics, by scipy and numpy from seeded data: `statistics_reference.py SEED`.

Prints blocks of lines "name number ...", separated by empty lines; doubles as repr, which reads back to the same bits.
"""
import functools
import sys

import numpy as np
from scipy import stats

PROBABILITIES = [0, 0.05, 0.25, 0.5, 0.75, 0.95, 0.99, 1]


class MersenneTwister64:
    """mt19937_64 by its definition: Nishimura, ACM TOMACS 10 (2000) 348; parameters of [rand.predef]."""

    def __init__(self, seed):
        self.state = [seed]
        for i in range(1, 312):
            last = self.state[-1]
            self.state.append((6364136223846793005 * (last ^ (last >> 62)) + i) % 2**64)
        self.at = 312

    def twist(self):
        for i in range(312):
            x = (self.state[i] & 0xFFFFFFFF80000000) | (self.state[(i + 1) % 312] & 0x7FFFFFFF)
            self.state[i] = self.state[(i + 156) % 312] ^ (x >> 1) ^ (0xB5026F5AA96619E9 if x & 1 else 0)
        self.at = 0

    def __call__(self):
        if self.at == 312:
            self.twist()
        x = self.state[self.at]
        self.at += 1
        x ^= (x >> 29) & 0x5555555555555555
        x ^= (x << 17) & 0x71D67FFFEDA60000
        x ^= (x << 37) & 0xFFF7EEE000000000
        return x ^ (x >> 43)

    def draw(self, bound):
        while True:
            value = self()
            if value >= 2**64 % bound:
                return value % bound


@functools.cache
def resamples(count):
    """Which of so many sorted values each resample draws: the same of all samples of a size."""
    generator = MersenneTwister64(20170308)
    return np.array([[generator.draw(count) for _ in range(count)] for _ in range(10_000)])


def exact_bootstrap(values):
    """The percentile bootstrap of the median over all resamples, from the joint distribution of the two middle places."""
    values, n = np.sort(values), len(values)
    place = np.arange(n)
    lower, upper = (n + 1) // 2, n // 2 + 1  # the same one if n is odd
    i, j = np.meshgrid(place, place, indexing="ij")
    apart = stats.binom.pmf(lower, n, (i + 1) / n) * stats.binom.pmf(0, lower, np.clip((j - i) / (n - 1 - i + 1e-300), 0, 1))
    at_most = np.where(j < i, 0, stats.binom.sf(lower - 1, n, (i + 1) / n) - (apart if lower < upper else 0))
    at_most = np.where(j < i, stats.binom.sf(upper - 1, n, (j + 1) / n), at_most)
    shares = np.diff(np.diff(at_most, axis=0, prepend=0), axis=1, prepend=0).ravel()
    medians = ((values[i] + values[j]) / 2).ravel()
    order = np.argsort(medians, kind="stable")
    return medians[order][np.searchsorted(np.cumsum(shares[order]), [0.025, 0.975])]


def same_break_even(costs, savings):
    """Uses until the costs are back, and their interval by the same draws over pairs; infinite: never."""
    pairs = np.array(sorted(zip(costs, savings)))

    def uses(samples):
        cost, saving = np.median(samples, axis=-2).T
        return np.divide(cost, saving, out=np.full_like(cost, np.inf), where=saving > 0)

    found = np.sort(uses(pairs[resamples(len(pairs))]))
    ends = [np.inf if np.isinf(found[int(np.ceil(9_999 * p))]) else np.quantile(found[np.isfinite(found)],
            9_999 * p / (np.isfinite(found).sum() - 1)) for p in (0.025, 0.975)]
    return float(uses(pairs)), *ends


def show(**block):
    for name, numbers in block.items():
        print(name, *(repr(float(number)) for number in np.atleast_1d(numbers)))
    print()


def same_ratio_of_medians(x, y):
    """The bootstrap of two samples by themselves, with the same draws: those of x before those of y."""
    x, y = np.sort(x), np.sort(y)
    generator = MersenneTwister64(20170308)
    ratios = []
    for _ in range(10_000):
        above = np.median(x[[generator.draw(len(x)) for _ in x]])
        ratios.append(above / np.median(y[[generator.draw(len(y)) for _ in y]]))
    return np.quantile(ratios, [0.025, 0.975])


def show_sample(values, seed):
    median, mad = np.median(values), stats.median_abs_deviation(values)
    other = stats.bootstrap((values,), np.median, n_resamples=20_000, method="percentile", random_state=seed)
    show(values=values, quantiles=np.quantile(values, PROBABILITIES), median=median, mad=mad,
         scores=0.6745 * (values - median) / mad, exact_interval=exact_bootstrap(values),
         interval=other.confidence_interval, deviation=other.standard_error)


def show_ratio(x, y):
    logs = np.log(x / y)
    show(ratio_x=x, ratio_y=y, ratio=np.exp(np.median(logs)), ratio_interval=np.exp(exact_bootstrap(logs)),
         unpaired=np.median(x[:5]) / np.median(y[:8]), unpaired_interval=same_ratio_of_medians(x[:5], y[:8]))


def predicted(x, y, at):
    """The interval of one further y: the t distribution about the line, by a fit with two columns."""
    design = np.column_stack([np.ones(len(x)), np.log(x)])
    beta, (squares,), _, _ = np.linalg.lstsq(design, np.log(y), rcond=None)
    place = np.array([1, np.log(at)])
    variance = squares / (len(x) - 2) * (1 + place @ np.linalg.inv(design.T @ design) @ place)
    return np.exp(stats.t.interval(0.95, len(x) - 2, place @ beta, np.sqrt(variance)))


def show_break_even(costs, savings):
    uses, *interval = same_break_even(costs, savings)
    show(cost=costs, saving=savings, uses=uses, uses_interval=interval)


def show_power_law(x, y):
    fit = stats.linregress(np.log(x), np.log(y))
    width = stats.t.ppf(0.975, len(x) - 2) * fit.stderr
    show(size=x, time=y, exponent=fit.slope, factor=np.exp(fit.intercept), r_squared=fit.rvalue**2,
         exponent_interval=[fit.slope - width, fit.slope + width], predicted_at_1000=predicted(x, y, 1000))


def show_trend(x, y):
    slope = stats.theilslopes(y, x, 0.95)
    rank = stats.kendalltau(x, y)
    show(trend_x=x, trend_y=y, slope=slope[0], slope_interval=slope[2:4], tau=rank[0], p=rank[1])


def main(seed):
    random = np.random.default_rng(seed)
    for n in (5, 6, 9, 20, 51):
        show_sample(random.lognormal(1, 0.4, n), seed)
        show_ratio(random.lognormal(3, 0.3, n), random.lognormal(1, 0.3, n))
    show_sample(np.round(random.lognormal(1, 0.4, 30), 1), seed)  # ties
    for n, saved in ((5, 4), (6, 0.2), (9, -2)):  # always, at times, never
        show_break_even(random.lognormal(2, 0.3, n), random.normal(saved, 1, n))
    for repetitions in (1, 2, 5):
        nodes = np.repeat([10, 20, 40, 80, 160, 320], repetitions)
        show_power_law(nodes, 0.7 * nodes**0.6 * random.lognormal(0, 0.2, len(nodes)))
    for n in (5, 12, 33, 34, 90):  # both sides of the exact distribution's end
        order = random.permutation(n)
        show_trend(order, 0.03 * order + random.normal(0, 1, n))
        show_trend(order // 2, np.round(0.03 * order + random.normal(0, 1, n), 0))


if __name__ == "__main__":
    main(int(sys.argv[1]))
