#!/usr/bin/env python3
"""Run rows of python_cases.py: run_python.py LOCKHOUND SAMPLES INTERPRETER [CASE...]."""

import collections
import os
import sys

import harness
import python_cases
from harness import require

GATE = 66
TIMEOUT = 124


def marked_line(source, marker):
    """The line whose comment is the marker."""
    with open(source, encoding="utf-8") as file:
        lines = [number for number, line in enumerate(file, 1) if line.rstrip().endswith("  # " + marker)]
    require(len(lines) == 1, f"{source}: {len(lines)} lines are marked '{marker}'")
    return lines[0]


def last_stack(thread):
    """What the thread does last: wants or waits for something, joins a thread, or merely holds."""
    if thread["wants"]:
        return thread["wants"]["stack"]
    if thread.get("joins_stack"):
        return thread["joins_stack"]
    return thread["holds"][-1]["stack"] if thread["holds"] else []


def place_of(stack, source):
    """The innermost frame in the sample."""
    for frame in stack:
        if frame["file"] and os.path.basename(frame["file"]) == os.path.basename(source):
            return frame["function"].rsplit(".", 1)[-1], frame["line"]
    return None


def check_finding(finding, case, source):
    require((finding["kind"], finding["severity"]) == (case.kind, case.severity), "another kind")
    found = collections.Counter(place_of(last_stack(thread), source) for thread in finding["threads"])
    for place, count in case.places.items():
        function, marker = place.split(" ", 1)
        expected = function, marked_line(source, marker)
        require(found[expected] == count, f"{expected} {count} times, not among {dict(found)}")
    require(not case.lock or any(case.lock in lock["class"] for lock in finding["locks"]), f"no lock {case.lock}")
    texts = [finding["message"]] + [thread.get("why", "") for thread in finding["threads"]]
    require(any(case.says in text for text in texts), f"'{case.says}' is not said")


def check_report(report, case, source):
    try:
        require(report["complete"] and report["dropped"] == 0, "something was dropped")
        kinds = [finding["kind"] for finding in report["findings"]]
        require(kinds == ([case.kind] if case.kind else []) + list(case.others), f"findings {kinds}")
        if case.kind:
            check_finding(report["findings"][0], case, source)
    except harness.Failure as failure:
        raise harness.Failure(f"{failure}\n{harness.describe(report)}") from failure


def is_too_new(interpreter, before):
    words = harness.run([interpreter, "-V"]).stdout.decode().split()
    return before and tuple(map(int, words[1].split(".")[:2])) >= before


def run_case(lockhound, interpreter, case, source):
    options = ["--stall-grace=0.5"] + (["--timeout=3"] if case.timeout else [])
    ended, report = lockhound.run([interpreter, source], *options)
    check_report(report, case, source)
    if case.notes:
        told = harness.run([lockhound.path, "run", "--", interpreter, source])
        require(case.notes.encode() not in b" ".join(told.stderr.split()), told.show())
    expected = GATE if case.kind else TIMEOUT if case.timeout else 0
    require(ended.exit == expected, f"exit status {ended.exit}, not {expected}\n{ended.show()}")
    if not case.timeout and (not case.kind or case.severity == "warning"):
        bare = harness.run([interpreter, source])
        require((bare.exit, bare.stdout) == (0, ended.stdout), f"another output than\n{bare.show()}")
        require(bare.stderr == b"", f"the sample fails by itself\n{bare.show()}")


def main(lockhound, samples, interpreter, *names):
    def test(folder):
        for name in names or [case.name for case in python_cases.CASES]:
            case = python_cases.find(name)
            source = os.path.join(os.path.abspath(samples), name + ".py")
            if is_too_new(interpreter, case.before):
                if names:
                    raise harness.Skip(f"{name} is for Pythons before {case.before}")
                continue
            run_case(harness.Lockhound(lockhound, folder), interpreter, case, source)

    return harness.main(test, names[0] if names else "python samples")


if __name__ == "__main__":
    if len(sys.argv) < 4:
        sys.exit(__doc__)
    sys.exit(main(*sys.argv[1:]))
