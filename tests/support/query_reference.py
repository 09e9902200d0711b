"""Checks what the canned queries say of a store: `query_reference.py RESULTS.DB FOUND.JSON`.

Computes every query's rows from the tables of RESULTS.DB with pandas and scipy, never through a view, and compares
them with FOUND.JSON, {query: {"columns": [...], "rows": [[text or null, ...], ...]}}. Prints each difference; exit
status 1 if there is one. A query without a reference here is a difference.
"""
import json
import sqlite3
import sys

import numpy as np
import pandas as pd
from scipy import stats

from statistics_reference import PROBABILITIES, exact_bootstrap, same_break_even

CELL = ["experiment", "launcher", "environment", "nodes", "interpreters"]
ORDER = ["experiment_id", "environment", "interpreters", "nodes"]
REFERENCES = {}


def reference(columns, order, decimals=None):
    """A function of the tables that gives the rows of the canned query of its name, in any order.

    `columns` are the query's; `decimals`: to how many it rounds which. Rows are compared in `order`.
    """
    def register(function):
        REFERENCES[function.__name__.removeprefix("query_")] = (function, columns, order, decimals or {})
        return function
    return register


class Tables:
    """The store's tables, and what several queries begin with. Times in seconds."""

    def __init__(self, file):
        self.database = sqlite3.connect(file)
        cells = self.table("cell").rename(columns={"id": "cell_id", "position": "cell_position"})
        environments = self.table("environment")[["id", "name", "position"]]
        environments.columns = ["environment_id", "environment", "environment_position"]
        experiments = self.table("experiment")[["id", "name", "launcher", "start", "cache"]]
        experiments.columns = ["experiment_id", "experiment", "launcher", "start", "cache"]
        self.cells = cells.merge(environments, on="environment_id").merge(experiments, on="experiment_id")
        self.cells["total"] = self.cells.nodes * self.cells.interpreters
        arrays = self.table("array").drop(columns="experiment_id").rename(columns={"id": "array_id"})
        attempts = self.table("attempt").rename(columns={"id": "attempt_id"})
        self.attempts = attempts.merge(arrays, on="array_id").merge(self.cells, on="cell_id")
        last = self.attempts.groupby(["cell_id", "repetition"]).attempt_id.transform("max")
        self.attempts["is_latest"] = self.attempts.attempt_id == last
        self.measured = self.attempts[self.attempts.role == "measured"]
        self.gaggles = self.table("gaggle").rename(columns={"id": "gaggle_id", "name": "node_name"})
        processes = self.table("interpreter").merge(self.gaggles[["gaggle_id", "attempt_id", "node", "node_name"]])
        processes["start_s"], processes["exit_s"] = processes.start_ns / 1e9, processes.exit_ns / 1e9
        processes["duration_s"] = processes.exit_s - processes.start_s
        self.processes = processes
        self.count_cells()
        self.time_attempts()

    def table(self, name):
        return pd.read_sql(f"SELECT * FROM {name}", self.database)

    def count_cells(self):
        states = self.table("attempt_state").set_index("state").progress
        latest = self.measured[self.measured.is_latest]
        counts = pd.crosstab(latest.cell_id, latest.state.map(states))
        counts = counts.reindex(columns=["planned", "pending", "running", "unverified", "completed", "failed"])
        self.measured_cells = self.cells[self.cells.role == "measured"].merge(
            counts.fillna(0).astype(int), left_on="cell_id", right_index=True, how="left")
        ended = self.measured_cells.completed + self.measured_cells.failed
        self.measured_cells["failure_rate"] = self.measured_cells.failed / ended.where(ended > 0)

    def time_attempts(self):
        spans = self.processes.groupby("attempt_id").agg(
            first=("start_s", "min"), last_start=("start_s", "max"), last=("exit_s", "max"),
            median_duration_s=("duration_s", "median"))
        timed = self.attempts.merge(spans, on="attempt_id", how="left")
        timed["time_s"] = (timed["last"] - timed["first"]).fillna(timed.imported_ns / 1e9)
        timed["spread_s"] = timed.last_start - timed["first"]
        timed["fraction"] = timed.spread_s / timed.median_duration_s
        timed["wide"] = (timed.fraction > 0.1).astype(float).where(timed.fraction.notna())
        self.timed = timed[timed.time_s.notna()]
        self.overall = self.timed[self.timed.role == "measured"]
        self.counted = self.overall[(self.overall.state == "COMPLETED") & self.overall.is_latest]

    def nodes_timed(self):
        """The individual time of each node of measured cells, and those imported."""
        spans = self.processes.groupby(["attempt_id", "node", "node_name"]).agg(first=("start_s", "min"),
                                                                                last=("exit_s", "max")).reset_index()
        own = spans.merge(self.measured[["attempt_id", "cell_id", "repetition", "state", "is_latest"]])
        own["time_s"] = own["last"] - own["first"]
        others = self.table("imported_gaggle")
        others["time_s"], others["state"], others["is_latest"] = others.time_ns / 1e9, "COMPLETED", True
        return pd.concat([own, others])


