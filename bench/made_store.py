"""Stores with as many made-up interpreters as a benchmark asks for: bench-store plans attempts and writes their records."""
import subprocess
import time

import common


def collect(build, store):
    """Returns seconds and MiB."""
    began = time.monotonic()
    memory_mib = common.watched([build / "bin/gaggle", "collect", "--store", store])
    return time.monotonic() - began, memory_mib


def add_attempts(build, store, attempts, options, seed):
    """Planned and measured, not collected. An even number: half of them are of each of two environments."""
    subprocess.run([build / "bin/bench-store", store, str(attempts), str(options.nodes), str(options.interpreters),
                    str(seed)], check=True)


def remove_records(store):
    for record in store.glob("experiments/*/arrays/*/records/*.record"):
        record.unlink()


def fill(options, store, thousands, seed):
    """With so many interpreters in all, some at a time, so that their record files need no more than their share."""
    of_attempt = options.nodes * options.interpreters
    most = 2 * max(1, 500_000 // of_attempt)
    wanted = 2 * max(1, round(thousands * 1000 / of_attempt / 2))
    began = time.monotonic()
    collecting = 0
    for done in range(0, wanted, most):
        add_attempts(options.build, store, min(most, wanted - done), options, seed + done)
        collecting += collect(options.build, store)[0]
        remove_records(store)
    print(f"{thousands} thousand interpreters: made in {time.monotonic() - began:.0f} s, collected in {collecting:.1f} s",
          flush=True)
    return collecting
