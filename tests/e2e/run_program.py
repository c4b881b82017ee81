#!/usr/bin/env python3
"""Run one row of programs.py: run_program.py LOCKHOUND SHIM BUILD_FOLDER NAME."""

import dataclasses
import os
import sys

import harness
import programs
from harness import require

GATE = 66


@dataclasses.dataclass
class Place:
    """Where a scenario finds things, and may work."""

    lockhound: harness.Lockhound
    shim: str
    programs: str
    samples: str
    folder: str


def expand(word, place):
    return word.replace("{programs}", place.programs).replace("{samples}", place.samples)


def prepared(program, place, name):
    """The folders of both runs have names of one length: output may tell of them."""
    folder = os.path.join(place.folder, name)
    os.mkdir(folder)
    if program.prepare:
        program.prepare(folder)
    return folder, {**os.environ, **program.environment(folder)}


def compare(program, place):
    command = [expand(word, place) for word in program.command]
    programs.need(command[0])
    folder, environment = prepared(program, place, "bare")
    bare = harness.run(command, cwd=folder, env=environment)
    result = program.result(folder) if program.result else None

    folder, environment = prepared(program, place, "seen")
    ended, report = place.lockhound.run(command, cwd=folder, env=environment)
    seen_result = program.result(folder) if program.result else None
    found = sorted({finding["kind"] for finding in report["findings"]})
    log = f"bare: {bare.show()}\nwatched: {ended.show()}\n{harness.describe(report)}"

    require(set(found) <= set(program.deserves), f"found {found}\n{log}")
    gated = any(finding["severity"] != "note" for finding in report["findings"])
    require(ended.exit == (GATE if gated else bare.exit), f"exit status {ended.exit}\n{log}")
    require(report["program"]["exit"] == bare.exit, f"reported exit {report['program']}\n{log}")
    require(program.normalize(ended.stdout) == program.normalize(bare.stdout), f"stdout differs\n{log}")
    require(program.normalize(ended.stderr) == program.normalize(bare.stderr), f"stderr differs\n{log}")
    require(seen_result == result, f"the results differ: {seen_result}, bare {result}\n{log}")
    require(set(report.get("drops", {})) <= set(program.loses), f"events were dropped\n{log}")
    print(harness.describe(report))


def main(lockhound, shim, build, name):
    row = programs.find(name)

    def test(folder):
        work = os.path.join(folder, "work")
        os.mkdir(work)
        place = Place(
            harness.Lockhound(lockhound, work),
            os.path.abspath(shim),
            os.path.join(build, "tests", "programs"),
            os.path.join(build, "samples"),
            folder,
        )
        if isinstance(row, programs.Program):
            compare(row, place)
        else:
            row.function(place)

    return harness.main(test, name)


if __name__ == "__main__":
    if len(sys.argv) != 5:
        sys.exit(__doc__)
    sys.exit(main(*sys.argv[1:]))