def utc(nanoseconds):
    return pd.to_datetime(nanoseconds, unit="ns").dt.strftime("%Y-%m-%dT%H:%M:%SZ")


def jobs(attempts):
    return [f"{int(job)}_{task}" if job == job else None for job, task in zip(attempts.slurm_job_id, attempts.task)]


def told(attempts):
    return attempts.assign(job=jobs(attempts), began=utc(attempts.began_unix_ns), ended=utc(attempts.ended_unix_ns),
                           submitted=utc(attempts.submitted_unix_ns))


def modified_z(times):
    deviation = stats.median_abs_deviation(times)
    return 0.6745 * (times - np.median(times)) / deviation if deviation > 0 else np.full(len(times), np.nan)


def interval(values):
    return exact_bootstrap(values) if len(values) >= 5 else (None, None)


def by_cell(tables, rows):
    """One row per measured cell, with what `rows` has of it by cell_id."""
    found = pd.DataFrame(rows)
    return tables.measured_cells.merge(found, on="cell_id", how="left") if len(found) else tables.measured_cells


@reference([*CELL, "role", "repetition", "state", "reason", "job", "slurm_nodes", "began", "ended"],
           ["experiment_id", "position", "attempt_id"])
def query_attempts(tables):
    return told(tables.attempts)


@reference([*CELL, "repetition", "state", "reason", "job", "slurm_nodes", "began", "ended"], [*ORDER, "repetition"])
def query_latest(tables):
    return told(tables.measured[tables.measured.is_latest])


@reference([*CELL, "role", "repetition", "try", "tries", "state", "reason", "job", "slurm_nodes", "submitted", "began",
            "ended"], [*ORDER, "role", "repetition", "try"])
def query_history(tables):
    attempts = told(tables.attempts.sort_values("attempt_id"))
    tries = attempts.groupby(["cell_id", "repetition"])
    attempts["try"], attempts["tries"] = tries.cumcount() + 1, tries.attempt_id.transform("size")
    return attempts[attempts.tries > 1]


@reference([*CELL, "total", "repetitions", "planned", "pending", "running", "unverified", "completed", "failed"],
           ORDER)
def query_cells(tables):
    repetitions = tables.measured.groupby("cell_id").repetition.nunique().rename("repetitions")
    return tables.measured_cells.merge(repetitions, on="cell_id", how="left").fillna({"repetitions": 0})


@reference([*CELL, "role", "repetition", "attempt_id", "subject", "node_name", "interpreter", "outcome", "status",
            "detail"], ["experiment_id", "attempt_id", "subject", "node_name", "interpreter"])
def query_failures(tables):
    states = tables.table("attempt_state")
    failed = tables.attempts[tables.attempts.state.isin(states[states.progress == "failed"].state)]
    attempts = failed.assign(subject="attempt", outcome=failed.state, status=failed.slurm_exit_code,
                             detail=failed.reason)
    whose = tables.attempts.drop(columns="reason")
    nodes = tables.gaggles[tables.gaggles.outcome != "Completed"].merge(whose, on="attempt_id")
    nodes = nodes.assign(subject="node", detail=nodes.reason, status=None)
    processes = tables.processes
    processes = processes[(processes.outcome != "Exited") | (processes.status != 0)].merge(whose, on="attempt_id")
    processes = processes.assign(subject="interpreter", interpreter=processes.number, detail=processes.error)
    return pd.concat([attempts, nodes, processes])


@reference([*CELL, "total", "completed", "failed", "median_s", "low_s", "high_s", "min_s", "max_s", "max_spread_s",
            "wide", "outliers", "failure_rate"], ORDER,
           dict(median_s=3, low_s=3, high_s=3, min_s=3, max_s=3, max_spread_s=6, failure_rate=4))
def query_overall(tables):
    rows = []
    for cell, group in tables.counted.groupby("cell_id"):
        times, scores = group.time_s.to_numpy(), np.abs(modified_z(group.time_s.to_numpy()))
        low, high = interval(times)
        rows.append(dict(cell_id=cell, median_s=np.median(times), low_s=low, high_s=high, min_s=times.min(),
                         max_s=times.max(), max_spread_s=group.spread_s.max(), wide=group.wide.sum(min_count=1),
                         outliers=None if np.isnan(scores).all() else (scores > 3.5).sum()))
    return by_cell(tables, rows)


