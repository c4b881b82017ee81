"""How many instructions a case of bench/micro spends in the shim, for each operation, as callgrind
counts them. Two runs of different lengths, so that what comes once cancels out.

    instructions.py MICRO SHIM CASE...            prints "CASE MODE INSTRUCTIONS", one a line
"""

import os
import subprocess
import sys
import tempfile

# The period of what is sampled (LH_SAMPLE_PERIOD) divides the difference.
COUNTS = (4000, 20000)
MODES = {"default": "", "full": ":full=1:max_size=64"}


def self_cost(path, library):
    """Of all code in the library, without what it calls, from a callgrind.out file."""
    names = {}
    inside = called = False
    total = 0
    with open(path, encoding="utf-8", errors="replace") as lines:
        for line in lines:
            if line.startswith("ob="):
                number, _, name = line[3:].strip().partition(" ")
                names.setdefault(number, name)
                inside = names[number].endswith(library)
            elif line.startswith("calls="):
                called = True
            elif line[0].isdigit() or line[0] in "+-*":
                if inside and not called:
                    total += int(line.split()[1])
                called = False
    return total


def run(micro, shim, case, mode, count, folder):
    result = os.path.join(folder, "callgrind.out")
    environment = dict(os.environ, LD_PRELOAD=shim)
    environment["LOCKHOUND_OPTIONS"] = f"output={folder}/%p.trace{MODES[mode]}"
    command = ["valgrind", "-q", "--tool=callgrind", "--callgrind-out-file=" + result]
    command += ["--separate-threads=no", "--toggle-collect=make_round*", micro, case, f"x{count}"]
    subprocess.run(command, env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, check=True)
    return self_cost(result, os.path.basename(shim))


def per_operation(micro, shim, case, mode):
    with tempfile.TemporaryDirectory(prefix="lockhound-budget-") as folder:
        few, many = (run(micro, shim, case, mode, count, folder) for count in COUNTS)
    return (many - few) / (COUNTS[1] - COUNTS[0])


def main():
    micro, shim, *cases = sys.argv[1:]
    for case in cases:
        for mode in MODES:
            print(f"{case:<20} {mode:<8} {per_operation(micro, os.path.abspath(shim), case, mode):8.1f}", flush=True)


if __name__ == "__main__":
    main()
