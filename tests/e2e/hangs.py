"""Programs that hang, and programs that merely wait: what the watcher does from outside (tests/programs/waiting.c)."""

import contextlib
import os
import signal
import subprocess

import harness
from harness import require

SHORT = "--stall-grace=0.1"  # waits that end last many times longer
TIMEOUT = 124


def waiting(place, mode):
    return [os.path.join(place.programs, "waiting"), mode]


def log(ended, report):
    return f"{ended.show()}\n{harness.describe(report)}\ntimeout {report.get('timeout')} doubts {report.get('doubts')}"


def ended_by(report):
    """The signal by which Lockhound ended it."""
    return report["program"].get("signal") if report["program"].get("ended_by") == "lockhound" else None


def stalls(mode):
    """It is ended, and the trace says why."""

    def test(place):
        kept = os.path.join(place.folder, "%e.trace")
        ended, report = place.lockhound.run(waiting(place, mode), "--trace", kept)
        require(ended_by(report) == signal.SIGKILL, f"it was not ended by the watcher\n{log(ended, report)}")
        require("timeout" not in report and "doubts" not in report, log(ended, report))
        require(stalled_ns(os.path.join(place.folder, "waiting.trace")) > 0, "the trace does not say so")

    return test


def circle_of_semaphores(place):
    """Two threads wait for each other's semaphores while others go on."""
    ended, report = place.lockhound.run(waiting(place, "semaphores"), "--stall-grace=0.4")
    require(ended_by(report) == signal.SIGKILL, f"it was not ended by the watcher\n{log(ended, report)}")
    require(ended.exit == 66 and report["summary"] == {"deadlock": 1}, log(ended, report))
    places = {thread["wants"]["stack"][1]["function"] for thread in report["findings"][0]["threads"]}
    require(places == {"fax", "copy"}, f"{places}\n{log(ended, report)}")


def circle_in_doubt(place):
    """A thread that has posted one of them before lives, and could do so again: it is told, and nothing is done."""
    ended, report = place.lockhound.run(waiting(place, "semaphores_in_doubt"), "--stall-grace=0.2", "--timeout=3")
    require(ended.exit == 66 and report["summary"] == {"deadlock": 1}, log(ended, report))
    (finding,) = report["findings"]
    require(finding["severity"] == "warning" and "in doubt, as the main thread" in finding["message"], log(ended, report))


def told_once(place):
    """Who has heard of the deadlock does not hear that the process is stalled, too."""
    ended, report = place.lockhound.run(waiting(place, "deadlocked"), SHORT, "--on-deadlock=report", "--timeout=3")
    require(report["summary"] == {"deadlock": 1}, log(ended, report))
    require(ended.stderr.count(b"lockhound: deadlock:") == 1 and b"stalled" not in ended.stderr, log(ended, report))


def stalled_ns(trace):
    with open(trace, "rb") as file:
        file.seek(272)
        return int.from_bytes(file.read(8), "little")


def goes_on(mode):
    """It waits for much longer than the grace time, and then ends as it would without being watched."""

    def test(place):
        ended, report = place.lockhound.run(waiting(place, mode), SHORT)
        require(ended.exit == 0 and report["program"]["exit"] == 0, f"it was not let be\n{log(ended, report)}")
        require(report["findings"] == [], log(ended, report))

    return test


def timeout_tells(mode, call):
    """It never ends by itself: the report names the system call that keeps it from being stalled."""

    def test(place):
        ended, report = place.lockhound.run(waiting(place, mode), SHORT, "--timeout=2.5")
        require(ended.exit == TIMEOUT and ended_by(report) == signal.SIGKILL, log(ended, report))
        require(report["findings"] == [] and "doubts" not in report, log(ended, report))
        threads = threads_of(report)
        found = [thread["system_call"] for thread in threads if not thread.get("waits_for")]
        require(call in found, f"expected a thread in {call}, found {found}\n{log(ended, report)}")

    return test


def threads_of(report):
    return [thread for process in report["timeout"]["processes"] for thread in process["threads"]]