@reference([*CELL, "total", "completed", "failed", "gaggles", "median_s", "min_s", "max_s", "failure_rate"], ORDER,
           dict(median_s=3, min_s=3, max_s=3, failure_rate=4))
def query_individual(tables):
    nodes = tables.nodes_timed()
    nodes = nodes[(nodes.state == "COMPLETED") & nodes.is_latest]
    found = nodes.groupby("cell_id").time_s.agg(gaggles="size", median_s="median", min_s="min", max_s="max")
    return by_cell(tables, found.reset_index()).fillna({"gaggles": 0})


@reference([*CELL, "total", "completed", "failed", "measured", "min_s", "p5_s", "q1_s", "median_s", "q3_s", "p95_s",
            "p99_s", "max_s", "outliers", "failure_rate"], ORDER,
           dict(min_s=6, p5_s=6, q1_s=6, median_s=6, q3_s=6, p95_s=6, p99_s=6, max_s=6, failure_rate=4))
def query_distribution(tables):
    rows = []
    processes = tables.processes.merge(tables.counted[["attempt_id", "cell_id"]], on="attempt_id")
    for cell, group in processes.groupby("cell_id"):
        times = group.duration_s.to_numpy()
        quantiles = zip(["min_s", "p5_s", "q1_s", "median_s", "q3_s", "p95_s", "p99_s", "max_s"],
                        np.quantile(times, PROBABILITIES))
        scores = np.abs(modified_z(times))
        rows.append(dict(cell_id=cell, measured=len(times), **dict(quantiles),
                         outliers=None if np.isnan(scores).all() else (scores > 3.5).sum()))
    return by_cell(tables, rows).fillna({"measured": 0})


def of_phases(tables):
    names = tables.table("phase_name").rename(columns={"id": "name_id", "name": "phase"})
    phases = tables.table("phase").merge(names).merge(tables.gaggles[["gaggle_id", "attempt_id"]])
    phases = phases.merge(tables.counted[["attempt_id", "cell_id"]])
    phases["duration_s"] = (phases.end_ns - phases.begin_ns) / 1e9
    found = phases.groupby(["cell_id", "phase"]).agg(
        measured=("duration_s", "size"), median_s=("duration_s", "median"), mean_s=("duration_s", "mean"),
        min_s=("duration_s", "min"), max_s=("duration_s", "max"), ordinal=("ordinal", "min"))
    return tables.measured_cells.merge(found.reset_index(), on="cell_id")


@reference([*CELL, "phase", "measured", "median_s", "mean_s", "min_s", "max_s", "completed", "failed", "failure_rate"],
           [*ORDER, "ordinal"], dict(median_s=6, mean_s=6, min_s=6, max_s=6, failure_rate=4))
def query_phases(tables):
    return of_phases(tables)


@reference([*CELL, "library", "imports", "median_s", "min_s", "max_s", "completed", "failed", "failure_rate"],
           [*ORDER, "median_s"], dict(median_s=6, min_s=6, max_s=6, failure_rate=4))
def query_imports(tables):
    phases = of_phases(tables)
    phases = phases[phases.phase.str.startswith("import ")]
    return phases.assign(library=phases.phase.str.removeprefix("import "), imports=phases.measured)


@reference([*CELL, "repetition", "state", "spread_s", "last_start_s", "median_duration_s", "fraction", "wide",
            "clock_uncertainty_s", "clock_drift_s"], [*ORDER, "repetition", "attempt_id"],
           dict(spread_s=6, last_start_s=6, median_duration_s=3, fraction=4, clock_uncertainty_s=6, clock_drift_s=6))
def query_spread(tables):
    own = tables.overall[tables.overall.imported_ns.isna()]
    clocks = tables.gaggles[tables.gaggles.clock_before_uncertainty_ns.notna()].copy()
    uncertainties = clocks[["clock_before_uncertainty_ns", "clock_after_uncertainty_ns"]]
    clocks["clock_uncertainty_s"] = uncertainties.max(axis=1) / 1e9
    clocks["clock_drift_s"] = (clocks.clock_after_offset_ns - clocks.clock_before_offset_ns).abs() / 1e9
    worst = clocks.groupby("attempt_id")[["clock_uncertainty_s", "clock_drift_s"]].max()
    return own.assign(last_start_s=own.last_start).merge(worst, on="attempt_id", how="left")


