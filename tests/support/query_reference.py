"""What the canned queries of statistics have to say of a store, by scipy: `query_reference.py RESULTS.DB`.

Reads the view overall of COMPLETED attempts, and prints lines "query|key|...|number|..."; an empty number is NULL.
"""
import itertools
import sqlite3
import sys

import numpy as np
from scipy import stats

from statistics_reference import PROBABILITIES, same_bootstrap, same_break_even


def rows_of(database, columns, view):
    return database.execute(f"SELECT {columns} FROM {view} WHERE state = 'COMPLETED' ORDER BY {columns}").fetchall()


def groups(rows, keys):
    """Rows by their first columns: {key: array of what is left}."""
    return {key: np.array([row[keys:] for row in group], dtype=float)
            for key, group in itertools.groupby(rows, lambda row: row[:keys])}


def show(query, key, *numbers):
    print(query, *key, *("" if number is None else repr(float(number)) for number in numbers), sep="|")


def modified_z(times):
    return 0.6745 * (times - np.median(times)) / stats.median_abs_deviation(times)


def show_overall(database):
    for cell, times in groups(rows_of(database, "environment, nodes, time_s", "overall"), 2).items():
        times = times[:, 0]
        show("overall", cell, np.median(times), *same_bootstrap(times), times.min(), times.max())


def show_distribution(database):
    for cell, times in groups(rows_of(database, "environment, nodes, duration_s", "interpreters"), 2).items():
        outliers = np.count_nonzero(np.abs(modified_z(times)) > 3.5)
        show("distribution", cell, len(times), *np.quantile(times, PROBABILITIES), outliers)


def show_scaling(database):
    for name, points in groups(rows_of(database, "environment, nodes, time_s", "overall"), 1).items():
        fit = stats.linregress(np.log(points[:, 0]), np.log(points[:, 1]))
        width = stats.t.ppf(0.975, len(points) - 2) * fit.stderr
        show("scaling", name, fit.slope, fit.slope - width, fit.slope + width, fit.rvalue**2)


def show_speedup(database, baseline):
    times = {row[:3]: row[3] for row in rows_of(database, "environment, nodes, repetition, time_s", "overall")}
    logs = {}
    for (environment, nodes, repetition), time in times.items():
        if environment != baseline and (baseline, nodes, repetition) in times:
            logs.setdefault((environment, nodes), []).append(np.log(times[baseline, nodes, repetition] / time))
    for cell, values in sorted(logs.items()):
        show("speedup", cell, len(values), *np.exp([np.median(values), *same_bootstrap(values)]))


def show_break_even(database, baseline):
    """Staging: a node's steps together, of an attempt the slowest node's. Straight from the tables, not the views."""
    of_node = {}
    for attempt, node, duration in database.execute(
            "SELECT attempt_id, node, duration_ns FROM step JOIN gaggle ON gaggle.id = gaggle_id "
            "WHERE step.name <> 'setup'"):
        of_node[attempt, node] = of_node.get((attempt, node), 0) + duration / 1e9
    staging = {attempt: max(time for (other, _), time in of_node.items() if other == attempt) for attempt, _ in of_node}
    rows = rows_of(database, "environment, nodes, repetition, time_s, attempt_id", "overall")
    times = {row[:3]: row[3] for row in rows}
    pairs = {}
    for environment, nodes, repetition, time, attempt in rows:
        if environment != baseline and attempt in staging and (baseline, nodes, repetition) in times:
            saving = times[baseline, nodes, repetition] - time
            pairs.setdefault((environment, nodes), []).append((staging[attempt], saving))
    results = {cell: same_break_even(*zip(*values)) for cell, values in pairs.items()}
    for (environment, nodes), values in sorted(pairs.items()):
        costs, savings = np.array(values).T
        ends = ["never" if np.isinf(end) else repr(float(end)) for end in results[environment, nodes]]
        unpaid = [size for (name, size), found in results.items() if name == environment and found[0] > 1]
        paying = [size for name, size in results if name == environment and size > max(unpaid, default=0)]
        print("break_even", environment, nodes, len(values), *map(repr, map(float, [
            np.median(costs), np.median(savings), *same_bootstrap(savings)])), *ends, min(paying, default=""), sep="|")


def show_drift(database):
    began = dict(database.execute("SELECT id, began_unix_ns FROM attempt"))
    cells = groups(rows_of(database, "environment, nodes, attempt_id, time_s", "overall"), 2)
    points = np.array([(began[attempt], np.log(time / np.median(cell[:, 1])))
                       for cell in cells.values() for attempt, time in cell])
    x, y = (points[:, 0] - points[:, 0].min()) / np.ptp(points[:, 0]), points[:, 1]
    slope = stats.theilslopes(y, x, 0.95)
    show("drift", (), len(x), *np.expm1([slope[0], *slope[2:4]]), stats.kendalltau(x, y)[1])


def show_outliers(database):
    found = []
    for view, subject in (("overall", "attempt"), ("individual", "node")):
        for cell, rows in groups(rows_of(database, "environment, nodes, repetition, time_s", view), 2).items():
            times = rows[:, 1]
            scores = modified_z(times)
            found += [((*cell, subject), *row, score) for row, score in zip(rows, scores) if abs(score) > 3.5]
    for key, repetition, time, score in sorted(found):
        show("outliers", key, repetition, time, score)


def main(file):
    database = sqlite3.connect(file)
    show_overall(database)
    show_distribution(database)
    show_scaling(database)
    show_speedup(database, "image")
    show_break_even(database, "image")
    show_drift(database)
    show_outliers(database)


main(sys.argv[1])
