"""How many instructions a case of bench/micro spends in the shim, for each operation, as callgrind
counts them: the same on every machine, whatever else it does. Two runs of different lengths, so that
what comes once cancels out.

    instructions.py MICRO SHIM CASE...            prints "CASE MODE INSTRUCTIONS", one a line
    instructions.py --budgets FILE MICRO SHIM CASE...
                                                  fails when one is above its budget (see there)
"""

import argparse
import os
import shutil
import subprocess
import sys
import tempfile

# The period of what is sampled (LH_SAMPLE_PERIOD) divides the difference.
COUNTS = (4000, 20000)
PADDINGS = (0, 1000, 2500)
MODES = {"default": "", "full": ":full=1:max_size=64"}


def self_cost(path, library):
    """Of all code in the library, without what it calls, from a callgrind.out file."""
    names = {}
    inside = called = False
    total = 0
    with open(path, encoding="utf-8", errors="replace") as lines:
        for line in lines:
            if line.startswith(("ob=", "cob=")):
                number, _, name = line.partition("=")[2].strip().partition(" ")
                names[number] = name or names[number]
                if line.startswith("ob="):
                    inside = names[number].endswith(library)
            elif line.startswith("calls="):
                called = True
            elif line[0] in "0123456789+-*":
                if inside and not called:
                    total += int(line.split()[1])
                called = False
    return total


def run(micro, shim, case, mode, count, folder, padding):
    result = os.path.join(folder, "callgrind.out")
    environment = {
        "PATH": os.environ["PATH"],
        "LD_PRELOAD": shim,
        "LOCKHOUND_OPTIONS": f"output={folder}/%p.trace{MODES[mode]}",
        "PADDING": "x" * padding,
    }
    command = ["valgrind", "-q", "--tool=callgrind", "--callgrind-out-file=" + result]
    command += ["--separate-threads=no", "--toggle-collect=make_round*", micro, case, f"x{count}"]
    subprocess.run(command, env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, check=True)
    return self_cost(result, os.path.basename(shim))


def per_operation(micro, shim, case, mode, padding=0):
    with tempfile.TemporaryDirectory(prefix="lockhound-budget-") as folder:
        few, many = (run(micro, shim, case, mode, count, folder, padding) for count in COUNTS)
    return (many - few) / (COUNTS[1] - COUNTS[0])


def read_budgets(path):
    budgets = {}
    with open(path, encoding="ascii") as lines:
        for line in lines:
            words = line.split("#")[0].split()
            if words:
                budgets[words[0]] = dict(zip(MODES, map(float, words[1:])))
    return budgets


def is_within(micro, shim, case, mode, budget):
    """What is there before main() moves the stack, and with it the entries of caches that may meet in
    one place: only what is above the budget wherever the stack lies is above it."""
    counted = []
    for padding in PADDINGS:
        counted.append(per_operation(micro, shim, case, mode, padding))
        if 0 < counted[-1] <= budget:
            break
    good = 0 < min(counted) <= budget
    told = ", ".join(f"{one:.1f}" for one in counted)
    print(f"{'ok' if good else 'TOO MANY'}: {case}, {mode}: {told} instructions, budget {budget:.0f}", flush=True)
    return good


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--budgets")
    parser.add_argument("micro")
    parser.add_argument("shim", type=os.path.abspath)
    parser.add_argument("cases", nargs="+")
    given = parser.parse_args()
    if not shutil.which("valgrind"):
        print("valgrind is not there")
        sys.exit(77)
    budgets = read_budgets(given.budgets) if given.budgets else None
    good = True
    for case in given.cases:
        for mode in MODES:
            if budgets:
                good &= is_within(given.micro, given.shim, case, mode, budgets[case][mode])
            else:
                print(f"{case:<20} {mode:<8} {per_operation(given.micro, given.shim, case, mode):8.1f}", flush=True)
    sys.exit(0 if good else 1)


if __name__ == "__main__":
    main()