@reference(["experiment", "launcher", "environment", "interpreters", "least_nodes", "most_nodes", "sizes", "completed",
            "failed", "exponent", "low", "high", "r_squared"], ["experiment_id", "environment", "interpreters"],
           dict(exponent=4, low=4, high=4, r_squared=4))
def query_scaling(tables):
    rows = []
    for (experiment, environment, interpreters), cells in tables.measured_cells.groupby(
            ["experiment_id", "environment", "interpreters"]):
        points = tables.counted[tables.counted.cell_id.isin(cells.cell_id)]
        row = dict(experiment_id=experiment, experiment=cells.experiment.iat[0], launcher=cells.launcher.iat[0],
                   environment=environment, interpreters=interpreters, sizes=points.nodes.nunique(),
                   completed=cells.completed.sum(), failed=cells.failed.sum(), least_nodes=points.nodes.min(),
                   most_nodes=points.nodes.max())
        if row["sizes"] > 1:
            fit = stats.linregress(np.log(points.nodes), np.log(points.time_s))
            row |= dict(exponent=fit.slope, r_squared=fit.rvalue**2)
            if len(points) >= 5 and row["sizes"] > 2:
                width = stats.t.ppf(0.975, len(points) - 2) * fit.stderr
                row |= dict(low=fit.slope - width, high=fit.slope + width)
        rows.append(row)
    return pd.DataFrame(rows)


def with_baseline(tables):
    """Pairs of measured cells, the second the first environment's with as many nodes and interpreters."""
    cells = tables.measured_cells
    first = cells[cells.environment_position == 0]
    pairs = cells[cells.environment_position > 0].merge(first, on=["experiment_id", "nodes", "interpreters"],
                                                        suffixes=("", "_base"))
    for _, pair in pairs.iterrows():
        own = tables.counted[tables.counted.cell_id == pair.cell_id].set_index("repetition")
        base = tables.counted[tables.counted.cell_id == pair.cell_id_base].set_index("repetition")
        row = pair[["experiment_id", *CELL, "total", "failed"]].to_dict()
        yield row | dict(baseline=pair.environment_base, baseline_failed=pair.failed_base), own, base


@reference([*CELL[:3], "baseline", *CELL[3:], "total", "failed", "baseline_failed", "pairs", "speedup", "low", "high"],
           ORDER, dict(speedup=4, low=4, high=4))
def query_speedup(tables):
    rows = []
    for row, own, base in with_baseline(tables):
        if row["launcher"] == "imported":
            rows.append(row | dict(pairs=0, speedup=base.time_s.median() / own.time_s.median()))
            continue
        logs = np.log(base.time_s / own.time_s).dropna()
        row["pairs"] = len(logs)
        if len(logs):
            row["speedup"] = np.exp(np.median(logs))
        if len(logs) >= 5:
            row["low"], row["high"] = np.exp(exact_bootstrap(logs))
        rows.append(row)
    return pd.DataFrame(rows)


@reference([*CELL[:3], "baseline", *CELL[3:], "total", "failed", "baseline_failed", "pairs", "staging_s", "saving_s",
            "saving_low_s", "saving_high_s", "launches", "low", "high", "first_launch_pays_from_nodes"], ORDER,
           dict(staging_s=3, saving_s=3, saving_low_s=3, saving_high_s=3, launches=3, low=3, high=3))
def query_break_even(tables):
    steps = tables.table("step").merge(tables.gaggles[["gaggle_id", "attempt_id"]])
    of_node = steps[steps.name != "setup"].groupby(["attempt_id", "gaggle_id"]).duration_ns.sum() / 1e9
    staging = of_node.groupby("attempt_id").max().rename("staging_s")
    rows = []
    for row, own, base in with_baseline(tables):
        pairs = pd.DataFrame(dict(staging_s=own.attempt_id.map(staging), saving=base.time_s - own.time_s)).dropna()
        if len(pairs):
            low, high = exact_bootstrap(pairs.saving)
            uses = ["never" if np.isinf(end) else end for end in same_break_even(pairs.staging_s, pairs.saving)]
            rows.append(row | dict(pairs=len(pairs), staging_s=pairs.staging_s.median(), saving_s=pairs.saving.median(),
                                   saving_low_s=low, saving_high_s=high, launches=uses[0], low=uses[1], high=uses[2]))
    for row in rows:
        same = [other for other in rows
                if all(other[key] == row[key] for key in ("experiment_id", "environment", "interpreters"))]
        unpaid = [other["nodes"] for other in same if other["launches"] == "never" or other["launches"] > 1]
        row["first_launch_pays_from_nodes"] = min(
            [other["nodes"] for other in same if other["nodes"] > max(unpaid, default=0)], default=None)
    return pd.DataFrame(rows)


