#!/usr/bin/env python3
"""
Findings keep their fingerprints: when the program is built anew with other lines above, optimized, by
another compiler, loaded elsewhere, under load, with its threads in another order. A baseline made once
passes every time, and fails every time when an inversion was added.

    fingerprints.py LOCKHOUND SOURCES      LOCKHOUND_TEST_RUNS: how often each build runs (1)
"""

import contextlib
import json
import os
import shutil
import subprocess
import sys

import harness
from harness import Skip, require

FINDINGS = 66
RUNS = int(os.environ.get("LOCKHOUND_TEST_RUNS", "1"))
LINES = "".join(f"int padding_{number} = {number};\n" for number in range(20))
HERE = os.path.dirname(os.path.abspath(__file__))

# Sample, kinds of its findings.
SAMPLES = (
    ("two_inversions.c", {"lock-order-inversion": 2}),
    ("cxx_shared_mutex.cpp", {"lock-order-inversion": 1}),
    ("opposite_order_hangs.c", {"deadlock": 1}),
    ("join_with_lock_held.c", {"deadlock": 1}),
    ("philosophers_hang.c", {"deadlock": 1}),
    ("queue_full.c", {"stall": 1}),
    ("destroy_while_held.c", {"destroy-while-held": 1}),
    ("held_at_thread_exit.c", {"held-at-thread-exit": 1}),
    ("cond_two_mutexes.c", {"cond-two-mutexes": 1}),
)
KILLED = 128 + 9  # a program that hung was ended, known or not
HANGS = {"deadlock", "stall"}


class Place:
    def __init__(self, lockhound, sources, folder):
        self.lockhound = os.path.abspath(lockhound)
        self.sources = os.path.abspath(sources)
        self.folder = folder

    def build(self, source, text, *flags, compiler=None):
        """Always the same name, in the same place."""
        cxx = source.endswith(".cpp")
        found = shutil.which(compiler or ("c++" if cxx else "cc"))
        if not found:
            raise Skip(f"no compiler {compiler}")
        with open(os.path.join(self.folder, source), "w", encoding="utf-8") as file:
            file.write(text)
        words = [found, "-g", "-w", "-pthread", "-D_GNU_SOURCE", "-I", self.sources, *flags, source, "-o", "program"]
        done = harness.run(words, cwd=self.folder)
        require(done.exit == 0, done.show())

    def run(self, *words, options=()):
        """The status, and the report."""
        done = harness.run(
            [self.lockhound, "run", "--stall-grace", "0.3", *options, "--format", "json", "-o", "r.json",
             "./program", *words], cwd=self.folder)
        try:
            with open(os.path.join(self.folder, "r.json"), encoding="utf-8") as file:
                return done.exit, json.load(file)
        except (OSError, ValueError) as broken:
            raise harness.Failure(f"{broken}\n{done.show()}") from broken

    def keep(self, name):
        """The findings of the last report are known from now on."""
        done = harness.run([self.lockhound, "baseline", "r.json", "-o", name], cwd=self.folder)
        require(done.exit == 0, done.show())


def keys(report):
    return sorted((finding["kind"], finding["fingerprint"]) for finding in report["findings"])


def read(*path):
    with open(os.path.join(*path), encoding="utf-8") as file:
        return file.read()


def moved(text):
    """Lines above everything but what must come first."""
    before, include, after = text.partition("#include")
    return before + LINES + include + after


@contextlib.contextmanager
def load():
    """Something else to do for every processor, twice."""
    burners = [
        subprocess.Popen([sys.executable, "-c", "while True: pass"])
        for _ in range(2 * len(os.sched_getaffinity(0)))
    ]
    try:
        yield
    finally:
        for burner in burners:
            burner.kill()
            burner.wait()


