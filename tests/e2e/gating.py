#!/usr/bin/env python3
"""
From findings to failures: several reports of one run, suppressions, baselines, diff, explain.

    gating.py LOCKHOUND SOURCES SAMPLES      SAMPLES: opposite_order, two_inversions and opposite_order_hangs are in it
"""

import json
import os
import shutil
import sys

import harness
from harness import Skip, require

FINDINGS, FAILED, KILLED = 66, 125, 128 + 9


class Gating:
    def __init__(self, lockhound, sources, samples, folder):
        self.lockhound = os.path.abspath(lockhound)
        self.sources = os.path.abspath(sources)
        self.one = os.path.abspath(os.path.join(samples, "opposite_order"))
        self.two = os.path.abspath(os.path.join(samples, "two_inversions"))
        self.hung = os.path.abspath(os.path.join(samples, "opposite_order_hangs"))
        self.race = os.path.abspath(os.path.join(samples, "race_counter"))
        self.folder = folder

    def __call__(self, status, *words):
        ended = harness.run([self.lockhound, *words], cwd=self.folder)
        require(ended.exit == status, f"{words}: expected status {status}\n{ended.show()}")
        return ended

    def path(self, name):
        return os.path.join(self.folder, name)

    def write(self, name, text):
        with open(self.path(name), "w", encoding="utf-8") as file:
            file.write(text)

    def read(self, name):
        with open(self.path(name), encoding="utf-8") as file:
            return file.read()

    def json(self, name):
        return json.loads(self.read(name))

    def reports(self):
        self(FINDINGS, "run", "--format", "json", "-o", "one.json", self.one)
        self(FINDINGS, "run", "--format", "json", "-o", "two.json", self.two)


def one_run_writes_many_reports(gating):
    ended = gating(
        FINDINGS, "run", "--report", "json=r.json", "--report", "sarif=r.sarif", "--report", "junit=r.xml",
        "--report", "github=-", gating.one,
    )
    require(b"lock-order-inversion (warning)" in ended.stderr, f"no text report\n{ended.show()}")
    require(b"::warning file=" in ended.stdout, f"no annotations\n{ended.show()}")
    fingerprint = gating.json("r.json")["findings"][0]["fingerprint"]
    result = gating.json("r.sarif")["runs"][0]["results"][0]
    require(result["partialFingerprints"]["lockhound/v1"] == fingerprint, "the reports differ")
    require('failures="1"' in gating.read("r.xml"), gating.read("r.xml"))


def sources_are_named_as_in_the_repository(gating):
    """With either option the report has the same relative names, in every format."""
    samples = gating.sources
    for option in ["--source-root", samples], ["--strip-prefix", samples + "/"]:
        gating(
            FINDINGS, "run", *option, "--format", "json", "-o", "r.json", "--report", "sarif=r.sarif",
            "--report", "github=r.txt", "--report", "gitlab=r.gitlab", "--report", "html=r.html", gating.one,
        )
        if option[0] == "--source-root":
            require("boy_is_done" in gating.read("r.html"), "the page does not show the source")
        frame = gating.json("r.json")["findings"][0]["threads"][0]["wants"]["stack"][0]
        require(frame["file"] == "opposite_order.c", f"{option}: {frame}")
        result = gating.json("r.sarif")["runs"][0]["results"][0]
        place = result["locations"][0]["physicalLocation"]["artifactLocation"]
        require(place == {"uri": "opposite_order.c", "uriBaseId": "SRCROOT"}, f"{option}: {place}")
        require("::warning file=opposite_order.c,line=" in gating.read("r.txt"), gating.read("r.txt"))
        require(gating.json("r.gitlab")[0]["location"]["path"] == "opposite_order.c", str(option))


def a_baseline_lets_what_is_known_pass(gating):
    gating.reports()
    gating(0, "baseline", "one.json", "-o", "known")
    ended = gating(0, "run", "--baseline", "known", gating.one)
    require(b"known lock-order-inversion" in ended.stderr, ended.show())
    ended = gating(FINDINGS, "run", "--baseline", "known", "--report", "json=r.json", gating.two)
    require(b"in the baseline, but not found" in ended.stderr, ended.show())
    report = gating.json("r.json")
    require([f["baseline"] for f in report["findings"]] == ["new", "new"], str(report["findings"]))
    require(len(report["vanished"]) == 1, str(report["vanished"]))


