#!/usr/bin/env python3
"""Hold docs/trace-format.md to trace/trace.h: every offset, size and number in its tables.

The tables are turned into static assertions, which the compiler judges.
Usage: format_doc.py SOURCE_ROOT COMPILER...
"""

import os
import re
import subprocess
import sys

STRUCT = re.compile(r"`struct (lh_trace_\w+)`")
FIELD = re.compile(r"^\| (\d+) \| (\d+)( each)? \| `(\w+)` \|")
NAMED = re.compile(r"^\| (0x[0-9a-f]+|\d+) \| ([A-Z][A-Z0-9_]+) \|")
RECORD = re.compile(r"^\*\*(\d+), ([A-Z]+)\*\*")

# Headings of the first column and section -> prefix of the constants in the table.
PREFIXES = [
    ("| place | name | counts |", "LH_COUNT_", "LH_"),
    ("| type | name | contents after the header |", "LH_EXTENT_", None),
    ("| flag | name | meaning |", "LH_LOCK_", None),
    ("| type | name | meaning |", "LH_EVENT_", None),
]


def constant(prefixes, name):
    return prefixes[1] + name if name.startswith("DROP_") else prefixes[0] + name


def assertions(lines):
    struct, prefixes = None, None
    for number, line in enumerate(lines, 1):
        found = STRUCT.search(line)
        if found:
            struct = found[1]
        for heading, *names in PREFIXES:
            if line.strip() == heading:
                prefixes = names
        field, named, record = FIELD.match(line), NAMED.match(line), RECORD.match(line)
        if field:
            yield number, f"offsetof(struct {struct}, {field[4]}) == {field[1]}"
            element = "[0]" if field[3] else ""
            yield number, f"sizeof(((struct {struct} *)0)->{field[4]}{element}) == {field[2]}"
        elif named:
            yield number, f"{constant(prefixes, named[2])} == {named[1]}"
        elif record:
            yield number, f"LH_RECORD_{record[2]} == {record[1]}"


def fields_left_out(header, text):
    """Fields and constants of trace.h that the page does not mention."""
    for name in re.findall(r"^\s+(?:u?int\d+_t|char|struct \w+) ([\w, \[\]]+);", header, re.M):
        for field in name.split(","):
            field = field.split("[")[0].strip()
            if f"`{field}`" not in text and field != "record":
                yield f"field {field}"


def main():
    root, compiler = sys.argv[1], sys.argv[2:]
    page = os.path.join(root, "docs", "trace-format.md")
    with open(page, encoding="utf-8") as file:
        text = file.read()
    with open(os.path.join(root, "trace", "trace.h"), encoding="utf-8") as file:
        header = file.read()
    checks = list(assertions(text.split("\n")))
    source = ['#include "trace.h"']
    for number, check in checks:
        source += [f'#line {number} "docs/trace-format.md"', f'_Static_assert({check}, "");']
    result = subprocess.run(
        compiler + ["-std=gnu11", "-fsyntax-only", "-I", os.path.join(root, "trace"), "-x", "c", "-"],
        input="\n".join(source) + "\n",
        text=True,
        check=False,
    )
    missing = list(fields_left_out(header, text))
    for name in missing:
        print(f"docs/trace-format.md: says nothing of {name}")
    print(f"{len(checks)} statements of the page checked")
    sys.exit(1 if result.returncode or missing or len(checks) < 100 else 0)


if __name__ == "__main__":
    main()
