#!/usr/bin/env python3
"""
What the command does with bad input: one clear line on stderr, the right exit status, no crash.

    cli.py LOCKHOUND PROGRAM LIBRARY    PROGRAM: a small program without findings that exits with 0;
                                        LIBRARY: tests/programs/no_file_locks.c
"""

import ctypes
import errno
import json
import os
import shutil
import signal
import subprocess
import sys

import harness
from harness import Skip, require

FAILED, NOT_EXECUTABLE, NOT_FOUND = 125, 126, 127
UNIT = 16384
PR_SET_CHILD_SUBREAPER = 36


class Cli:
    """The command in a folder of its own."""

    def __init__(self, lockhound, program, no_file_locks, folder):
        self.lockhound = os.path.abspath(lockhound)
        self.no_file_locks = os.path.abspath(no_file_locks)
        self.program = os.path.abspath(program)
        self.folder = folder

    def __call__(self, *words, **options):
        return harness.run([self.lockhound, *words], cwd=self.folder, **options)

    def path(self, name):
        return os.path.join(self.folder, name)

    def write(self, name, data, mode=0o644):
        with open(self.path(name), "wb") as file:
            file.write(data)
        os.chmod(self.path(name), mode)
        return self.path(name)

    def trace(self):
        """The bytes of a good trace."""
        ended = self("record", "-o", "good.trace", "--", self.program)
        require(ended.exit == 0, f"record of a good program\n{ended.show()}")
        with open(self.path("good.trace"), "rb") as file:
            return file.read()

    def refuses(self, status, words, *command, **options):
        """The command ends with the status and one line that has all the words in it."""
        ended = self(*command, **options)
        lines = ended.stderr.decode(errors="replace").splitlines()
        require(ended.exit == status, f"{command}: expected status {status}\n{ended.show()}")
        require(
            len(lines) == 1 and lines[0].startswith("lockhound: "),
            f"{command}: expected one line\n{ended.show()}",
        )
        for word in words:
            require(word in lines[0], f"{command}: expected {word!r} in it\n{ended.show()}")
        return ended

    def build(self, name, *flags):
        compiler = shutil.which("cc")
        if not compiler:
            raise Skip("no C compiler")
        source = self.write("empty.c", b"int main(void) { return 0; }\n")
        made = subprocess.run(
            [compiler, *flags, source, "-o", self.path(name)], capture_output=True, check=False
        )
        return made.returncode == 0


def programs_that_are_missing(cli):
    cli.refuses(NOT_FOUND, ["./nope", "no such file"], "run", "./nope")
    cli.refuses(NOT_FOUND, ["no-such-program", "$PATH"], "run", "--", "no-such-program")
    cli.refuses(NOT_FOUND, ["no such file"], "record", cli.path("nope/nope"))
    cli.refuses(NOT_FOUND, [], "run", "")


def programs_that_cannot_be_executed(cli):
    cli.write("plain", b"text")
    cli.refuses(NOT_EXECUTABLE, ["./plain", "not executable"], "run", "./plain")
    cli.refuses(NOT_EXECUTABLE, ["directory"], "run", cli.folder)
    cli.write("broken", b"\x7fELF\x02\x01\x01" + bytes(11) + b"\x3e\x00" + bytes(3), 0o755)
    cli.refuses(NOT_EXECUTABLE, ["ELF"], "run", "./broken")


def static_programs(cli):
    built = 0
    for name, flag in ("static", "-static"), ("static-pie", "-static-pie"):
        if cli.build(name, flag):
            built += 1
            for command in "run", "record":
                cli.refuses(
                    FAILED, ["statically linked", "cannot be preloaded", "-static"], command, f"./{name}"
                )
    if not built:
        raise Skip("no static C library")
    cli.write("script", f"#!{cli.path('static')}\n".encode(), 0o755)
    cli.refuses(FAILED, ["statically linked"], "run", "./script")


