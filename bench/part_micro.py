"""Single uses of locks (bench/micro/), under every setup."""

import subprocess

import peers
import results
import sampling

TIMEOUT = 20
# What a program prints, in this order.
QUANTITIES = [("wall", "ns"), ("cpu", "ns"), ("operations", ""), ("memory", "KiB")]


def cases(run):
    """(name, threads, what one operation is)"""
    listed = subprocess.run(
        [run.built("bench/micro/micro"), "list"], capture_output=True, text=True, check=True
    ).stdout
    return [line.split("\t") for line in listed.splitlines()]


def measure(run, setup, case):
    milliseconds = 40 if setup.slow or run.quick else 150
    program = run.built("bench/micro/micro" + setup.suffix)
    printed = peers.output_of(run, setup, [program, case, str(milliseconds)], TIMEOUT)
    return printed and [float(word) for word in printed.split()]


def add_case(run, rows, setups, case):
    # No tool sees anything there.
    setups = setups[:1] if case.startswith("floor_") else setups
    samples = sampling.interleaved(run, case, setups, lambda setup: measure(run, setup, case))
    for setup in setups:
        note = "" if samples[setup.name] else f">{TIMEOUT} s"
        for i, (quantity, unit) in enumerate(QUANTITIES):
            values = [sample[i] for sample in samples[setup.name]]
            bare = [sample[i] for sample in samples[setups[0].name]]
            rows.append(results.Row("micro", case, setup.name, quantity, unit, values, bare, note))


def show(run, rows, setups, names):
    lines = []
    for case in names:
        bare = rows.find("micro", case, "bare", run.clock)
        line = [case, results.number(bare.median) if bare else "-"]
        lines.append(line + [results.ratio(rows.find("micro", case, setup.name, run.clock)) for setup in setups[1:]])
    print(f"  ns of {run.clock} time an operation, bare; then ratios to bare: median (quartiles)")
    results.print_table(["case", "bare"] + ["x " + setup.name for setup in setups[1:]], lines)


def add_rows(run, rows):
    setups = peers.chosen(run)
    names = [name for name, *_ in cases(run) if run.wants(name)]
    for case in names:
        add_case(run, rows, setups, case)
    run.progress.clear()
    show(run, rows, setups, names)
    show_memory(rows)


def show_memory(rows):
    """What each of many threads costs: the difference between few and many of them."""
    for setup in ("bare", "lockhound", "full"):
        few = rows.find("micro", "threads_1", setup, "memory")
        many = rows.find("micro", "threads_2000", setup, "memory")
        if few and many and few.median and many.median:
            print(f"  memory per thread, {setup}: {(many.median - few.median) / 1999:.1f} KiB")