@reference([*CELL, "total", "completed", "failed", "queued_s", "met_s", "steps_s", "time_s", "end_to_end_s"], ORDER,
           dict(queued_s=1, met_s=3, steps_s=3, time_s=3, end_to_end_s=3))
def query_end_to_end(tables):
    steps = tables.table("step").merge(tables.gaggles[["gaggle_id", "attempt_id"]])
    of_node = steps[steps.name != "unstage"].groupby(["attempt_id", "gaggle_id"]).duration_ns.sum() / 1e9
    slowest = of_node.groupby("attempt_id").max().rename("steps_s")
    own = tables.counted[tables.counted.imported_ns.isna()].merge(slowest, on="attempt_id", how="left")
    own["queued_s"] = own.slurm_start_unix_s - own.submitted_unix_ns / 1e9
    own["met_s"] = own.met_ns / 1e9
    own["end_to_end_s"] = own.steps_s.fillna(0) + own.time_s
    medians = own.groupby("cell_id")[["queued_s", "met_s", "steps_s", "time_s", "end_to_end_s"]].median()
    return tables.measured_cells.merge(medians, on="cell_id")


@reference([*CELL, "total", "control", "repetitions", "failed", "median_s", "median_of_one_s", "failure_rate"],
           [*ORDER, "control"], dict(median_s=4, median_of_one_s=4, failure_rate=4))
def query_controls(tables):
    processes = tables.table("control").merge(tables.gaggles[["gaggle_id", "attempt_id"]])
    processes = processes.merge(tables.counted[["attempt_id", "cell_id"]]).rename(columns={"name": "control"})
    processes["broken"] = (processes.outcome != "Exited") | (processes.status != 0)
    processes["duration_s"] = (processes.exit_ns - processes.start_ns) / 1e9
    attempts = processes.groupby(["cell_id", "control", "attempt_id"]).agg(
        first=("start_ns", "min"), last=("exit_ns", "max"), mean_s=("duration_s", "mean"), broken=("broken", "sum"))
    attempts["time_s"] = (attempts["last"] - attempts["first"]) / 1e9
    found = attempts.groupby(["cell_id", "control"]).agg(
        repetitions=("time_s", "size"), failed=("broken", "sum"), median_s=("time_s", "median"),
        median_of_one_s=("mean_s", "median"))
    rows = tables.measured_cells.drop(columns=["failed", "failure_rate"]).merge(found.reset_index(), on="cell_id")
    return rows.assign(failure_rate=rows.failed / (rows.total * rows.repetitions))


@reference([*CELL, "step", "command", "times", "failed", "median_s", "max_s"], [*ORDER, "step", "command"],
           dict(median_s=3, max_s=3))
def query_steps(tables):
    latest = tables.measured[tables.measured.is_latest][["attempt_id", "cell_id"]]
    steps = tables.table("step").merge(tables.gaggles[["gaggle_id", "attempt_id"]]).merge(latest)
    steps["time_s"], steps["broken"] = steps.duration_ns / 1e9, steps.status != 0
    found = steps.rename(columns={"name": "step"}).groupby(["cell_id", "step", "command"]).agg(
        times=("time_s", "size"), failed=("broken", "sum"), median_s=("time_s", "median"), max_s=("time_s", "max"))
    return tables.measured_cells.drop(columns="failed").merge(found.reset_index(), on="cell_id")


@reference([*CELL, "total", "source", "counter", "repetitions", "median", "per_interpreter"],
           [*ORDER, "source", "counter"], dict(per_interpreter=3))
def query_metadata(tables):
    nodes = tables.gaggles.merge(tables.counted[["attempt_id", "cell_id"]])
    nodes = nodes[nodes.groupby("attempt_id").counters_left_out.transform(lambda said: said.notna().all())]
    counters = tables.table("counter").rename(columns={"name": "counter"})
    counters = counters[counters.counter.str.contains(" (?:operations|samples)$")].merge(nodes)
    values = []
    for (cell, source, counter), changes in counters.groupby(["cell_id", "source", "counter"]):
        for attempt, own in nodes[nodes.cell_id == cell].groupby("attempt_id"):
            if not own.counters_left_out.str.contains(source + ":", regex=False).any():
                values.append((cell, source, counter, changes[changes.attempt_id == attempt].value.sum()))
    processes = tables.processes.merge(tables.counted[["attempt_id", "cell_id"]])
    for (cell, attempt), own in processes.groupby(["cell_id", "attempt_id"]):
        if own.read_calls.notna().all():
            values += [(cell, "interpreters", name.replace("_", " "), own[name].sum())
                       for name in ("read_calls", "write_calls", "read_bytes", "storage_read_bytes")]
    values = pd.DataFrame(values, columns=["cell_id", "source", "counter", "value"])
    found = values.groupby(["cell_id", "source", "counter"]).value.agg(repetitions="size", median="median")
    rows = tables.measured_cells.merge(found.reset_index(), on="cell_id")
    return rows.assign(per_interpreter=rows["median"] / rows.total)