def programs_with_another_race_detector(cli):
    """ThreadSanitizer's runtime inside of the program cannot be replaced; watching the locks can."""
    if not cli.build("threads", "-fsanitize=thread", "-static-libtsan"):
        raise Skip("no static libtsan")
    for command in "run", "record":
        cli.refuses(
            FAILED, ["ThreadSanitizer's runtime", "lockhound-race", "--race=off"], command, "./threads"
        )


def race_detector_that_is_missing(cli):
    """Only a program that was compiled for it needs the second library."""
    library = cli.write("liblockhound.so", b"no library")
    without = {"env": {**os.environ, "LOCKHOUND_LIBRARY": library}}
    missing = ["liblockhound-tsan.so", "missing", "--race=off"]
    cli.refuses(FAILED, missing, "run", "--race=on", cli.program, **without)
    cli.refuses(FAILED, ["--race", "sometimes"], "run", "--race=sometimes", cli.program)
    if not cli.build("threads", "-fsanitize=thread"):
        raise Skip("no libtsan")
    cli.refuses(FAILED, missing, "run", "./threads", **without)
    cli.refuses(FAILED, missing, "record", "--race=auto", "./threads", **without)


def foreign_programs(cli):
    header = bytearray(64)
    header[:7] = b"\x7fELF\x02\x01\x01"
    header[18:20] = (183).to_bytes(2, "little")
    cli.write("arm", header, 0o755)
    cli.refuses(FAILED, ["another machine"], "run", "./arm")
    header[4] = 1
    header[18:20] = (3).to_bytes(2, "little")
    cli.write("i386", header, 0o755)
    cli.refuses(FAILED, ["32-bit"], "run", "./i386")


def programs_of_another_c_library(cli):
    """A small ELF file whose loader is musl's."""
    loader = b"/lib/ld-musl-x86_64.so.1\0"
    header = bytearray(64)
    header[:7] = b"\x7fELF\x02\x01\x01"
    header[16:20] = (3).to_bytes(2, "little") + (62).to_bytes(2, "little")
    header[32:40] = (64).to_bytes(8, "little")
    header[54:58] = (56).to_bytes(2, "little") + (1).to_bytes(2, "little")
    entry = (3).to_bytes(4, "little") + (4).to_bytes(4, "little") + (120).to_bytes(8, "little")
    entry += bytes(16) + len(loader).to_bytes(8, "little") * 2 + (1).to_bytes(8, "little")
    cli.write("musl", bytes(header) + entry + loader, 0o755)
    cli.refuses(FAILED, ["musl"], "run", "./musl")


def scripts_without_an_interpreter(cli):
    cli.write("script", b"#!/no/such/interpreter -x\n", 0o755)
    cli.refuses(NOT_FOUND, ["/no/such/interpreter"], "run", "./script")


def setuid_programs(cli):
    if os.getuid() != 0:
        raise Skip("only root can make a setuid program of another user")
    path = cli.path("other")
    shutil.copy(cli.program, path)
    os.chown(path, 65534, 65534)
    os.chmod(path, 0o4755)
    if os.statvfs(path).f_flag & os.ST_NOSUID:
        raise Skip("the file system knows no setuid")
    cli.refuses(FAILED, ["setuid"], "run", path)


def reports_that_cannot_be_written(cli):
    """Known before the program runs: it prints nothing."""
    shell = ["sh", "-c", "echo the program ran"]
    for option in ["-o", "/no/such/report"], ["--graph", "/no/such/x.svg"], ["--trace", "/no/such/t"]:
        ended = cli.refuses(FAILED, ["/no/such"], "run", *option, "--", *shell)
        require(ended.stdout == b"", f"the program ran\n{ended.show()}")
    ended = cli.refuses(FAILED, ["x.jpeg", "format"], "run", "--graph", "x.jpeg", "--", *shell)
    require(ended.stdout == b"", f"the program ran\n{ended.show()}")
    cli.refuses(FAILED, ["No space left"], "run", "-o", "/dev/full", "--", cli.program)
    cli.refuses(FAILED, ["No such file"], "run", cli.program, env={**os.environ, "TMPDIR": "/no/such"})


