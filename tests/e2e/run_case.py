#!/usr/bin/env python3
"""Run one row of cases.py: run_case.py LOCKHOUND SAMPLES_SOURCE SAMPLES_BUILD CASE."""

import itertools
import os
import sys

import cases
import harness
from harness import require

KILLED = 128 + 9
GATE = 66
STALLS = {"stall", "lost-wakeup", "starved-barrier", "starved-semaphore", "blocking-while-held"}


def frame_of(held, place, source):
    """The innermost frame that lies in the sample's source is the marked line of the function, or any."""
    line = cases.marked_line(source, place.marker) if place.marker else None
    base = os.path.basename(source)
    for frame in held["stack"]:
        if frame["file"] and os.path.basename(frame["file"]) == base:
            name = frame["function"] or ""
            return line in (None, frame["line"]) and (name == place.function or name.startswith(place.function + "("))
    return False


def names_lock(held, lock):
    return lock in held["lock"] or lock in held["class"]


def matches(held, place, source):
    return names_lock(held, place.lock) and held["mode"] == place.mode and frame_of(held, place, source)


def thread_matches(found, expected, source):
    """`holds` may have more than what is expected; the order is that of the table."""
    if expected.name is not None and found["name"] != expected.name:
        return False
    holds = iter(found["holds"])
    if not all(any(matches(held, place, source) for held in holds) for place in expected.holds):
        return False
    if expected.why not in found.get("why", ""):
        return False
    if expected.wants is None:
        return found["wants"] is None
    return found["wants"] is not None and matches(found["wants"], expected.wants, source)


def threads_match(found, expected, source):
    """Some way of pairing them off fits. A long cycle may begin anywhere, so rotations are enough."""
    if len(found) != len(expected):
        return False
    orders = itertools.permutations(expected) if len(expected) < 6 else (
        expected[i:] + expected[:i] for i in range(len(expected)))
    return any(all(thread_matches(f, e, source) for f, e in zip(found, order)) for order in orders)


def access_matches(found, expected, source):
    access, names = found["access"], [held["lock"] for held in found["holds"]]
    if expected.kind not in (None, access["kind"]) or access["atomic"] != expected.atomic:
        return False
    if len(names) != len(expected.holds) or not all(want in name for want, name in zip(expected.holds, names)):
        return False
    return frame_of(access, expected, source)


def race_matches(found, expected, source):
    memory, one, two = found["memory"], *found["threads"]
    if expected.memory not in memory["text"] or expected.remedy not in found["remedy"]:
        return False
    if expected.guard is not None and (memory["guard"] is None or expected.guard not in memory["guard"]["lock"]):
        return False
    orders = expected.accesses, expected.accesses[::-1]
    return any(access_matches(one, a, source) and access_matches(two, b, source) for a, b in orders)


def finding_matches(found, expected, source):
    if (found["kind"], found["severity"]) != (expected.kind, expected.severity):
        return False
    if expected.race is not None:
        return race_matches(found, expected.race, source)
    if bool(found.get("timed")) != expected.timed or found.get("similar", 0) != expected.similar:
        return False
    if not expected.threads:
        return True
    locks = len(expected.threads) if expected.locks is None else expected.locks
    return len(found["locks"]) == locks and threads_match(found["threads"], expected.threads, source)


def check_findings(report, case, source):
    found = list(report["findings"])
    require(case.more or len(found) == len(case.findings), f"{len(found)} findings, not {len(case.findings)}")
    for expected in case.findings:
        fitting = next((one for one in found if finding_matches(one, expected, source)), None)
        require(fitting is not None, f"no finding fits {expected}")
        found.remove(fitting)
    if case.more:
        kinds = {expected.kind for expected in case.findings}
        require(set(report["summary"]) == kinds, f"summary {report['summary']}, not {kinds}")
        return
    counts = {}
    for expected in case.findings:
        counts[expected.kind] = counts.get(expected.kind, 0) + 1
    require(report["summary"] == counts, f"summary {report['summary']}, not {counts}")


def check_report(report, case, source):
    try:
        require(report["complete"], "the report calls itself incomplete")
        require(report["dropped"] == 0, f"{report['dropped']} events dropped")
        check_findings(report, case, source)
        if case.filtered is not None:
            require(report["filtered"] == case.filtered, f"filtered {report['filtered']}, not {case.filtered}")
        if case.more:
            return None
        fingerprints = [finding["fingerprint"] for finding in report["findings"]]
        require(len(set(fingerprints)) == len(fingerprints), "two findings share a fingerprint")
        return fingerprints
    except harness.Failure as failure:
        raise harness.Failure(f"{failure}\n{harness.describe(report)}") from failure


def run_to_its_end(lockhound, case, program, source):
    bare = harness.run([program])
    require(bare.exit == 0 and not bare.stderr, f"the sample fails by itself\n{bare.show()}")
    fingerprints = []
    for _ in range(2):
        ended, report = lockhound.run([program])
        fingerprints.append(check_report(report, case, source))
        gate = any(finding.severity != "note" for finding in case.findings)
        require(ended.exit == (GATE if gate else 0), f"wrong exit status\n{ended.show()}")
        require(ended.stdout == bare.stdout, f"the program's output changed\n{ended.show()}")
        require(report["program"]["exit"] == 0, f"program {report['program']}")
    require(fingerprints[0] == fingerprints[1], f"fingerprints differ from run to run: {fingerprints}")


def check_unwatched(lockhound, trace, case):
    """Nobody saw that it stayed so: a stall is worth a look at most."""
    stalls = {finding.kind for finding in case.findings} & STALLS
    others = [finding for finding in case.findings if finding.kind not in STALLS]
    ended, report = lockhound.report(trace)
    found = [finding for finding in report["findings"] if finding["kind"] in STALLS]
    require(all(finding["kind"] in stalls and finding["severity"] == "note" for finding in found),
            f"more than a note\n{harness.describe(report)}")
    require(len(report["findings"]) - len(found) == len(others), f"other findings\n{harness.describe(report)}")
    require(ended.exit == (GATE if others else 0), f"wrong exit status\n{ended.show()}")


def run_until_hung(lockhound, case, program, source):
    trace = os.path.join(lockhound.folder, "hung.trace")
    harness.record_until_hung(lockhound, [program], trace, case.hangs)
    if case.stalls:
        check_unwatched(lockhound, trace, case)
        harness.mark_stalled(trace)
    ended, report = lockhound.report(trace)
    fingerprints = check_report(report, case, source)
    require(ended.exit == GATE, f"wrong exit status\n{ended.show()}")
    # `run` tells by itself and ends the program: at once, or after the grace time of a stall.
    ended, report = lockhound.run([program])
    again = check_report(report, case, source)
    require(ended.exit == GATE, f"wrong exit status\n{ended.show()}")
    require(report["program"]["exit"] == KILLED and report["program"]["ended_by"] == "lockhound", f"program {report['program']}\n{ended.show()}")
    require(fingerprints == again, f"fingerprints differ from run to run: {fingerprints} {again}")


def main(lockhound, source_folder, build_folder, name):
    case = cases.find(name)
    source = os.path.join(source_folder, case.source or case.program + ".c")
    program = os.path.join(os.path.abspath(build_folder), case.program)

    def test(folder):
        run_it = run_until_hung if case.hangs else run_to_its_end
        run_it(harness.Lockhound(lockhound, folder), case, program, source)

    return harness.main(test, name)


if __name__ == "__main__":
    if len(sys.argv) != 5:
        sys.exit(__doc__)
    sys.exit(main(*sys.argv[1:]))