def in_doubt(mode, words):
    """Every thread waits, but something may wake one: nothing is done, and the report says what."""

    def test(place):
        ended, report = place.lockhound.run(waiting(place, mode), SHORT, "--timeout=2.5")
        require(ended.exit == TIMEOUT, log(ended, report))
        require([one["severity"] for one in report["findings"]] == ["note"], log(ended, report))
        require(words in report["findings"][0]["message"], log(ended, report))
        hints = [line for line in ended.stderr.decode().splitlines() if "may hang: all its threads wait" in line]
        require(len(hints) == 1 and words in hints[0], f"it was not told once while it ran\n{log(ended, report)}")
        texts = [doubt["text"] for doubt in report.get("doubts", [])]
        require(len(texts) == 1 and words in texts[0], f"doubts {texts}\n{log(ended, report)}")

    return test


def timeout_report(place):
    """What the threads waited for, with stacks: in JSON and as text."""
    command = waiting(place, "read")
    ended, report = place.lockhound.run(command, "--stall-grace=0", "--timeout=2")
    require(report["timeout"]["seconds"] == 2, log(ended, report))
    (process,) = report["timeout"]["processes"]
    require(process["pid"] == report["program"]["pid"], log(ended, report))
    main, other = process["threads"]
    require((main["number"], main["state"], main["system_call"]) == (1, "sleeping", "read"), str(main))
    require(main["waits_for"] is None and main["last"]["event"] == "thread-create", str(main))
    waits = other["waits_for"]
    require((waits["kind"], waits["lock"]) == ("condition", "cond"), str(other))
    require(waits["stack"][0]["function"] == "wait_for_go", str(other))
    require(other["last"]["event"] == "cond-wait" and other["holds"] == [], str(other))
    text = harness.run([place.lockhound.path, "run", "--stall-grace=0", "--timeout=2", "--", *command])
    require(text.exit == TIMEOUT, text.show())
    for words in ("timeout: the run was ended after 2 s", "in the system call read", "waits for", "wait_for_go"):
        require(words.encode() in text.stderr, f"{words} is missing\n{text.show()}")


def timeout_of_joins(place):
    """Who joins a thread that has not begun yet knows it all the same."""
    ended, report = place.lockhound.run(waiting(place, "child_stalls"), "--stall-grace=0", "--timeout=2")
    joins = [thread["waits_for"] for thread in threads_of(report) if (thread["waits_for"] or {}).get("kind") == "join"]
    require(len(joins) == 1 and joins[0]["thread"] == 2, log(ended, report))


def timeout_ends_all(place):
    """Processes that the program started are ended with it."""
    program = waiting(place, "read")
    # The third one is not recorded: what it gets to see of the environment has no LD_PRELOAD.
    script = '"$@" & env -u LD_PRELOAD "$@" & "$@"; exit 3'
    ended, report = place.lockhound.run(["sh", "-c", script, "sh", *program], "--timeout=2.5")
    require(ended.exit == TIMEOUT, log(ended, report))
    pids = {int(line.split()[1]) for line in ended.stdout.decode().splitlines()}
    require(len(pids) == 3, log(ended, report))
    told = {process["pid"] for process in report["timeout"]["processes"]}
    require(len(pids & told) == 2, f"ran {pids}, told of {told}\n{log(ended, report)}")
    harness.wait_until(lambda: not any(map(alive, pids)), f"the end of {pids}")


def alive(pid):
    try:
        with open(f"/proc/{pid}/stat", encoding="ascii", errors="replace") as file:
            return file.read().rsplit(")", 1)[1].split()[0] != "Z"
    except (OSError, IndexError):
        return False


def timeout_in_time(place):
    """A program that ends before its time is over does so as ever."""
    ended, report = place.lockhound.run(["sh", "-c", "exit 7"], "--timeout=200")
    require(ended.exit == 7 and "timeout" not in report, log(ended, report))


def timeout_of_record(place):
    trace = os.path.join(place.folder, "slow.trace")
    ended = harness.run(
        [place.lockhound.path, "record", "--timeout=2", "-o", trace, "--", *waiting(place, "read")])
    require(ended.exit == TIMEOUT and b"lockhound report" in ended.stderr, ended.show())
    ended, report = place.lockhound.report(trace)
    require(report["findings"] == [], log(ended, report))


def child_is_ended(place):
    """A stalled child is ended alone: the program sees it, and goes on."""
    ended, report = place.lockhound.run(waiting(place, "child_stalls"), SHORT)
    require(b"child ended by 9\n" in ended.stdout, log(ended, report))
    require(report["program"]["exit"] == 0, log(ended, report))


