"""How big traces become: bytes for each more operation of a program that does the same for ever."""

import os
import subprocess

import peers
import results

CASES = ["mutex_nested_4", "rwlock_read", "cond_ping_pong", "create_join", "lock_life", "sites_100"]
COUNTS = [100, 1000, 10000, 100000]
# What takes longer, or fills the disk.
FEWER = {"create_join": COUNTS[:3], "cond_ping_pong": COUNTS[:3]}


def size_of(run, setup, case, count):
    program = run.built("bench/micro/micro")
    subprocess.run(
        [program, case, f"x{count}"], env=peers.environment(run, setup), stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL, check=True,
    )
    size = sum(os.path.getsize(path) for path in peers.traces(run))
    peers.remove_traces(run)
    return size


def add_rows(run, rows):
    lines = []
    for case in filter(run.wants, CASES):
        for setup in peers.chosen(run, ("lockhound", "full")):
            counts = FEWER.get(case, COUNTS)
            sizes = []
            for count in counts:
                run.progress.say(f"trace: {case}, {setup.name}, {count:,} operations")
                sizes.append(size_of(run, setup, case, count))
                rows.append(results.Row("growth/trace-size", str(count), f"{case}, {setup.name}", "operations",
                                        "bytes", [sizes[-1]], note="Size of the trace by operations"))
            more = (sizes[-1] - sizes[-2]) / (counts[-1] - counts[-2])
            rows.append(results.Row("trace", case, setup.name, "size", "bytes/operation", [more]))
            lines.append([case, setup.name, f"{sizes[0]:,}", f"{sizes[-1]:,}", f"{counts[-1]:,}", f"{more:.1f}"])
    run.progress.clear()
    results.print_table(
        ["case", "mode", f"bytes after {COUNTS[0]}", "bytes at the end", "operations", "bytes for one more"], lines
    )
