"""Puts what was measured into the pages: tables between `<!-- bench: NAME -->` and `<!-- bench end -->`."""

import os
import platform
import re

import results

MARKED = re.compile(r"(<!-- bench: (\w+) -->\n).*?(<!-- bench end -->)", re.DOTALL)
# Cases of the short table in the README.
SHORT = [
    ("mutex_pair", "lock and unlock a mutex"),
    ("mutex_nested_4", "4 mutexes in order"),
    ("rwlock_read", "read lock and unlock"),
    ("stack_80", "lock and unlock, 80 calls deep"),
    ("cond_ping_pong", "two threads wake each other"),
    ("threads_2000", "2,000 threads with a lock each"),
]


def markdown(head, lines):
    rows = [head, ["---"] + ["---:"] * (len(head) - 1), *lines]
    return "".join("| " + " | ".join(row) + " |\n" for row in rows)


def machine(run):
    with open("/proc/cpuinfo", encoding="utf-8") as lines:
        names = [line.split(":")[1].strip() for line in lines if line.startswith("model name")]
    return (
        f"Measured on {len(names)} processors ({names[0]}), Linux {platform.release().split('-')[0]}, "
        f"glibc {platform.libc_ver()[1]}; {run.clock} time; medians of {run.repetitions} repetitions in turns, "
        "quartiles in brackets.\n\n"
    )


def setups_of(rows, part):
    return [name for name in dict.fromkeys(row.setup for row in rows.of(part)) if name != "bare"]


def micro(run, rows, cases=None):
    chosen = rows.of("micro", run.clock)
    setups = setups_of(rows, "micro")
    words = dict(cases or [])
    lines = []
    for case in dict.fromkeys(row.case for row in chosen):
        if case.startswith("floor_") or words and case not in words:
            continue
        bare = rows.find("micro", case, "bare", run.clock)
        line = [words.get(case, f"`{case}`"), f"{results.number(bare.median)} ns"]
        lines.append(line + [results.ratio(rows.find("micro", case, name, run.clock)) for name in setups])
    return markdown(["", "bare"] + setups, lines) if lines else None


def short(run, rows):
    return micro(run, rows, SHORT)


def floor(run, rows):
    chosen = [row for row in rows.of("micro", run.clock) if row.case.startswith("floor_")]
    lines = [[f"`{row.case}`", f"{results.number(row.median)} ns"] for row in chosen]
    return markdown(["", "each"], lines) if lines else None


def programs(run, rows):
    text = []
    for quantity, unit in [("wall", "s"), ("cpu", "s"), ("memory", "KiB")]:
        lines = []
        for name in dict.fromkeys(row.case for row in rows.of("programs") if not row.case.endswith("/less")):
            bare = rows.find("programs", name, "bare", quantity)
            found = [rows.find("programs", name, one, quantity) for one in ("lockhound", "full", "tsan")]
            found += [rows.find("programs", name + "/less", one, quantity) for one in ("helgrind", "drd")]
            lines.append([name, f"{results.number(bare.median)} {unit}"] + [results.ratio(row) for row in found])
        if lines:
            head = [quantity, "bare", "lockhound", "full", "tsan", "helgrind", "drd"]
            text.append(markdown(head, lines))
    return "\n".join(text) or None


def trace(_run, rows):
    lines = []
    for row in rows.of("trace"):
        grown = [one for one in rows.of("growth/trace-size") if one.setup == f"{row.case}, {row.setup}"]
        line = [f"`{row.case}`", row.setup, f"{grown[0].median:,.0f}", f"{grown[-1].median:,.0f}"]
        lines.append(line + [f"{int(grown[-1].case):,}", f"{row.median:.1f}"])
    head = ["", "mode", "bytes after 100 operations", "bytes at the end", "operations", "bytes for one more"]
    return markdown(head, lines) if lines else None


def analyzer(_run, rows):
    lines = []
    for row in rows.of("analyzer"):
        part = "growth/analyzer-{}-" + ("events" if "events" in row.setup else "dependencies")
        cells = [
            one.median for quantity in ("seconds", "processor", "memory")
            for one in rows.of(part.format(quantity)) if (one.case, one.setup) == (row.case, row.setup)
        ]
        line = [row.setup, f"{int(row.case):,}", f"{row.median:,.1f}"]
        lines.append(line + [results.number(value) for value in cells])
    head = ["", "size", "MiB of trace", "seconds", "processor seconds", "MiB of memory"]
    return markdown(head, lines) if lines else None


def races(_run, rows):
    lines = []
    for row in rows.of("races/peer", "cpu"):
        memory = rows.find("races/peer", row.case, row.setup, "memory")
        lines.append([f"**{row.case}**: {row.note}", results.ratio(row), results.ratio(memory)])
    head = ["", "time of processors", "memory"]
    return markdown(head, lines) if lines else None


TABLES = {
    "machine": lambda run, rows: machine(run) if rows.of("micro") or rows.of("programs") else None, "micro": micro, "short": short, "floor": floor,
    "programs": programs, "trace": trace, "analyzer": analyzer, "races": races,
}


def update(run, rows, path):
    """Only what there are rows for is replaced."""
    with open(path, encoding="utf-8") as page:
        text = page.read()

    def replaced(match):
        table = TABLES[match[2]](run, rows)
        return match[1] + table + match[3] if table else match[0]

    with open(path, "w", encoding="utf-8") as page:
        page.write(MARKED.sub(replaced, text))


def update_pages(run, rows):
    root = os.path.dirname(run.source)
    for page in ("docs/performance.md", "docs/races.md", "README.md"):
        update(run, rows, os.path.join(root, page))