def files_that_are_no_traces_are_not_replaced(cli):
    path = cli.write("precious", b"data")
    cli.refuses(FAILED, ["exists", "no trace"], "record", "-o", "precious", cli.program)
    cli.refuses(FAILED, ["exists", "no trace"], "run", "--trace", "precious", cli.program)
    with open(path, "rb") as file:
        require(file.read() == b"data", "the file was changed")


def wrong_usage(cli):
    for command in (
        ["run"],
        ["run", "--"],
        ["run", "--no-such-option", cli.program],
        ["run", "-q", cli.program],
        ["run", "-o"],
        ["run", "--format", "xml", cli.program],
        ["run", "--fail-on", "warnings", cli.program],
        ["run", "--fail-on", "", cli.program],
        ["run", "--color", "maybe", cli.program],
        ["run", "--max-steps", "-3", cli.program],
        ["run", "--baseline", "x", cli.program],
        ["record"],
        ["report"],
        ["report", "--report", "sarif", "x.trace"],
        ["report", "--report", "sarif=", "x.trace"],
        ["report", "--report", "xml=x", "x.trace"],
        ["run", "--report", "json=-", "--report", "junit=-", cli.program],
        ["run", "-o", "same", "--report", "junit=./same", cli.program],
        ["run", "--source-root", "/no/such/folder", cli.program],
        ["run", "--suppressions", "/no/such/file", cli.program],
        ["baseline"],
        ["timeline", "x.trace"],
        ["diff", "x.trace"],
        ["explain", "no-such-kind"],
        ["graph", "x.trace"],
        ["locks"],
        ["frobnicate"],
        ["--frobnicate"],
        ["help", "frobnicate"],
    ):
        cli.refuses(FAILED, [], *command)
    cli.trace()
    cli.refuses(FAILED, ["no such column", "acquisitions"], "locks", "--sort", "colour", "good.trace")
    cli.refuses(
        FAILED, ["LOCKHOUND_OPTIONS", "frob"], "run", cli.program,
        env={**os.environ, "LOCKHOUND_OPTIONS": "frob=1"},
    )
    cli.refuses(
        FAILED, ["/no/such/lib.so"], "run", cli.program,
        env={**os.environ, "LOCKHOUND_LIBRARY": "/no/such/lib.so"},
    )


def help_is_everywhere(cli):
    for command in "run", "record", "report", "graph", "locks", "baseline", "diff", "explain", "timeline":
        for words in [command, "--help"], [command, "-h"], ["help", command]:
            ended = cli(*words)
            require(
                ended.exit == 0 and ended.stdout.startswith(f"Usage: lockhound {command} ".encode()),
                f"{words}\n{ended.show()}",
            )
            require(b"Examples:" in ended.stdout and not ended.stderr, f"{words}\n{ended.show()}")
    for words in ["help"], ["--help"], ["-h"]:
        ended = cli(*words)
        require(ended.exit == 0 and b"Commands:" in ended.stdout, f"{words}\n{ended.show()}")
    ended = cli("--version")
    require(ended.exit == 0 and ended.stdout.startswith(b"lockhound "), ended.show())
    require(ended.stdout.count(b"\n") == 1, ended.show())
    ended = cli("--version", "--verbose")
    for library in b"elfutils", b"jansson", b"graphviz":
        require(ended.exit == 0 and library in ended.stdout, ended.show())