def a_known_deadlock_ends_with_the_status_of_its_end(gating):
    """Not 66, for it is known; not 0, for the program did not do what it was to do."""
    gating(FINDINGS, "run", "--report", "json=hung.json", gating.hung)
    program = gating.json("hung.json")["program"]
    require((program["exit"], program["signal"], program["ended_by"]) == (KILLED, 9, "lockhound"), str(program))
    gating(0, "baseline", "hung.json", "-o", "known")
    gating.write("suppressed", "deadlock:opposite_order_hangs.c\n")
    for option in ["--baseline", "known"], ["--suppressions", "suppressed"], ["--fail-on", "data-race"]:
        ended = gating(KILLED, "run", *option, "-o", "report", gating.hung)
        require(b": hung, and was ended; " in ended.stderr, f"{option}\n{ended.show()}")
        require(", ended by lockhound" in gating.read("report"), gating.read("report"))
    # The shell gets to see the signal, and goes on.
    ended = gating(3, "run", "--baseline", "known", "-o", "report", "sh", "-c", f"{gating.hung}; test $? = 137 && exit 3")
    require(b"opposite_order_hangs [pid " in ended.stderr and b"was ended" in ended.stderr, ended.show())
    gating(FINDINGS, "run", "-o", "report", "sh", "-c", f"{gating.hung}; exit 3")


def build(gating, name, source, *flags):
    compiler = shutil.which("cc")
    if not compiler:
        raise Skip("no C compiler")
    gating.write(f"{name}.c", "#define _GNU_SOURCE\n" + source)
    words = [compiler, *flags, "-g", "-pthread", "-I", gating.sources, f"{name}.c", "-o", name]
    ended = harness.run(words, cwd=gating.folder)
    require(ended.exit == 0, ended.show())


def a_baseline_holds_when_code_around_it_changes(gating):
    """Other lines, other addresses, another optimization: known. One more inversion: new."""
    with open(os.path.join(gating.sources, "two_inversions.c"), encoding="utf-8") as file:
        source = file.read()
    build(gating, "program", source, "-O0")
    gating(FINDINGS, "run", "--report", "json=known.json", "./program")
    gating(0, "baseline", "known.json", "-o", "known")
    padding = "".join(f"int padding_{number} = {number};\n" for number in range(20))
    for flags in ["-O0"], ["-O2"], ["-O1", "-no-pie"]:
        build(gating, "program", padding + source, *flags)
        for _ in range(3):
            gating(0, "run", "--baseline", "known", "./program")
    more = source.replace("lock_pair(&hall, &kitchen);", "lock_pair(&hall, &kitchen); lock_pair(&hall, &road);")
    more = more.replace("lock_pair(&kitchen, &hall);", "lock_pair(&kitchen, &hall); lock_pair(&road, &hall);")
    build(gating, "program", more, "-O0")
    for _ in range(3):
        gating(FINDINGS, "run", "--baseline", "known", "./program")


def a_baseline_is_made_of_traces_and_reports_alike(gating):
    gating.reports()
    gating(0, "record", "-o", "one.trace", gating.one)
    gating(0, "baseline", "one.trace", "-o", "from-trace")
    gating(0, "baseline", "one.json", "-o", "from-report")
    keys = [
        [line for line in gating.read(name).splitlines() if line.startswith("lock-order-inversion")]
        for name in ("from-trace", "from-report")
    ]
    require(keys[0] == keys[1] and len(keys[0]) == 1, str(keys))


def writing_a_baseline_again_keeps_the_reasons(gating):
    gating.reports()
    gating(0, "baseline", "one.json", "-o", "known")
    gating.write("known", gating.read("known").replace("    reason:", "    reason: before any thread starts"))
    first = gating.read("known")
    gating(0, "baseline", "one.json", "two.json", "-o", "known")
    blocks = gating.read("known").split("\n\n")
    require(len(blocks) == 4 and first.split("\n\n")[1].strip() in map(str.strip, blocks), str(blocks))
    gating(0, "baseline", "one.json", "-o", "known")
    require(gating.read("known") == first, gating.read("known"))
    gating(0, "baseline", "--keep", "two.json", "-o", "known")
    require(gating.read("known").split("\n\n") == blocks, gating.read("known"))
    ended = gating(0, "report", "--baseline", "known", "--format", "json", "-o", "-", trace(gating))
    reasons = [finding.get("reason") for finding in json.loads(ended.stdout)["findings"]]
    require(reasons == ["before any thread starts"], str(reasons))


def trace(gating):
    gating(0, "record", "-o", "one.trace", gating.one)
    return "one.trace"


def what_is_no_baseline_is_not_replaced(gating):
    gating.reports()
    gating.write("precious", "data\n")
    ended = gating(FAILED, "baseline", "one.json", "-o", "precious")
    require(b"precious:1: " in ended.stderr and gating.read("precious") == "data\n", ended.show())
    gating.write("broken.json", "{")
    gating(0, "baseline", "one.json", "-o", "known")
    before = gating.read("known")
    ended = gating(FAILED, "baseline", "one.json", "broken.json", "-o", "known")
    require(b"broken.json:1: " in ended.stderr and gating.read("known") == before, ended.show())
    gating(FAILED, "baseline", "one.json", "missing.trace", "-o", "known")
    require(gating.read("known") == before, "the baseline was changed")


