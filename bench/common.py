"""What the benchmarks share: peers measured in turn, the ratios of one run, and plain words on whether they hold."""
import argparse
import collections
import contextlib
import math
import os
import pathlib
import platform
import re
import sqlite3
import statistics
import subprocess
import sys
import threading
import time

ENOUGH_PAIRS = 9  # below that no ratio is judged
SKIPPED = 77  # exit status: something that the benchmark needs is not here


def built(folder):
    """Its absolute path; refused unless all was built there, for scripts/demo builds only what it needs itself."""
    path = pathlib.Path(folder).resolve()
    if not (path / "bin/bench-stamp").exists():
        raise argparse.ArgumentTypeError(f"expected a folder in which all was built, found no {path}/bin/bench-stamp: "
                                         "cmake --preset release && cmake --build --preset release")
    return path


def parser(description):
    """Of a benchmark's command line, with what all of them take."""
    options = argparse.ArgumentParser(description=description, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--build", type=built, default="build/release",
                         help="where gaggle was built (build/release)")
    return options


def parser_of_pairs(description):
    options = parser(description)
    options.add_argument("--pairs", type=int, default=ENOUGH_PAIRS,
                         help=f"of measurements, for each ratio ({ENOUGH_PAIRS}; below that none is judged)")
    return options


def skip(reason):
    """Says why there is nothing to measure; returns the exit status."""
    print(f"{sys.argv[0]}: {reason}", file=sys.stderr)
    return SKIPPED


def bare_environment():
    """The variables that interpreters of the worker get, for what is compared with them."""
    names = ("HOME", "USER", "LOGNAME", "SHELL", "LANG", "TMPDIR")
    return {"PATH": "/usr/local/bin:/usr/bin:/bin", **{name: os.environ[name] for name in names if name in os.environ}}


def print_machine():
    with open("/proc/cpuinfo") as cpuinfo:
        models = [line.split(":")[1].strip() for line in cpuinfo if line.startswith("model name")]
    model = models[0] if models else platform.machine()
    print(f"machine: {os.cpu_count()} CPUs ({model}), Linux {platform.release()}, load {os.getloadavg()[0]:.2f} at the "
          "start", flush=True)


def in_turn(pairs, ways):
    """Calls each of `ways` (name: function) once in each of `pairs` rounds, in this order and the reverse of it by
    turns. Returns name: list of what it returned."""
    results = {name: [] for name in ways}
    for pair in range(pairs):
        for name in list(ways)[::-1 if pair % 2 else 1]:
            results[name].append(ways[name]())
    return results


def print_ratio(what, ours, theirs, lowest=None, highest=None):
    """Prints the median of the pairwise ratios ours ÷ theirs with their quartiles and extremes and, where there is a
    target, whether the median reaches it."""
    ratios = [mine / other for mine, other in zip(ours, theirs, strict=True)]
    quartiles = statistics.quantiles(ratios, method="inclusive") if len(ratios) > 1 else ratios * 3
    line = (f"{what}: {quartiles[1]:.4g}   (quartiles {quartiles[0]:.4g} … {quartiles[2]:.4g}, all {min(ratios):.4g} … "
            f"{max(ratios):.4g}, {len(ratios)} pairs)")
    if lowest is not None or highest is not None:
        one_sided = f"≤ {highest:g}" if lowest is None else f"≥ {lowest:g}"
        target = one_sided if None in (lowest, highest) else f"{lowest:g} … {highest:g}"
        line += f"   {verdict(quartiles[1], lowest, highest, len(ratios) >= ENOUGH_PAIRS)}: target {target}"
    print(line, flush=True)


def verdict(value, lowest, highest, is_enough):
    """In a word; nothing is said of what too few measurements gave."""
    if not is_enough:
        return "NOT JUDGED"
    reached = (lowest is None or value >= lowest) and (highest is None or value <= highest)
    return "PASS" if reached else "MISSED"


@contextlib.contextmanager
def private_slurm(folder, nodes, *settings):
    """A private Slurm of so many nodes in `folder` while the context lasts; SLURM_CONF names it. `settings` are lines of
    its slurm.conf."""
    sandbox = pathlib.Path(__file__).parent.parent / "scripts/sandbox-cluster"
    arguments = [word for setting in settings for word in ("--option", setting)]
    started = subprocess.run([sandbox, "start", "--nodes", str(nodes), *arguments, folder],
                             check=True, stdout=subprocess.PIPE, text=True).stdout
    os.environ["SLURM_CONF"] = started.split("=", 1)[1].strip().strip("'\"")
    try:
        yield
    finally:
        subprocess.run([sandbox, "stop", "--remove", folder], check=True)


