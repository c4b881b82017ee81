#!/usr/bin/env python3
"""Python in programs that are none: embedding.py LOCKHOUND SAMPLES PROGRAMS."""

import os
import sys
import sysconfig

import harness
import python_cases
import run_python
from harness import require


def library():
    """libpython of the interpreter that runs this."""
    names = [sysconfig.get_config_var(name) for name in ("LIBDIR", "MULTIARCH", "INSTSONAME")]
    for path in (os.path.join(names[0] or "", names[2] or ""), os.path.join(names[0] or "", names[1] or "", names[2] or "")):
        if ".so" in path and os.path.isfile(path):
            return path
    raise harness.Skip("this Python has no shared library")


def check_sample(lockhound, program, samples, name, *more):
    """A program that loads the interpreter when it runs already."""
    case = python_cases.find(name)
    source = os.path.join(samples, name + ".py")
    ended, report = lockhound.run([program, library(), source, *more], "--stall-grace=0.5")
    run_python.check_report(report, case, source)
    require(ended.exit == (run_python.GATE if case.kind else 0), ended.show())


def check_unknown(lockhound, program):
    """A version whose locks cannot be seen is told, once."""
    ended = harness.run([lockhound.path, "run", "--", program])
    require(ended.exit == 0 and ended.stderr.count(b"Python") >= 1, ended.show())
    text = b" ".join(ended.stderr.split())
    require(text.count(b"the locks of its Python code were not seen") == 1, ended.show())


def main(path, samples, programs):
    def test(folder):
        lockhound = harness.Lockhound(path, folder)
        for program in ("python_3_14", "python_without_gil"):
            check_unknown(lockhound, os.path.abspath(os.path.join(programs, program)))
        embedding = os.path.abspath(os.path.join(programs, "embeds_python"))
        check_sample(lockhound, embedding, os.path.abspath(samples), "opposite_order")
        check_sample(lockhound, embedding, os.path.abspath(samples), "notified_first")
        check_sample(lockhound, embedding, os.path.abspath(samples), "producer_consumer")
        check_sample(lockhound, embedding, os.path.abspath(samples), "semaphore_released_too_often", "twice")

    return harness.main(test, "embedded python")


if __name__ == "__main__":
    if len(sys.argv) != 4:
        sys.exit(__doc__)
    sys.exit(main(*sys.argv[1:]))