@reference(["experiment", "launcher", "environment", "subject", "fact", "value", "nodes"],
           ["experiment_id", "environment", "subject", "fact", "value"])
def query_provenance(tables):
    sets = {row.id: json.loads(row.facts) for row in tables.table("fact_set").itertuples()}
    nodes = tables.gaggles.merge(tables.table("inspection")[["gaggle_id", "fact_set_id"]], how="left")
    nodes = nodes.merge(tables.measured, on="attempt_id")
    said = []
    for row in nodes.itertuples():
        for subject, of_set, environment in (("node", row.node_facts_id, None),
                                             ("paths", row.path_facts_id, row.environment),
                                             ("environment", row.fact_set_id, row.environment)):
            said += [(row.experiment_id, row.experiment, row.launcher, environment, subject, fact, value, row.node_name)
                     for fact, value in sets.get(of_set, {}).items()]
    whole = tables.table("experiment").set_index("id")
    for row in tables.measured[tables.measured.record_file.notna()].itertuples():
        made = whole.loc[row.experiment_id]
        facts = dict(experiment_sha256=made.file_sha256, template_sha256=made.template_sha256,
                     worker_version=row.worker_version, worker_sha256=made.worker_sha256,
                     gaggle_version=made.gaggle_version)
        said += [(row.experiment_id, row.experiment, row.launcher, None, "attempt", fact, value, row.host)
                 for fact, value in facts.items()]
    said = pd.DataFrame(said, columns=["experiment_id", "experiment", "launcher", "environment", "subject", "fact",
                                       "value", "node"])
    said = said[said.value != ""]
    return said.groupby(list(said.columns[:-1]), dropna=False).node.nunique().rename("nodes").reset_index()


@reference(["experiment", "launcher", "environment", "version", "packages", "packages_sha256", "attempts",
            "first_attempt", "last_attempt", "same_as", "warning"], ["experiment_id", "environment", "first_attempt"])
def query_identity(tables):
    lists = tables.table("package_set").rename(columns={"id": "package_set_id", "sha256": "packages_sha256"})
    lists["packages"] = [len(json.loads(packages)) for packages in lists.packages]
    said = tables.table("inspection").merge(lists, how="left").merge(tables.gaggles[["gaggle_id", "attempt_id"]])
    said = said.drop(columns="fact_set_id").merge(tables.measured, on="attempt_id")
    key = ["experiment_id", "experiment", "launcher", "environment", "version", "packages_sha256"]
    seen = said.groupby(key, dropna=False).agg(
        packages=("packages", "max"), attempts=("attempt_id", "size"), first_attempt=("attempt_id", "min"),
        last_attempt=("attempt_id", "max"), troubled=("trouble", "count"), trouble=("trouble", "max")).reset_index()
    same, warnings = [], []
    for row in seen.itertuples():
        others = seen[(seen.experiment_id == row.experiment_id) & (seen.environment != row.environment)
                      & (seen.version == row.version) & (seen.packages_sha256 == row.packages_sha256)]
        same.append(", ".join(sorted(others.environment)) or None)
        known = seen[(seen.experiment_id == row.experiment_id) & (seen.environment == row.environment)
                     & (seen.troubled < seen.attempts)]
        warnings.append(f"not all is known: {row.trouble}" if row.troubled == row.attempts
                        else "the environment changed under way" if len(known) > 1 else None)
    return seen.assign(same_as=same, warning=warnings)


@reference(["experiment", "launcher", "judged_by", "attempts", "hours", "change", "low", "high", "p"],
           ["experiment_id"], dict(hours=2, change=4, low=4, high=4, p=6))
def query_drift(tables):
    rows = []
    ended = tables.timed[(tables.timed.state == "COMPLETED") & tables.timed.began_unix_ns.notna()]
    for experiment, attempts in ended.groupby("experiment_id"):
        sentinels = attempts[attempts.role == "sentinel"]
        judged = sentinels if len(sentinels) > 1 else attempts[attempts.role == "measured"]
        cells = judged.groupby("cell_id").time_s
        judged = judged.assign(relative=judged.time_s / cells.transform("median"))[cells.transform("size") > 1]
        x = (judged.began_unix_ns - judged.began_unix_ns.min()) / np.ptp(judged.began_unix_ns)
        slope = stats.theilslopes(np.log(judged.relative), x, 0.95)
        change, low, high = np.expm1([slope[0], *slope[2:4]])
        rows.append(dict(experiment_id=experiment, experiment=judged.experiment.iat[0], launcher=judged.launcher.iat[0],
                         judged_by="sentinels" if len(sentinels) > 1 else "measured cells", attempts=len(judged),
                         hours=np.ptp(judged.began_unix_ns) / 3.6e12, change=change, low=low, high=high,
                         p=stats.kendalltau(x, judged.relative)[1]))
    return pd.DataFrame(rows)