def traces_that_are_none(cli):
    cli.write("empty.trace", b"")
    cli.write("random.trace", os.urandom(3 * UNIT))
    cli.write("text.trace", b"#!/bin/sh\n")
    os.mkdir(cli.path("folder"))
    for command in ["report"], ["locks"], ["graph", "-o", "x.svg"]:
        cli.refuses(FAILED, ["empty.trace", "empty"], *command, "empty.trace")
        cli.refuses(FAILED, ["random.trace", "not a Lockhound trace"], *command, "random.trace")
        cli.refuses(FAILED, ["text.trace", "not a Lockhound trace"], *command, "text.trace")
        cli.refuses(FAILED, ["missing.trace", "No such file"], *command, "missing.trace")
        cli.refuses(FAILED, ["folder", "no traces"], *command, "folder")
    require(not os.path.exists(cli.path("x.svg")), "a graph was left behind")


def traces_from_elsewhere(cli):
    trace = bytearray(cli.trace())
    trace[8:12] = (7).to_bytes(4, "little")
    cli.write("newer.trace", trace)
    cli.refuses(FAILED, ["newer.trace", "format 7", "use that version"], "report", "newer.trace")
    trace[16:20] = bytes(reversed(trace[16:20]))
    cli.write("foreign.trace", trace)
    cli.refuses(FAILED, ["foreign.trace", "byte order"], "report", "foreign.trace")


def truncated_traces(cli):
    """Too short for a header: an error. Longer: a report that says what is missing."""
    trace = cli.trace()
    cli.write("cut.trace", trace[:100])
    cli.refuses(FAILED, ["cut off"], "report", "cut.trace")
    for size in range(1024, len(trace), UNIT // 2 + 512):
        cli.write("cut.trace", trace[:size])
        ended = cli("report", "--format", "json", "-o", "cut.json", "cut.trace")
        require(ended.exit in (0, 66), f"cut at {size}\n{ended.show()}")
        with open(cli.path("cut.json"), encoding="utf-8") as file:
            require(json.load(file)["complete"] is False, f"cut at {size}: the report is complete")


def one_bad_trace_of_two(cli):
    """The good one is reported; the status tells that something is missing."""
    cli.trace()
    cli.write("bad.trace", b"bad")
    ended = cli("report", "good.trace", "bad.trace")
    require(ended.exit == FAILED and b"no findings" in ended.stderr, ended.show())
    require(ended.stderr.count(b"bad.trace") == 1 and not ended.stdout, ended.show())


def nothing_recorded_is_a_failure(cli):
    """The loader warns of a library that it cannot load, and runs the program without it."""
    library = cli.write("liblockhound.so", b"no library")
    ended = cli("run", cli.program, env={**os.environ, "LOCKHOUND_LIBRARY": library})
    require(ended.exit == FAILED and b"nothing was recorded" in ended.stderr, ended.show())


def exit_statuses_pass_through(cli):
    for status in 0, 1, 42:
        ended = cli("run", "--", "sh", "-c", f"exit {status}")
        require(ended.exit == status, ended.show())
        ended = cli("record", "--", "sh", "-c", f"exit {status}")
        require(ended.exit == status, ended.show())
    ended = cli("run", "--", "sh", "-c", "kill -KILL $$")
    require(ended.exit == 128 + signal.SIGKILL, ended.show())


def options_end_at_the_program(cli):
    ended = cli("run", "echo", "--format", "-o", "--help")
    require(ended.exit == 0 and ended.stdout == b"--format -o --help\n", ended.show())


def signals_are_passed_on(cli):
    script = 'trap "echo caught; exit 3" TERM; kill -TERM $PPID; while :; do sleep 0.01; done'
    ended = cli("run", "--", "sh", "-c", script)
    require(ended.exit == 3 and ended.stdout == b"caught\n", ended.show())


def temporary_traces_are_removed(cli):
    os.mkdir(cli.path("tmp"))
    ended = cli("run", "--", "sh", "-c", "true & wait", env={**os.environ, "TMPDIR": cli.path("tmp")})
    require(ended.exit == 0 and os.listdir(cli.path("tmp")) == [], ended.show())


def programs_that_become_another_user_are_recorded(cli):
    """Root's servers give their rights up, and then fork."""
    if os.getuid() != 0 or not shutil.which("setpriv"):
        raise Skip("only root can become another user")
    become = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"]
    if harness.run([*become, "test", "-r", cli.lockhound]).exit != 0:
        raise Skip("another user cannot reach the library")
    os.chmod(cli.folder, 0o711)
    os.mkdir(cli.path("tmp"))
    os.chmod(cli.path("tmp"), 0o711)
    command = ["run", "--format", "json", "-o", "report.json", "--", *become, "sh", "-c", "id -u; true"]
    ended = cli(*command, env={**os.environ, "TMPDIR": cli.path("tmp")})
    require(ended.exit == 0 and ended.stdout == b"65534\n" and not ended.stderr, ended.show())
    with open(cli.path("report.json"), encoding="utf-8") as file:
        programs = [process["argv"][0] for process in json.load(file)["processes"]]
    require("id" in programs and "sh" in programs, f"recorded: {programs}")
    require(os.listdir(cli.path("tmp")) == [], f"left: {os.listdir(cli.path('tmp'))}")


def daemons_are_told_of(cli):
    """A report of a program that went into the background shows its beginning only."""
    os.mkfifo(cli.path("ready"))
    daemon = "setsid sh -c 'echo $$ >ready; exec sleep 1000' </dev/null >/dev/null 2>&1 & cat ready"
    for command, words in (("run",), b"not in this report"), (("record", "-o", "%e.%p.trace"), b"recording goes on"):
        ended = cli(*command, "--", "sh", "-c", daemon)
        pid = int(ended.stdout)
        os.kill(pid, signal.SIGKILL)
        told = [line for line in ended.stderr.splitlines() if b"went into the background" in line]
        require(ended.exit == 0 and len(told) == 1, ended.show())
        require(f"[pid {pid}]".encode() in told[0] and words in told[0], ended.show())
    # In the session of the command it is a job of the shell, or about to end.
    ended = cli("run", "--", "sh", "-c", "sleep 1000 </dev/null >/dev/null 2>&1 & echo $!")
    os.kill(int(ended.stdout), signal.SIGKILL)
    require(b"went into the background" not in ended.stderr, ended.show())


def killed_run(cli, folder):
    """A run that is killed while its program sleeps: the program's pid, and what it left in the folder."""
    ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)  # the program becomes our child then
    before = set(os.listdir(folder))
    with subprocess.Popen(
        [cli.lockhound, "run", "--", "sh", "-c", "echo $$; exec sleep 1000"],
        env={**os.environ, "TMPDIR": folder}, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, cwd=cli.folder,
    ) as run:
        pid = int(run.stdout.readline())
        harness.wait_until(lambda: any(f"sleep.{pid}.trace" in os.listdir(os.path.join(folder, name))
                                       for name in os.listdir(folder)), "the trace of the program")
        run.kill()
    return pid, set(os.listdir(folder)) - before


