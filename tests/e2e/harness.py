"""What all end-to-end tests share: running the built command, reading its report, failing with a reason."""

import dataclasses
import json
import os
import re
import signal
import subprocess
import sys
import tempfile
import time

SKIP = 77  # meson: skipped
STALLED_NS = 272  # offset of the field in a trace's header
PATIENCE = 240  # seconds after which something that should have ended is called hanging


class Failure(Exception):
    """The behaviour is not what the table says."""


class Skip(Exception):
    """Something that the test needs is not installed."""


def require(condition, why):
    if not condition:
        raise Failure(why)


def exit_status(returncode):
    """As a shell has it: 128 and the signal's number for one who was killed."""
    return 128 - returncode if returncode < 0 else returncode


@dataclasses.dataclass
class Ended:
    """A program that has run to its end."""

    exit: int
    stdout: bytes
    stderr: bytes

    def show(self):
        return (
            f"exit status {self.exit}\n-- stdout\n{tail(self.stdout)}\n-- stderr\n{tail(self.stderr)}\n"
        )


def tail(data, limit=6000):
    text = data.decode(errors="replace")
    return text if len(text) <= limit else "[...]" + text[-limit:]


def run(command, **options):
    options.setdefault("stdin", subprocess.DEVNULL)
    try:
        done = subprocess.run(
            [str(word) for word in command], capture_output=True, timeout=PATIENCE, check=False, **options
        )
    except subprocess.TimeoutExpired as hung:
        raise Failure(
            f"still running after {PATIENCE} s: {' '.join(map(str, command))}\n"
            f"{Ended(-1, hung.stdout or b'', hung.stderr or b'').show()}"
        ) from hung
    return Ended(exit_status(done.returncode), done.stdout, done.stderr)


class Lockhound:
    """The command under test, and a folder of its own to work in."""

    def __init__(self, path, folder):
        self.path = os.path.abspath(path)
        self.folder = folder
        self.reports = 0

    def report_path(self):
        self.reports += 1
        return os.path.join(self.folder, f"report-{self.reports}.json")

    def run(self, command, *options, **how):
        """`lockhound run`: what the program did, and the report."""
        path = self.report_path()
        words = [self.path, "run", "--format", "json", "-o", path, "--all", *options, "--", *command]
        how.setdefault("cwd", self.folder)
        ended = run(words, **how)
        return ended, read_report(path, ended)

    def report(self, trace, *options):
        """`lockhound report` of a trace that is there already."""
        path = self.report_path()
        traces = trace if isinstance(trace, list) else [trace]
        words = [self.path, "report", "--format", "json", "-o", path, "--all", *options, *traces]
        ended = run(words, cwd=self.folder)
        return ended, read_report(path, ended)


def read_report(path, ended):
    try:
        with open(path, encoding="utf-8") as file:
            return json.load(file)
    except FileNotFoundError as missing:
        raise Failure(f"no report was written\n{ended.show()}") from missing
    except ValueError as broken:
        raise Failure(f"the report is no JSON: {broken}\n{ended.show()}") from broken


def describe(report):
    """The findings, short, for the log of a failed test."""
    lines = [f"summary {report.get('summary')} filtered {report.get('filtered')} "
             f"complete {report.get('complete')} dropped {report.get('dropped')} {report.get('drops', '')}"]
    for finding in report.get("findings", []):
        lines.append(f"{finding['severity']} {finding['kind']}: {finding['message']}")
        for thread in finding["threads"]:
            lines.append(f"  thread {thread['name']}")
            for hold in thread["holds"]:
                lines.append(f"    holds {place(hold)}")
            if "access" in thread:
                access = {**thread["access"], "lock": finding["memory"]["text"], "class": "", "mode": ""}
                lines.append(f"    {access['kind']}{' atomic' if access['atomic'] else ''} {place(access)}")
            if thread["wants"]:
                lines.append(f"    wants {place(thread['wants'])}")
            if thread.get("why"):
                lines.append(f"    why {thread['why']}")
    return "\n".join(lines)


def place(held):
    frames = [
        f"{frame['function']} ({os.path.basename(frame['file'] or '?')}:{frame['line']})"
        for frame in held["stack"][:6]
    ]
    return f"{held['lock']} [{held['class']}] {held['mode']} at {' < '.join(frames)}"


def wait_until(condition, what):
    """Wait for an event that must come; only its absence is bound by time."""
    end = time.monotonic() + PATIENCE
    while not condition():
        if time.monotonic() > end:
            raise Failure(f"waited in vain for {what}")
        time.sleep(0.005)


def system_call(pid, tid):
    """Number of the system call that a thread is blocked in; None when it is running, or gone."""
    try:
        with open(f"/proc/{pid}/task/{tid}/syscall", encoding="ascii") as file:
            word = file.read().split()[0]
        return None if word == "running" else int(word)
    except (OSError, IndexError, ValueError):
        return None


def all_blocked_in_futex(pid, threads):
    """Every thread of the process sleeps in futex(), and there are as many as there should be."""
    tids = os.listdir(f"/proc/{pid}/task")
    return len(tids) == threads and all(system_call(pid, tid) == 202 for tid in tids)


def record_until_hung(lockhound, command, trace, threads):
    """
    `lockhound record` of a program that hangs: the program prints "pid N", and is killed once all of
    its `threads` threads sleep. The exit status that the command gives is checked.
    """
    words = [lockhound.path, "record", "-o", trace, "--", *map(str, command)]
    with subprocess.Popen(
        words, cwd=lockhound.folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE, stdin=subprocess.DEVNULL
    ) as process:
        line = process.stdout.readline().decode()
        match = re.fullmatch(r"pid (\d+)\n", line)
        if not match:
            process.kill()
            raise Failure(f"expected the program's pid, read {line!r} {process.stderr.read()!r}")
        pid = int(match[1])
        try:
            wait_until(lambda: all_blocked_in_futex(pid, threads), f"{threads} threads that sleep")
        finally:
            os.kill(pid, signal.SIGKILL)
        stdout, stderr = process.communicate(timeout=PATIENCE)
    ended = Ended(exit_status(process.returncode), stdout, stderr)
    require(ended.exit == 128 + signal.SIGKILL, f"record of a killed program\n{ended.show()}")
    return ended


def mark_stalled(trace):
    """What a watcher writes into the header once it has seen that nothing goes on: see docs/trace-format.md."""
    with open(trace, "r+b") as file:
        file.seek(STALLED_NS)
        file.write((1).to_bytes(8, sys.byteorder))


def main(test, name):
    """Run one test in a folder of its own; the exit status is what meson wants."""
    with tempfile.TemporaryDirectory(prefix="lockhound-") as folder:
        try:
            test(folder)
        except Failure as failure:
            print(f"{name}: FAILED: {failure}", flush=True)
            return 1
        except Skip as skip:
            print(f"{name}: skipped: {skip}", flush=True)
            return SKIP
    print(f"{name}: as expected", flush=True)
    return 0


def main_of_all(tests, place):
    """Run each test in a folder of its own, with what place(folder) makes of that."""
    statuses = [main(lambda folder, run=test: run(place(folder)), test.__name__) for test in tests]
    return 0 if all(status in (0, SKIP) for status in statuses) else 1