@reference([*CELL, "asked", "method", "times", "verified", "resident", "warning", "reason", "not_covered"],
           [*ORDER, "method"], dict(verified=3, resident=4))
def query_caches(tables):
    latest = tables.measured[tables.measured.is_latest][["attempt_id", "cell_id"]]
    caches = tables.table("cache").merge(tables.gaggles[["gaggle_id", "attempt_id"]]).merge(latest)
    caches["share"] = caches.resident_after / caches.bytes
    found = caches.groupby(["cell_id", "asked", "method"]).agg(
        times=("share", "size"), verified=("verified", "mean"), resident=("share", "median"),
        least=("verified", "min"), reason=("reason", "min"), not_covered=("not_covered", "min")).reset_index()
    doubtful = (found.asked == "cold") & (found.least == 0)
    found["warning"] = doubtful.map({True: "PERHAPS NOT COLD", False: None})
    return tables.measured_cells.merge(found, on="cell_id")


def traced(tables):
    return tables.table("trace").merge(tables.gaggles[["gaggle_id", "attempt_id"]]).merge(
        tables.attempts[tables.attempts.is_latest], on="attempt_id")


@reference([*CELL[:3], "metadata_calls", "enoent", "data_calls", "read_bytes", "mapped_bytes", "files_opened",
            "paths_looked_up", "threads", "trouble", "import_trouble"], ["experiment_id", "environment"])
def query_traces(tables):
    calls = tables.table("traced_call")

    def sums(kinds, column):
        return calls[calls.kind.isin(kinds)].groupby("gaggle_id")[column].sum()
    found = pd.DataFrame(dict(
        metadata_calls=sums(["open", "stat", "fstat", "access", "readlink", "getdents"], "count"),
        data_calls=sums(["read", "write", "mmap"], "count"), enoent=calls.groupby("gaggle_id").enoent.sum(),
        read_bytes=sums(["read"], "bytes"), mapped_bytes=sums(["mmap"], "bytes")))
    return traced(tables).merge(found, left_on="gaggle_id", right_index=True, how="left")


@reference([*CELL[:3], "kind", "calls", "failed", "enoent", "bytes", "trouble"],
           ["experiment_id", "environment", "-calls", "kind"])
def query_calls(tables):
    return traced(tables).merge(tables.table("traced_call").rename(columns={"count": "calls"}), how="left")


@reference([*CELL[:3], "directory", "lookups", "enoent"], ["experiment_id", "environment", "-enoent", "-lookups"])
def query_lookups(tables):
    return traced(tables).merge(tables.table("traced_directory"))


@reference([*CELL[:3], "module", "depth", "self_s", "cumulative_s"],
           ["experiment_id", "environment", "-self_s", "ordinal"], dict(self_s=6, cumulative_s=6))
def query_importtime(tables):
    times = traced(tables).merge(tables.table("import_time"))
    return times.assign(self_s=times.self_us / 1e6, cumulative_s=times.cumulative_us / 1e6)


@reference([*CELL, "cache", "others", "first_s", "median_s", "max_s", "ratio", "much_slower", "completed", "failed",
            "failure_rate"], ORDER, dict(first_s=3, median_s=3, max_s=3, ratio=2, failure_rate=4))
def query_first(tables):
    rows = []
    own = tables.counted[tables.counted.launcher != "imported"].sort_values(["began_unix_ns", "attempt_id"])
    for cell, times in own.groupby("cell_id", sort=False).time_s:
        first, others = times.iat[0], times.iloc[1:]
        row = dict(cell_id=cell, others=len(others), first_s=first)
        if len(others):
            row |= dict(median_s=others.median(), max_s=others.max(), ratio=first / others.median())
        if len(others) >= 3:
            row["much_slower"] = int(first > others.max() and first > 1.5 * others.median())
        rows.append(row)
    return by_cell(tables, rows)


@reference([*CELL, "repetition", "attempt_id", "subject", "node_name", "time_s", "median_s", "measured", "z"],
           [*ORDER, "subject", "repetition", "node_name", "time_s"], dict(time_s=3, median_s=3, z=3))