def check_builds(place, source, text, kinds, words=((),), compilers=(None,)):
    place.build(source, text, "-O0")
    _, report = place.run()
    require(report["summary"] == kinds, f"{source}: {harness.describe(report)}")
    first = keys(report)
    place.keep("known")
    for compiler in compilers:
        for turn, flags in enumerate((["-O0"], ["-O2"], ["-O1", "-no-pie"])):
            with contextlib.suppress(Skip):
                place.build(source, moved(text), *flags, compiler=compiler)
            for number in range(RUNS):
                status, report = place.run(*words[(turn + number) % len(words)], options=["--baseline", "known"])
                known = all(finding["baseline"] == "known" for finding in report["findings"])
                passed = status == (KILLED if HANGS & set(kinds) else 0)
                require(
                    keys(report) == first and known and passed,
                    f"{source} {compiler} {flags}, run {number}: status {status}\n"
                    f"known: {first}\n{harness.describe(report)}")


def fingerprints_stay_when_code_moves(place):
    for source, kinds in SAMPLES:
        check_builds(place, source, read(place.sources, source), kinds)


def fingerprints_do_not_depend_on_compilers_nor_on_who_comes_first(place):
    text = read(HERE, "sources", "shop.cpp")
    check_builds(place, "shop.cpp", text, {"lock-order-inversion": 3}, words=((), ("other",)),
                 compilers=(None, "clang++"))


def build_with_library(place, library):
    """The sample is in a library of this name; the program merely calls it."""
    cc = shutil.which("cc")
    with open(os.path.join(place.folder, "caller.c"), "w", encoding="utf-8") as file:
        file.write("int bank_main(void);\nint main(void) { return bank_main(); }\n")
    sample = os.path.join(place.sources, "two_inversions.c")
    common = [cc, "-g", "-w", "-pthread", "-D_GNU_SOURCE"]
    for words in ([*common, "-I", place.sources, "-Dmain=bank_main", "-fPIC", "-shared", sample,
                   f"-Wl,-soname,{library}", "-o", library],
                  [*common, "caller.c", f"./{library}", "-Wl,-rpath,$ORIGIN", "-o", "program"]):
        done = harness.run(words, cwd=place.folder)
        require(done.exit == 0, done.show())


def fingerprints_do_not_depend_on_versions_of_libraries(place):
    found = []
    for library in "libbank.so.1.2.3", "libbank.so.1.3.0", "libbank-2.0.so.7", "libbank.so":
        build_with_library(place, library)
        _, report = place.run()
        require(report["summary"] == {"lock-order-inversion": 2}, f"{library}: {harness.describe(report)}")
        modules = {frame["module"] for finding in report["findings"] for thread in finding["threads"]
                   for frame in thread["wants"]["stack"]}
        require(any(module.endswith(library) for module in modules), f"{library} is in none of {modules}")
        found.append(keys(report))
    require(all(one == found[0] for one in found), str(found))


def one_more_inversion_fails_every_time(place):
    text = read(place.sources, "two_inversions.c")
    place.build("two_inversions.c", text, "-O0")
    place.run()
    place.keep("known")
    more = text.replace("lock_pair(&hall, &kitchen);", "lock_pair(&hall, &kitchen); lock_pair(&hall, &road);")
    more = more.replace("lock_pair(&kitchen, &hall);", "lock_pair(&kitchen, &hall); lock_pair(&road, &hall);")
    place.build("two_inversions.c", moved(more), "-O2")
    for number in range(RUNS):
        status, report = place.run(options=["--baseline", "known"])
        states = sorted(finding["baseline"] for finding in report["findings"])
        require(status == FINDINGS and states == ["known", "known", "new"],
                f"run {number}: status {status}\n{harness.describe(report)}")


TESTS = (
    fingerprints_stay_when_code_moves,
    fingerprints_do_not_depend_on_compilers_nor_on_who_comes_first,
    fingerprints_do_not_depend_on_versions_of_libraries,
    one_more_inversion_fails_every_time,
)


def main():
    with load():
        return harness.main_of_all(TESTS, lambda folder: Place(*sys.argv[1:3], folder))


if __name__ == "__main__":
    sys.exit(main())