# What slurmd, slurmstepd and srun inside a job ask for.
OF_JOBS = frozenset({"MESSAGE_NODE_REGISTRATION_STATUS", "MESSAGE_EPILOG_COMPLETE", "REQUEST_STEP_COMPLETE",
                     "REQUEST_JOB_STEP_CREATE", "REQUEST_HET_JOB_ALLOC_INFO", "REQUEST_COMPLETE_BATCH_SCRIPT",
                     "REQUEST_COMPLETE_PROLOG", "REQUEST_CANCEL_JOB_STEP", "REQUEST_STATS_INFO"})


def requests():
    """slurmctld's counts since it started, by type."""
    text = subprocess.run(["sdiag"], check=True, stdout=subprocess.PIPE, text=True).stdout
    by_type = text.split("by message type", 1)[1].split("by user", 1)[0]
    return collections.Counter({name: int(count) for name, count in
                                re.findall(r"^\s+(\w+)\s+\(\s*\d+\) count:(\d+)", by_type, re.MULTILINE)})


def where_the_user_is(counts, inside=OF_JOBS):
    """Of these counts those of types that are not made inside a job."""
    return collections.Counter({name: count for name, count in counts.items() if name not in inside})


def rows_of(store, sql, **parameters):
    """Rows of a store's database."""
    database = sqlite3.connect(f"file:{store}/results.db?mode=ro", uri=True)
    try:
        return database.execute(sql, parameters).fetchall()
    finally:
        database.close()


def print_limit(what, value, highest, unit=""):
    """Of one thing measured against a limit that is no peer's."""
    print(f"{what}: {value:.4g}{unit}   {verdict(value, None, highest, True)}: target ≤ {highest:g}{unit}", flush=True)


def print_growth(what, sizes, values, highest=1.1, is_enough=True):
    """Prints the exponent of values = factor × sizes^exponent, by least squares on the logarithms. Above 1 by less than
    a tenth is linear: the logarithm of a deeper tree."""
    if len(set(sizes)) < 2:
        return
    exponent = statistics.linear_regression([math.log(size) for size in sizes], [math.log(v) for v in values]).slope
    shown = ", ".join(f"{size}: {value:.3g}" for size, value in zip(sizes, values, strict=True))
    print(f"{what} grows with the power {exponent:.3f} ({shown})   "
          f"{verdict(exponent, None, highest, is_enough and len(sizes) >= 4)}: target ≤ {highest:g}", flush=True)


class Watch:
    """The high-water mark of a running process's memory (VmHWM), without that of its children."""

    def __init__(self, process):
        self.mib = 0
        self.process = process
        self.thread = threading.Thread(target=self.look)
        self.thread.start()

    def look(self):
        try:
            while True:
                status = pathlib.Path(f"/proc/{self.process.pid}/status").read_text()
                marks = [line for line in status.splitlines() if line.startswith("VmHWM:")]
                if not marks:  # it has ended
                    return
                self.mib = int(marks[0].split()[1]) / 1024
                time.sleep(0.01)
        except OSError:
            return

    def end(self):
        self.thread.join()
        return self.mib


def watched(command):
    """Runs a command to its end; returns its memory's high-water mark in MiB."""
    process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    watch = Watch(process)
    words = process.communicate()[1].decode()
    assert process.returncode == 0, words
    return watch.end()


def spread(stamps, n):
    """Of the instants that n copies of bench-stamp left in a file, which is removed; ns."""
    times = [int(line) for line in stamps.read_text().split()]
    stamps.unlink()
    assert len(times) == n, f"{len(times)} of {n} started"
    return max(times) - min(times)


def stamping(build, stamps):
    """The lines of an [[environment]] in which bench-stamp stands in for the interpreter."""
    return f'kind = "command"\nlanguage = "none"\ncommand = ["{build}/bin/bench-stamp", "{stamps}"]'


class Measurement:
    """An experiment with one cell, measured as often as run() is called."""

    def __init__(self, build, folder, environment, top, start=("run",)):
        """`environment`: the lines of [[environment]]; `top`: those before it, keys as in docs/experiment-file.md.
        `start`: gaggle's command."""
        self.program = build / "bin/gaggle"
        self.start = start
        self.folder = pathlib.Path(folder)
        self.folder.mkdir(exist_ok=True)
        self.experiment = self.folder / "experiment.toml"
        self.experiment.write_text(f'name = "bench"\ncontrols = false\n{top}\n'
                                   f'[[environment]]\nname = "bench"\n{environment}\n')

    def command(self):
        return [self.program, *self.start, self.experiment, "--again", "--store", self.folder / "store"]

    def run(self):
        subprocess.run(self.command(), check=True, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                       stderr=subprocess.PIPE)

    def query(self, sql):
        """Rows of the last run; SQL on the store's tables and views, in which :experiment is that run's."""
        store = self.folder / "store"
        (last,), = rows_of(store, "SELECT max(id) FROM experiment")
        return rows_of(store, sql, experiment=last)
