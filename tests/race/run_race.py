#!/usr/bin/env python3
"""Build one program with -fsanitize=thread, run it under the shim, hold its races to what it expects.

Usage: run_race.py BUILD_FOLDER PROGRAM COMPILER
The program also runs bare, as it must: the library that it is linked with does nothing.
"""

import os
import re
import subprocess
import sys
import tempfile

import race_trace

FLAGS = ["-g", "-O1", "-pthread", "-fsanitize=thread", "-fno-omit-frame-pointer"]
FLAGS += ["-fno-builtin-memcpy", "-fno-builtin-memmove", "-fno-builtin-memset", "-Wall"]


def expectations(path):
    """{(kind, (function, function))}"""
    with open(path, encoding="utf-8") as file:
        text = file.read()
    found = re.findall(r"EXPECT (proven|suspect|doubted) (\S+) (\S+)", text)
    return {(kind, tuple(sorted((a, b)))) for kind, a, b in found}


def may_lose(path):
    """A handler that interrupts the recorder itself is counted, and its events are lost."""
    with open(path, encoding="utf-8") as file:
        return "MAY LOSE what handlers do" in file.read()


def preloaded(compiler, source, folder):
    """The library that it wants preloaded, an allocator, and what stands before that one's operator delete."""
    with open(source, encoding="utf-8") as file:
        wanted = re.search(r"PRELOAD (\S+\.c)$", file.read(), re.MULTILINE)
    if not wanted:
        return []
    library = os.path.join(folder, "libpreloaded.so")
    path = os.path.join(os.path.dirname(source), wanted[1])
    subprocess.run([compiler, "-x", "c", "-fno-builtin", "-shared", "-fPIC", path, "-o", library], check=True)
    return ["liblockhound-delete.so", library]


def build(compiler, source, folder, interpose):
    program = os.path.join(folder, "program")
    object_file = program + ".o"
    sized = ["-fsized-deallocation"] if source.endswith("pp") else []  # gcc's default
    subprocess.run([compiler, *FLAGS, *sized, "-c", source, "-o", object_file], check=True)
    subprocess.run(
        [compiler, "-pthread", object_file, "-o", program, "-L" + interpose, "-llockhound-race",
         "-Wl,-rpath," + interpose, "-latomic"] + (["-lstdc++"] if source.endswith("pp") else []),
        check=True,
    )
    return program


def run(program, folder, interpose, others):
    trace = os.path.join(folder, "trace")
    environment = dict(os.environ)
    libraries = ["liblockhound.so", "liblockhound-tsan.so", *others]
    environment["LD_PRELOAD"] = ":".join(os.path.join(interpose, name) for name in libraries)
    environment["LOCKHOUND_OPTIONS"] = "output=" + trace
    return subprocess.run([program], env=environment, timeout=300, check=False).returncode, trace


def main():
    build_folder, source, compiler = sys.argv[1:4]
    interpose = os.path.join(os.path.abspath(build_folder), "interpose")
    with tempfile.TemporaryDirectory(prefix="lockhound-race-") as folder:
        program = build(compiler, source, folder, interpose)
        bare = subprocess.run([program], timeout=300, check=False).returncode
        status, trace = run(program, folder, interpose, preloaded(compiler, source, folder))
        lost = race_trace.dropped(trace, reentrant=not may_lose(source))
        found = {(race.kind, race.pair()) for race in race_trace.read(trace)}
    expected = expectations(source)
    found = {one for one in found if one[0] != race_trace.DOUBTED or one in expected}
    for kind, functions in sorted(expected - found):
        print(f"not found: {kind} {' '.join(functions)}")
    for kind, functions in sorted(found - expected):
        print(f"found, and is none: {kind} {' '.join(functions)}")
    if lost:
        print(f"{lost} events lost")
    if bare != 0 or status != 0:
        print(f"exit status {bare} without the shim, {status} with it")
    sys.exit(1 if found != expected or lost or bare or status else 0)


if __name__ == "__main__":
    main()
