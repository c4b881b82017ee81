"""How the analyzer grows: made up traces of many sizes (bench/trace/), written, read, forgotten."""

import os
import subprocess

import results

# kind of trace, command, what grows, sizes, those of --quick
KINDS = [
    ("events", "report", "events", [10**n for n in range(4, 9)], [10**n for n in range(4, 8)]),
    ("events", "timeline", "events", [10**n for n in range(4, 9)], [10**n for n in range(4, 7)]),
    ("ordered", "report", "dependencies", [10**n for n in range(1, 7)], [10**n for n in range(1, 7)]),
    ("pairs", "report", "dependencies", [10**n for n in range(1, 7)], [10**n for n in range(2, 7)]),
    ("tangled", "report", "dependencies", [10**n for n in range(1, 7)], [10**n for n in range(2, 6)]),
]
TIMEOUT = 300
FOUND = 66


def timed(run, words):
    """Seconds of the clock, of the processor, MiB; None: too long."""
    result = os.path.join(run.folder, "result")
    try:
        subprocess.run(
            [run.built("bench/real/timed"), result, *words], stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, timeout=TIMEOUT, check=True,
        )
    except subprocess.TimeoutExpired:
        return None
    with open(result, encoding="ascii") as values:
        wall, cpu, kib, status = values.read().split()
    if int(status) not in (0, FOUND):
        raise RuntimeError(f"{' '.join(words)}: exit status {status}")
    return float(wall), float(cpu), float(kib) / 1024


def measure(run, rows, kind, command, unit, size):
    trace = os.path.join(run.folder, "made.trace")
    subprocess.run([run.built("bench/trace/write_trace"), kind, str(size), trace], check=True)
    taken = []
    for _ in range(1 if size > 10**6 or run.quick and size > 10**5 else 3):
        run.progress.say(f"analyzer: {size:,} {unit} ({kind})")
        taken.append(timed(run, [run.built("analyzer/cli/lockhound"), command, "-o", "/dev/null", trace]))
    mib = os.path.getsize(trace) / 2**20
    os.unlink(trace)
    rows.append(results.Row("analyzer", str(size), f"{command}: {kind}", "trace", "MiB", [mib]))
    if None in taken:
        return [f"{command}: {kind}", f"{size:,}", f"{mib:,.1f}", f">{TIMEOUT} s", "-", "-"]
    for i, (quantity, of) in enumerate([("seconds", "s"), ("processor seconds", "s"), ("memory", "MiB")]):
        values = [sample[i] for sample in taken]
        part = f"growth/analyzer-{quantity.split()[0]}-{unit}"
        note = f"Analyzer: {quantity} by {unit}"
        rows.append(results.Row(part, str(size), f"{command}: {kind}", unit, of, values, note=note))
    middle = [sorted(column)[len(taken) // 2] for column in zip(*taken)]
    return [f"{command}: {kind}", f"{size:,}", f"{mib:,.1f}", *[results.number(value) for value in middle]]


def add_rows(run, rows):
    lines = []
    for kind, command, unit, sizes, quick_sizes in KINDS:
        if run.wants(kind):
            lines += [measure(run, rows, kind, command, unit, size) for size in (quick_sizes if run.quick else sizes)]
    run.progress.clear()
    results.print_table(["command and trace", "size", "MiB of trace", "seconds", "processor s", "MiB of memory"], lines)