def query_outliers(tables):
    found = []
    whole = tables.overall.assign(subject="attempt", node_name=None)
    for subject, timed in (("attempt", whole), ("node", tables.nodes_timed().assign(subject="node"))):
        for _, group in timed[timed.state == "COMPLETED"].groupby("cell_id"):
            found.append(group.assign(z=modified_z(group.time_s.to_numpy()), median_s=group.time_s.median(),
                                      measured=len(group)))
    found = pd.concat(found)[["cell_id", "repetition", "attempt_id", "subject", "node_name", "time_s", "median_s",
                              "measured", "z"]]
    return tables.measured_cells.merge(found[found.z.abs() > 3.5], on="cell_id")


@reference(["experiment", "launcher", "attempt_id", "environment", "nodes", "interpreters", "role", "repetition",
            "other_attempt_id", "other_environment", "other_nodes", "other_interpreters", "other_role",
            "other_repetition", "overlap_s"], ["experiment_id", "attempt_id", "other_attempt_id"], dict(overlap_s=3))
def query_overlaps(tables):
    ran = tables.attempts[tables.attempts.ended_unix_ns.notna()]
    pairs = ran.merge(ran.add_prefix("other_"), left_on="experiment_id", right_on="other_experiment_id")
    earlier = (pairs.began_unix_ns < pairs.other_began_unix_ns) | (
        (pairs.began_unix_ns == pairs.other_began_unix_ns) & (pairs.attempt_id < pairs.other_attempt_id))
    pairs = pairs[earlier & (pairs.cell_id != pairs.other_cell_id) & (pairs.other_began_unix_ns < pairs.ended_unix_ns)]
    ends = pairs[["ended_unix_ns", "other_ended_unix_ns"]].min(axis=1)
    return pairs.assign(overlap_s=(ends - pairs.other_began_unix_ns) / 1e9)


@reference([*CELL, "role", "attempts", "known", "node_hours", "in_vain", "median_node_hours"], [*ORDER, "role"],
           dict(node_hours=6, in_vain=6, median_node_hours=6))
def query_cost(tables):
    own = tables.attempts[tables.attempts.imported_ns.isna()]
    held = (own.slurm_end_unix_s - own.slurm_start_unix_s).fillna((own.ended_unix_ns - own.began_unix_ns) / 1e9)
    own = own.assign(hours=held * own.nodes.where(own.launcher != "local", 1) / 3600)
    own["vain"] = own.hours.where(own.state != "COMPLETED", 0)
    found = own.groupby("cell_id").agg(attempts=("hours", "size"), known=("hours", "count"),
                                       node_hours=("hours", "sum"), in_vain=("vain", "sum"),
                                       median_node_hours=("hours", "median"))
    return tables.cells.merge(found, on="cell_id")


def is_same(found, expected, decimals):
    if expected is None or expected is pd.NaT or (isinstance(expected, float) and np.isnan(expected)):
        return found is None
    if found is None or isinstance(expected, str):
        return found == expected
    tolerance = 0.500_001 * 10.0**-decimals if decimals is not None else 1e-9 * abs(expected)
    return abs(float(found) - expected) <= tolerance


def ordered(rows, order):
    names, keys = [name.removeprefix("-") for name in order], {}
    for name, key in zip(names, order):
        keys[f"by {name}"] = -rows[name] if key.startswith("-") else rows[name]
    return rows.assign(**keys).sort_values(list(keys), na_position="first", kind="stable")


def differences(name, tables, found):
    if name not in REFERENCES:
        return ["there is no reference: write one"]
    function, columns, order, decimals = REFERENCES[name]
    if found["columns"] != columns:
        return [f"columns {found['columns']}, expected {columns}"]
    expected = ordered(function(tables), order)[columns].astype(object).to_numpy().tolist()
    if not expected:
        return ["the store has nothing for it"]
    if len(found["rows"]) != len(expected):
        return [f"{len(found['rows'])} rows, expected {len(expected)}"]
    return [f"row {number}: {column} is {value}, expected {wanted}"
            for number, (row, other) in enumerate(zip(found["rows"], expected), 1)
            for column, value, wanted in zip(columns, row, other)
            if not is_same(value, wanted, decimals.get(column))]


def main(file, found_file):
    tables = Tables(file)
    with open(found_file, encoding="utf-8") as stream:
        found = json.load(stream)
    wrong = [f"{name}: {text}" for name in found for text in differences(name, tables, found[name])]
    wrong += [f"{name}: there is no such query" for name in REFERENCES if name not in found]
    print(*wrong, sep="\n")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
