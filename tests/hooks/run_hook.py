#!/usr/bin/env python3
"""
Is a wrapper there, and is it transparent? run_hook.py HOOKS EVIDENCE SHIM PLUGIN FUNCTION

The exercise of the function runs bare and with the shim preloaded: its checks hold both times, and the
output is the same. Preloaded, the program's call reaches the shim, and the trace tells what happened.
"""

import os
import re
import subprocess
import sys
import tempfile


class Failure(Exception):
    """The behaviour is not what it should be."""


def require(condition, why):
    if not condition:
        raise Failure(why)


def run(words, environment):
    done = subprocess.run(words, env=environment, capture_output=True, text=True, timeout=120, check=False)
    require(done.returncode == 0, f"{' '.join(words)}: exit status {done.returncode}\n{done.stdout}{done.stderr}")
    return done


def only(lines):
    require(len(lines) == 1, f"expected one line, not {lines}")
    return lines[0]


def preloaded(shim, trace):
    return {**os.environ, "LD_PRELOAD": shim, "LOCKHOUND_OPTIONS": f"full=1:output={trace}"}


def parse(text, separator):
    """{"acquire mutex": 2, ...}"""
    return {what: int(number) for what, number in re.findall(rf"(\S+ \S+) (\d+)(?:{separator}|$)", text)}


def check(hooks, evidence, shim, plugin, function, folder):
    bare = {name: value for name, value in os.environ.items() if name != "LD_PRELOAD"}
    trace = os.path.join(folder, "%p.trace")
    provider = only(run([hooks, "provider", function], preloaded(shim, trace)).stdout.split())
    require(os.path.realpath(provider) == os.path.realpath(shim), f"a call of {function} reaches {provider}")
    for leftover in os.listdir(folder):
        os.unlink(os.path.join(folder, leftover))

    alone = run([hooks, "run", function, plugin], bare)
    with subprocess.Popen(
        [hooks, "run", function, plugin], env=preloaded(shim, trace), text=True,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    ) as process:
        stdout, stderr = process.communicate(timeout=120)
    require(process.returncode == 0, f"preloaded: exit status {process.returncode}\n{stdout}{stderr}")
    require((stdout, stderr) == (alone.stdout, alone.stderr), f"the output changed:\n{stdout}{stderr}")

    found_text = run([evidence, os.path.join(folder, f"{process.pid}.trace")], bare).stdout
    found = parse(found_text, "\n")
    found["processes -"] = len(os.listdir(folder))
    for what, number in parse(run([hooks, "evidence", function], bare).stdout.strip(), ", ").items():
        require(found.get(what, 0) == number, f"recorded {found.get(what, 0)} times, not {number}: {what}\n{found_text}")


def main(hooks, evidence, shim, plugin, function):
    with tempfile.TemporaryDirectory(prefix="lockhound-") as folder:
        try:
            check(hooks, evidence, shim, plugin, function, folder)
        except Failure as failure:
            print(f"{function}: FAILED: {failure}")
            return 1
    print(f"{function}: the wrapper is there and transparent")
    return 0


if __name__ == "__main__":
    if len(sys.argv) != 6:
        sys.exit(__doc__)
    sys.exit(main(*sys.argv[1:]))