def leftovers_of_killed_runs_are_removed(cli):
    folder = cli.path("tmp")
    os.mkdir(folder)
    environment = {**os.environ, "TMPDIR": folder}
    pid, left = killed_run(cli, folder)
    require(len(left) == 1, f"left: {left}")
    # The program is still there, and so is a run; and other people's things, and links to them.
    os.mkdir(cli.path("other"))
    cli.write("other/one.trace", b"")
    for name in ("lockhound-backup", "lockhound-things"):
        os.mkdir(os.path.join(folder, name), 0o700)
        cli.write(f"tmp/{name}/.lockhound-run", b"")
    cli.write("tmp/lockhound-backup/letter", b"dear")
    cli.write("tmp/lockhound-things/x.1.trace", b"")
    os.symlink(cli.path("other"), os.path.join(folder, "lockhound-linked"))
    there = set(os.listdir(folder))
    inner = [cli.lockhound, "run", "--", cli.program]
    ended = cli("run", "--", *inner, env=environment)
    require(ended.exit == 0 and set(os.listdir(folder)) == there, f"{os.listdir(folder)}, not {there}\n{ended.show()}")
    # Process 1 lives for ever; the others are gone now.
    os.kill(pid, signal.SIGKILL)
    os.waitpid(pid, 0)
    ended = cli("run", "--", cli.program, env=environment)
    require(ended.exit == 0 and set(os.listdir(folder)) == there - left, f"{os.listdir(folder)}\n{ended.show()}")
    require(os.listdir(cli.path("other")) == ["one.trace"], "what a link leads to was touched")


