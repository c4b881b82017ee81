"""The ways to run a program: bare, under Lockhound, under the other tools. One row adds one."""

import collections
import os
import shutil
import subprocess

# name; suffix of the program's name; libraries to preload; LOCKHOUND_OPTIONS; command in front;
# slow: it gets fewer repetitions, and less time
Setup = collections.namedtuple("Setup", "name suffix libraries options command slow")

SHIM = "interpose/liblockhound.so"
VALGRIND = ["valgrind", "-q", "--max-threads=2100", "--error-limit=no", "--log-file=/dev/null"]

SETUPS = [
    Setup("bare", "", [], None, [], False),
    Setup("nop", "", ["interpose/libnop.so"], None, [], False),
    Setup("lockhound", "", [SHIM], "", [], False),
    Setup("full", "", [SHIM], "full=1:max_size=8192", [], False),
    Setup("tsan", "_tsan", [], None, [], False),
    Setup("helgrind", "", [], None, [*VALGRIND, "--tool=helgrind"], True),
    Setup("drd", "", [], None, [*VALGRIND, "--tool=drd"], True),
]
PEERS = ("tsan", "helgrind", "drd")


def chosen(run, names=None):
    """The setups that can be had here; `names`: not more than these."""
    found = []
    for setup in SETUPS:
        if names and setup.name not in names or setup.name in PEERS and not run.peers:
            continue
        if setup.command and not shutil.which(setup.command[0]):
            continue
        if all(os.path.exists(run.built(one)) for one in setup.libraries):
            found.append(setup)
    return found


def environment(run, setup):
    variables = {key: value for key, value in os.environ.items() if key not in ("LD_PRELOAD", "LOCKHOUND_OPTIONS")}
    if setup.libraries:
        variables["LD_PRELOAD"] = ":".join(run.built(one) for one in setup.libraries)
    if setup.options is not None:
        output = "output=" + os.path.join(run.folder, "%p.trace")
        variables["LOCKHOUND_OPTIONS"] = ":".join(filter(None, [output, setup.options]))
    # Its reports are not what is measured here.
    variables["TSAN_OPTIONS"] = "report_bugs=0:exitcode=0"
    return variables


def traces(run):
    return [os.path.join(run.folder, one) for one in os.listdir(run.folder) if one.endswith(".trace")]


def remove_traces(run):
    for path in traces(run):
        os.unlink(path)


class Failed(Exception):
    pass


def output_of(run, setup, words, timeout):
    """What the program printed. None: it took longer than the timeout."""
    try:
        ended = subprocess.run(
            [*setup.command, *words], env=environment(run, setup), stdin=subprocess.DEVNULL,
            capture_output=True, text=True, timeout=timeout, check=False,
        )
    except subprocess.TimeoutExpired:
        return None
    finally:
        remove_traces(run)
    if ended.returncode != 0:
        raise Failed(f"{' '.join(words)}, {setup.name}: exit status {ended.returncode}\n{ended.stderr}")
    return ended.stdout
