"""Programs compiled for the race detector: bench/races, which prints a table of its own."""

import os
import subprocess
import sys

import results

QUANTITIES = [("wall", "s"), ("cpu", "s"), ("memory", "MiB")]
OURS, THEIRS = "lockhound", "ThreadSanitizer"


def samples_of(path):
    """{(program, what it does): {setup: [[wall, cpu, memory] of each run]}}"""
    found = {}
    with open(path, encoding="utf-8") as lines:
        for line in lines:
            kind, what, setup, *values = line.rstrip("\n").split("\t")
            found.setdefault((kind, what), {}).setdefault(setup, []).append([float(one) for one in values])
    return found


def rows_of(kind, what, runs):
    """Each setup beside the bare program, and Lockhound beside ThreadSanitizer."""
    for at, (quantity, unit) in enumerate(QUANTITIES):
        values = {setup: [one[at] for one in runs[setup]] for setup in runs}
        for setup in values:
            yield results.Row("races", kind, setup, quantity, unit, values[setup], values["bare"], what)
        if OURS in values and THEIRS in values:
            yield results.Row("races/peer", kind, OURS, quantity, unit, values[OURS], values[THEIRS], what)


def add_rows(run, rows):
    path = os.path.join(run.folder, "races.samples")
    command = [sys.executable, os.path.join(run.source, "races"), run.build, "--samples", path]
    command += ["-r", str(run.repetitions), *(["-s", "0.3"] if run.quick else [])]
    run.progress.clear()
    subprocess.run(command, check=True)
    for (kind, what), runs in samples_of(path).items():
        rows.extend(rows_of(kind, what, runs))