def folders_without_file_locks(cli):
    """A file system that knows no locks is told of and does; one that fails leaves nothing behind."""
    folder = cli.path("tmp")
    os.mkdir(folder)
    environment = {**os.environ, "TMPDIR": folder, "LD_PRELOAD": cli.no_file_locks}
    # The command may be instrumented itself, and want its library first.
    environment["ASAN_OPTIONS"] = f"{os.environ.get('ASAN_OPTIONS', '')}:verify_asan_link_order=0"
    for error in (errno.ENOLCK, errno.EOPNOTSUPP, errno.ENOSYS, errno.EINVAL):
        ended = cli("run", "--", cli.program, env={**environment, "NO_FILE_LOCKS": str(error)})
        require(ended.exit == 0 and b"no findings" in ended.stderr, f"{error}\n{ended.show()}")
        require(ended.stderr.count(b"has no file locks: if this command is killed, it stays") == 1, ended.show())
        require(os.listdir(folder) == [], f"left: {os.listdir(folder)}")
    ended = cli("run", "--", cli.program, env={**environment, "NO_FILE_LOCKS": str(errno.EIO)})
    require(ended.exit == 125 and os.strerror(errno.EIO).encode() in ended.stderr, ended.show())
    require(os.listdir(folder) == [], f"left: {os.listdir(folder)}")


def kept_traces_are_where_they_should_be(cli):
    os.mkdir(cli.path("kept"))
    run = ["--", "sh", "-c", f"{cli.program}; exit 0"]
    ended = cli("run", "--trace", "kept/one.trace", *run)
    names = sorted(os.listdir(cli.path("kept")))
    require(ended.exit == 0 and len(names) == 2 and names[0] == "one.trace", f"{names}\n{ended.show()}")
    ended = cli("report", "kept")
    require(ended.exit == 0 and b"no findings" in ended.stderr and not ended.stdout, ended.show())


def record_prints_the_next_command(cli):
    ended = cli("record", cli.program)
    line = ended.stderr.decode()
    require(ended.exit == 0 and "next: lockhound report " in line, ended.show())
    words = line.split("next: lockhound ")[1].split()
    name = os.path.basename(cli.program)[:15]
    require(words[1].startswith(f"lockhound.{name}") and words[1].endswith(".trace"), ended.show())
    again = cli(*words)
    require(again.exit == 0, again.show())


TESTS = (
    programs_that_are_missing,
    programs_that_cannot_be_executed,
    static_programs,
    programs_with_another_race_detector,
    race_detector_that_is_missing,
    foreign_programs,
    programs_of_another_c_library,
    scripts_without_an_interpreter,
    setuid_programs,
    reports_that_cannot_be_written,
    files_that_are_no_traces_are_not_replaced,
    wrong_usage,
    help_is_everywhere,
    traces_that_are_none,
    traces_from_elsewhere,
    truncated_traces,
    one_bad_trace_of_two,
    nothing_recorded_is_a_failure,
    exit_statuses_pass_through,
    options_end_at_the_program,
    signals_are_passed_on,
    temporary_traces_are_removed,
    programs_that_become_another_user_are_recorded,
    daemons_are_told_of,
    leftovers_of_killed_runs_are_removed,
    folders_without_file_locks,
    kept_traces_are_where_they_should_be,
    record_prints_the_next_command,
)


def main():
    lockhound, program, no_file_locks = sys.argv[1:4]
    return harness.main_of_all(TESTS, lambda folder: Cli(lockhound, program, no_file_locks, folder))


if __name__ == "__main__":
    sys.exit(main())