def diff_says_what_is_new(gating):
    gating.reports()
    ended = gating(FINDINGS, "diff", "one.json", "two.json")
    marks = [line[:1] for line in ended.stdout.splitlines()]
    require(marks == [b"+", b"+", b"-", b"l"], ended.show())
    gating(0, "diff", "--fail-on", "error", "one.json", "two.json")
    ended = gating(0, "diff", "--all", "two.json", "two.json")
    require(ended.stdout.count(b"\n= ") == 1 and ended.stdout.startswith(b"= "), ended.show())
    ended = gating(FINDINGS, "diff", "--format", "json", "one.json", "two.json")
    changes = {key: len(found) for key, found in json.loads(ended.stdout).items()}
    require(changes == {"new": 2, "vanished": 1, "unchanged": 0}, str(changes))
    gating(0, "diff", "one.json", trace(gating))


def suppressions_leave_findings_out(gating):
    gating.write("s", "# ours\ndeadlock:^girl$\nrace:unused\n")
    ended = gating(0, "run", "--suppressions", "s", "--report", "json=r.json", gating.one)
    require(b"suppressed: 1" in ended.stderr and b"race:unused (s:3)" in ended.stderr, ended.show())
    report = gating.json("r.json")
    require(report["findings"] == [] and report["suppressed"] == 1, str(report))
    require("suppressed_findings" not in report, "shown without --all")
    gating(0, "run", "--all", "--suppressions", "s", "--format", "json", "-o", "r.json", gating.one)
    found = gating.json("r.json")["suppressed_findings"]
    require([finding["suppressed"] for finding in found] == ["deadlock:^girl$ (s:2)"], str(found))
    gating.write("s", f"fingerprint:{found[0]['fingerprint']}\n")
    gating(0, "run", "--suppressions", "s", gating.one)


def a_race_is_suppressed_by_its_variable(gating):
    if not os.path.exists(gating.race):
        return
    for pattern, status in (("race:^hits$", 0), ("race:race_counter.c", 0), ("race:^nobody$", FINDINGS)):
        gating.write("s", pattern + "\n")
        gating(status, "run", "--suppressions", "s", gating.race)


def a_bad_list_of_suppressions_fails_before_the_program_runs(gating):
    gating.write("s", "deadlock:x\nfrobnicate:x\n")
    for name, word in ("s", b"s:2: "), ("missing", b"missing: No such file"), (".", b".: Is a directory"):
        ended = gating(FAILED, "run", "--suppressions", name, gating.one)
        require(word in ended.stderr and ended.stdout == b"", ended.show())


def the_gate_decides_and_nothing_else(gating):
    for kinds, status in (
        ("none", 0), ("error", 0), ("note", 0), ("deadlock", 0), ("warning", FINDINGS),
        ("lock-order-inversion", FINDINGS), ("error,note,lock-order-inversion", FINDINGS),
    ):
        gating(status, "run", "--fail-on", kinds, "--report", "junit=r.xml", gating.one)
        failures = 'failures="1"' in gating.read("r.xml")
        require(failures == (status == FINDINGS), f"{kinds}: JUnit disagrees with the exit status")


def every_kind_is_explained(gating):
    ended = gating(0, "explain")
    kinds = [line.split()[0].decode() for line in ended.stdout.splitlines()]
    require(len(kinds) >= 21, ended.show())
    for kind in kinds:
        page = gating(0, "explain", kind).stdout.decode()
        parts = [line for line in page.splitlines() if line.startswith("#")]
        require(
            parts == [f"# {kind}", "## What it means", "## Example", "## How to fix it",
                      "## When it can be wrong"],
            f"{kind}: {parts}",
        )
        require("```c\n" in page and "Severity: " in page, page)


TESTS = (
    one_run_writes_many_reports,
    sources_are_named_as_in_the_repository,
    a_baseline_lets_what_is_known_pass,
    a_known_deadlock_ends_with_the_status_of_its_end,
    a_baseline_holds_when_code_around_it_changes,
    a_baseline_is_made_of_traces_and_reports_alike,
    writing_a_baseline_again_keeps_the_reasons,
    what_is_no_baseline_is_not_replaced,
    diff_says_what_is_new,
    suppressions_leave_findings_out,
    a_race_is_suppressed_by_its_variable,
    a_bad_list_of_suppressions_fails_before_the_program_runs,
    the_gate_decides_and_nothing_else,
    every_kind_is_explained,
)


def main():
    return harness.main_of_all(TESTS, lambda folder: Gating(*sys.argv[1:4], folder))


if __name__ == "__main__":
    sys.exit(main())
