"""Programs whose allocator brings an operator delete of its own: the locks in what it deletes end."""

import glob
import os
import shutil

import harness
from harness import require

KIND = "lock-order-inversion"
NOT_AGAIN = 3  # how deleted_locks ends then
INSTALLED = "/usr/lib/x86_64-linux-gnu/{}", "/usr/lib64/{}", "/usr/lib/{}"


def ways(place):
    """Command and what is preloaded, for each way to get an allocator."""
    plain = os.path.join(place.programs, "deleted_locks")
    if not os.path.exists(plain):
        raise harness.Skip("no C++ compiler")
    yield plain, None
    yield plain + "_of_pool", None
    for name in "libpool_allocator.so", "libpool_operators.so":
        yield plain, os.path.join(place.programs, name)
    for name in "libjemalloc.so.2", "libtcmalloc_minimal.so.4":
        for folder in INSTALLED:
            if os.path.exists(folder.format(name)):
                yield plain, folder.format(name)
                break


def environment(preloaded, **more):
    return {**os.environ, **({"LD_PRELOAD": preloaded} if preloaded else {}), **more}


def inversions(place, command, preloaded, **more):
    """Their number; None: this allocator did not use the memory again at once."""
    ended, report = place.lockhound.run(command, env=environment(preloaded, **more))
    log = f"{command} with {preloaded} {more}\n{ended.show()}\n{harness.describe(report)}"
    if ended.exit == NOT_AGAIN:
        require("pool" not in os.path.basename(command[0]) + (preloaded or ""), log)
        return None, "", log
    require(ended.stdout == b"done\n", log)
    kinds = [finding["kind"] for finding in report["findings"]]
    require(set(kinds) <= {KIND}, log)
    return len(kinds), ended.stderr.decode(), log


def without_companion(place):
    """A folder with the shim alone."""
    folder = os.path.join(place.folder, "alone")
    os.mkdir(folder)
    return shutil.copy(place.shim, folder)


def deleted_locks(place):
    alone = without_companion(place)
    for program, preloaded in ways(place):
        found, said, log = inversions(place, [program], preloaded)
        require(found in (0, None) and not said, log)
        found, said, log = inversions(place, [program, "inverted"], preloaded)
        require(found in (1, None) and not said, log)
        if "pool" in program or "pool" in (preloaded or ""):
            found, said, log = inversions(place, [program], preloaded, LOCKHOUND_LIBRARY=alone)
            require(found == 1 and "liblockhound-delete.so is missing" in said, log)


SCRIPT = """
import ctypes, os
print(os.environ.get("LD_PRELOAD", "").count("liblockhound-delete.so"), hasattr(ctypes.CDLL(None), "_ZdlPv"))
"""


def no_operators(place):
    """What is started by a program with such an allocator may have C++, and operators, in plugins alone."""
    companion = os.path.join(os.path.dirname(place.shim), "liblockhound-delete.so")
    options = {"LD_PRELOAD": f"{place.shim}:{companion}", "LOCKHOUND_OPTIONS": f"output={place.folder}/%p.trace"}
    command = ["python3", "-c", SCRIPT]
    bare = harness.run(command, cwd=place.folder)
    if bare.stdout != b"0 False\n":
        raise harness.Skip("this Python brings C++ along")
    ended = harness.run(command, cwd=place.folder, env={**os.environ, **options})
    require(ended.exit == 0 and ended.stdout == b"1 False\n", ended.show())
    require(glob.glob(f"{place.folder}/*.trace"), "nothing was recorded")