def aborted(place):
    ended, report = place.lockhound.run(waiting(place, "stalled"), SHORT, "--on-deadlock=abort")
    require(ended_by(report) == signal.SIGABRT, log(ended, report))
    require(ended.stderr.count(b"is stalled") == 1, log(ended, report))


@contextlib.contextmanager
def told_of_stall(place, *words):
    """A command that reports a stall and lets the program be: yields it and the program's pid."""
    command = [place.lockhound.path, *words]
    with subprocess.Popen(
        command, cwd=place.folder, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as process:
        pid = int(process.stdout.readline().split()[1])
        try:
            line = process.stderr.readline().decode()
            require(f"waiting [pid {pid}] is stalled" in line and f"gdb -p {pid}" in line, line)
            yield process, pid
        finally:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)


def reported(place):
    """One line while it hangs; the report comes when somebody ends it."""
    path = place.lockhound.report_path()
    words = ["run", SHORT, "--on-deadlock=report", "--format=json", "-o", path, "--", *waiting(place, "stalled")]
    with told_of_stall(place, *words) as (process, pid):
        require(alive(pid), "it was ended")
        process.send_signal(signal.SIGTERM)
        stdout, stderr = process.communicate(timeout=harness.PATIENCE)
    ended = harness.Ended(harness.exit_status(process.returncode), stdout, stderr)
    report = harness.read_report(path, ended)
    require(report["program"]["signal"] == signal.SIGTERM and stderr == b"", log(ended, report))
    require("ended_by" not in report["program"], log(ended, report))


def recorded(place):
    """`record` tells, and notes it in the trace; by default the program is let be."""
    trace = os.path.join(place.folder, "stalled.trace")
    with told_of_stall(place, "record", SHORT, "-o", trace, "--", *waiting(place, "stalled")) as (process, pid):
        require(alive(pid) and stalled_ns(trace) > 0, "not noted")
        os.kill(pid, signal.SIGKILL)
        _, stderr = process.communicate(timeout=harness.PATIENCE)
    require(process.returncode == 137 and b"stalled:" not in stderr and b"next: " in stderr, stderr.decode())
    require(stalled_ns(trace) > 0, "the note is gone")


def reads_input(place):
    """A program that waits for input is let be, and gets it."""
    path = place.lockhound.report_path()
    command = [place.lockhound.path, "run", SHORT, "--format=json", "-o", path, "--", *waiting(place, "stdin")]
    with subprocess.Popen(
        command, cwd=place.folder, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as process:
        process.stdout.readline()
        # It waits at least as long as this other program, which the watcher sees too.
        goes_on("sleep")(place)
        stdout, stderr = process.communicate(b"x", timeout=harness.PATIENCE)
    ended = harness.Ended(harness.exit_status(process.returncode), stdout, stderr)
    report = harness.read_report(path, ended)
    require(ended.exit == 0 and report["findings"] == [], log(ended, report))


def live_report(place):
    """A hung server that nobody watches: `report` looks at it while it hangs, and changes nothing."""
    for mode, words in (("handler", "handler of SIGTERM"), ("shared_for_ever", "another process"), ("read", None)):
        trace = os.path.join(place.folder, f"{mode}.trace")
        environment = {**os.environ, "LD_PRELOAD": place.shim, "LOCKHOUND_OPTIONS": f"output={trace}"}
        with subprocess.Popen(
            waiting(place, mode), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, env=environment
        ) as hung:
            hung.stdout.readline()
            harness.wait_until(lambda: all_asleep(hung.pid, 2), "its threads to wait")
            with open(trace, "rb") as file:
                before = file.read()
            ended, report = place.lockhound.report(trace, SHORT)
            with open(trace, "rb") as file:
                unchanged = file.read() == before
            hung.kill()
        texts = [doubt["text"] for doubt in report.get("doubts", [])]
        require(len(texts) == (words is not None) and all(words in text for text in texts), log(ended, report))
        require(unchanged, "the trace of the running program was changed")


def all_asleep(pid, threads):
    tids = os.listdir(f"/proc/{pid}/task")
    return len(tids) == threads and all(harness.system_call(pid, tid) is not None for tid in tids)
