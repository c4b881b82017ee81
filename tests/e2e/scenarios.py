"""What a run beside a run cannot show: servers under load, killed programs, many traces, other tools."""

import contextlib
import glob
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import threading
import xml.etree.ElementTree

import harness
from harness import require


def need(*commands):
    for command in commands:
        if not shutil.which(command):
            raise harness.Skip(f"{command} is not installed")


def no_findings(report, ended):
    """Notes are no accusation: a server may well end with a lock that only it knows."""
    log = f"{ended.show()}\n{harness.describe(report)}"
    accusations = [finding for finding in report["findings"] if finding["severity"] != "note"]
    require(accusations == [], f"findings in a program that is not known to deserve them\n{log}")
    require(report["dropped"] == 0, f"events were dropped\n{log}")


@contextlib.contextmanager
def started(command, folder):
    """A server; killed at the end if it is still there. Yields the process and what it will have said."""
    with subprocess.Popen(
        command, cwd=folder, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as process:
        try:
            yield process
        finally:
            if process.poll() is None:
                process.kill()


def watched(place, command):
    report = place.lockhound.report_path()
    return [place.lockhound.path, "run", "--format", "json", "-o", report, "--all", "--", *command], report


def ended(process):
    stdout, stderr = process.communicate(timeout=harness.PATIENCE)
    return harness.Ended(harness.exit_status(process.returncode), stdout, stderr)


def connects(path):
    with socket.socket(socket.AF_UNIX) as client:
        try:
            client.connect(path)
        except OSError:
            return False
    return True


# ---- redis ----


def redis_command(address, folder):
    return [
        "redis-server", "--port", "0", "--unixsocket", address, "--save", "", "--dir", folder,
        "--io-threads", "2", "--io-threads-do-reads", "yes", "--lazyfree-lazy-user-del", "yes",
    ]  # fmt: skip


def redis_cli(address, *words):
    return harness.run(["redis-cli", "-s", address, *words]).stdout.decode().strip()


def redis_load(address):
    load = harness.run(
        ["redis-benchmark", "-s", address, "-n", "20000", "-c", "20", "-P", "4", "-q", "-r", "1000",
         "-t", "set,get,incr,lpush,lpop,sadd,hset,mset"])  # fmt: skip
    require(load.exit == 0, f"redis-benchmark failed\n{load.show()}")
    require(redis_cli(address, "set", "key", "value") == "OK", "set")
    require(redis_cli(address, "get", "key") == "value", "get")
    require(redis_cli(address, "bgsave") == "Background saving started", "bgsave")
    harness.wait_until(
        lambda: "rdb_bgsave_in_progress:0" in redis_cli(address, "info", "persistence"), "the child that saves")
    require("rdb_last_bgsave_status:ok" in redis_cli(address, "info", "persistence"), "the child failed")
    require(redis_cli(address, "flushall", "async") == "OK", "flushall")


def redis(place):
    need("redis-server", "redis-benchmark", "redis-cli")
    address = os.path.join(place.folder, "redis")
    command, report = watched(place, redis_command(address, place.folder))
    with started(command, place.folder) as server:
        harness.wait_until(lambda: connects(address) or server.poll() is not None, "redis-server")
        require(server.poll() is None, "redis-server did not start")
        redis_load(address)
        redis_cli(address, "shutdown", "nosave")
        end = ended(server)
    require(end.exit == 0, f"redis-server\n{end.show()}")
    no_findings(harness.read_report(report, end), end)


def redis_benchmark(place):
    need("redis-server", "redis-benchmark", "redis-cli")
    address = os.path.join(place.folder, "redis")
    with started(redis_command(address, place.folder), place.folder) as server:
        harness.wait_until(lambda: connects(address), "redis-server")
        end, report = place.lockhound.run(
            ["redis-benchmark", "-s", address, "-n", "20000", "-c", "20", "--threads", "2", "-q", "-t", "set,get"])
        redis_cli(address, "shutdown", "nosave")
        ended(server)
    require(end.exit == 0 and b"GET" in end.stdout, f"redis-benchmark\n{end.show()}")
    no_findings(report, end)


# ---- memcached ----


def memcached_client(address, number, problems):
    try:
        with socket.socket(socket.AF_UNIX) as client:
            client.connect(address)
            answers = client.makefile("rb")
            for i in range(3000):
                key, value = f"{number}-{i % 100}", f"value {i}".encode()
                client.sendall(f"set {key} 0 0 {len(value)}\r\n".encode() + value + b"\r\n")
                require(answers.readline() == b"STORED\r\n", "set")
                client.sendall(f"get {key}\r\n".encode())
                got = [answers.readline() for _ in range(3)]
                require(got == [f"VALUE {key} 0 {len(value)}\r\n".encode(), value + b"\r\n", b"END\r\n"], got)
    except (OSError, harness.Failure) as problem:
        problems.append(problem)


def memcached_pid(address):
    with socket.socket(socket.AF_UNIX) as client:
        client.connect(address)
        client.sendall(b"stats\r\nquit\r\n")
        return int(re.search(rb"STAT pid (\d+)", client.makefile("rb").read())[1])


def memcached_session(command, address, folder):
    problems = []
    with started(command, folder) as server:
        harness.wait_until(lambda: connects(address) or server.poll() is not None, "memcached")
        require(server.poll() is None, "memcached did not start")
        clients = [
            threading.Thread(target=memcached_client, args=(address, number, problems)) for number in range(6)
        ]
        for client in clients:
            client.start()
        for client in clients:
            client.join()
        require(not problems, f"clients failed: {problems}")
        os.kill(memcached_pid(address), signal.SIGTERM)
        return ended(server)


def memcached(place):
    need("memcached")
    address = os.path.join(place.folder, "memcached")
    plain = ["memcached", "-s", address, "-t", "4", "-m", "64"]
    if os.geteuid() == 0:
        plain += ["-u", "root"]
    bare = memcached_session(plain, address, place.folder)
    command, report = watched(place, plain)
    end = memcached_session(command, address, place.folder)
    require((end.exit, end.stdout, end.stderr) == (bare.exit, bare.stdout, bare.stderr),
            f"bare {bare.show()}\nwatched {end.show()}")
    no_findings(harness.read_report(report, end), end)


# ---- other tools, dead programs, many processes ----


def valgrind(place):
    need("valgrind")
    for program in ("law_errno", "law_lifetime"):
        command = ["valgrind", "--quiet", "--error-exitcode=99", os.path.join(place.programs, program)]
        trace = os.path.join(place.folder, f"{program}.trace")
        environment = {**os.environ, "LD_PRELOAD": place.shim, "LOCKHOUND_OPTIONS": f"output={trace}"}
        bare = harness.run(command, cwd=place.folder)
        seen = harness.run(command, cwd=place.folder, env=environment)
        log = f"bare {bare.show()}\nwatched {seen.show()}"
        require((seen.exit, seen.stdout) == (bare.exit, bare.stdout), f"{program} under memcheck\n{log}")
        require(seen.stderr == bare.stderr, f"memcheck says something new of {program}\n{log}")
        require(os.path.exists(trace), f"{program} was not recorded under memcheck\n{log}")
        end, report = place.lockhound.report(trace)
        require(report["complete"], f"{end.show()}\n{harness.describe(report)}")


def killed(place):
    program = os.path.join(place.programs, "killed_after_inversion")
    trace = os.path.join(place.folder, "killed.trace")
    end = harness.run([place.lockhound.path, "record", "-o", trace, "--", program], cwd=place.folder)
    require(end.exit == 128 + signal.SIGKILL, f"record of a killed program\n{end.show()}")
    require(b"lockhound report killed.trace" in end.stderr, f"record does not say what to type next\n{end.show()}")
    for _, report in (place.lockhound.report(trace), place.lockhound.run([program])):
        require(report["summary"] == {"lock-order-inversion": 1}, harness.describe(report))
    require(report["program"]["exit"] == 128 + signal.SIGKILL, str(report["program"]))


def counted(place):
    """How often each order was taken is exact, however the process ended."""
    program = os.path.join(place.programs, "counted")
    for end in ("return", "exit", "kill"):
        trace, dot = (os.path.join(place.folder, f"{end}.{kind}") for kind in ("trace", "dot"))
        ended = harness.run([place.lockhound.path, "record", "-o", trace, "--", program, end], cwd=place.folder)
        graph = harness.run([place.lockhound.path, "graph", trace, "-o", dot], cwd=place.folder)
        require(graph.exit == 0, f"{ended.show()}\n{graph.show()}")
        with open(dot, encoding="utf-8") as file:
            counts = sorted(int(count) for count in re.findall(r"\bcount=\"?(\d+)", file.read()))
        require(counts == [2 * 1000, 2 * 5 * 1500], f"{end}: {counts}")


def deadlock_actions(place):
    """What each action does to a program whose two threads block each other."""
    program = os.path.join(place.samples, "opposite_order_hangs")
    ended, report = place.lockhound.run([program], "--on-deadlock=abort")
    require(report["program"]["exit"] == 128 + signal.SIGABRT, str(report["program"]))
    require(report["summary"] == {"deadlock": 1}, harness.describe(report))
    # Without the command the library says it itself, and the program hangs on.
    trace = os.path.join(place.folder, "alone.trace")
    environment = {**os.environ, "LD_PRELOAD": place.shim, "LOCKHOUND_OPTIONS": f"output={trace}"}
    with subprocess.Popen([program], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, env=environment) as hung:
        lines = [hung.stderr.readline() for _ in range(3)]
        still_there = hung.poll() is None
        hung.kill()
    said = b"".join(lines).decode()
    require(still_there, f"it ended\n{said}")
    require("lockhound: deadlock: " in lines[0].decode() and trace in said, said)
    require(said.count("waits for mutex 0x") == 2 and "(boy)" in said and "(girl)" in said, said)
    ended, report = place.lockhound.report(trace)
    require(ended.exit == 66 and report["summary"] == {"deadlock": 1}, harness.describe(report))


def forked_traces(place):
    program = os.path.join(place.programs, "law_process")
    end = harness.run(
        [place.lockhound.path, "record", "-o", os.path.join(place.folder, "%e.%p.trace"), "--", program],
        cwd=place.folder)
    require(end.exit == 26, f"the program's own status\n{end.show()}")
    traces = glob.glob(os.path.join(place.folder, "*.trace"))
    require(any("law_process." in trace for trace in traces) and len(traces) > 3, f"traces {traces}")
    end, report = place.lockhound.report(traces)
    require(end.exit == 0 and report["findings"] == [], f"{end.show()}\n{harness.describe(report)}")
    pids = {process["pid"] for process in report["processes"]}
    require(len(pids) > 3, f"{len(traces)} traces, processes {report['processes']}")


def orders_of_two_runs(place):
    """Each run is right by itself; the second order, seen in another run, makes the inversion."""
    program = os.path.join(place.programs, "two_runs")
    folder = os.path.join(place.folder, "runs")
    os.mkdir(folder)

    def record(order, times):
        for _ in range(times):
            trace = os.path.join(folder, "%p.trace")
            end = harness.run([place.lockhound.path, "record", "-o", trace, "--", program, order], cwd=folder)
            require(end.exit == 0, end.show())
        return place.lockhound.report(folder)

    end, report = record("store", 2)
    require(end.exit == 0 and report["findings"] == [], f"{end.show()}\n{harness.describe(report)}")
    end, report = record("replay", 2)
    require(end.exit == 66 and report["summary"] == {"lock-order-inversion": 1}, harness.describe(report))
    (finding,) = report["findings"]
    require(finding["across_processes"] is True, f"{finding}")
    pids = {thread["pid"] for thread in finding["threads"]}
    require(len(pids) == 2 and pids <= {process["pid"] for process in report["processes"]}, f"{finding}")
    places = {thread["wants"]["stack"][0]["function"] for thread in finding["threads"]}
    require(places == {"store", "replay"}, f"{places}")

    def ask(*words):
        end = harness.run([place.lockhound.path, *words, folder], cwd=folder)
        require(end.exit == 0, end.show())
        return end.stdout.decode()

    graph = ask("graph", "-o", "-")
    require(graph.count("->") == 2 and graph.count("#1 ") >= 2 and "cluster" not in graph, graph)
    rows = json.loads(ask("locks", "--format", "json"))
    require([(row["acquisitions"], row["processes"], row["pid"]) for row in rows] == [(4, 4, None)] * 2, f"{rows}")
    rows = json.loads(ask("locks", "--format", "json", "--per-process"))
    require(len(rows) == 8 and {row["pid"] for row in rows} == {process["pid"] for process in report["processes"]}, f"{rows}")


def churn(place):
    """10,000 locks at a time, each used once: after the first half nothing may grow any more."""
    total = os.environ.get("LOCKHOUND_TEST_CHURN", "1000000")
    trace = os.path.join(place.folder, "churn.trace")
    end = harness.run(
        [place.lockhound.path, "record", "-o", trace, "--", os.path.join(place.programs, "churn"), total, trace],
        cwd=place.folder)
    require(end.exit == 0, end.show())
    print(end.stdout.decode())
    number = re.findall(r"rss (\d+) size (\d+) blocks (\d+)", end.stdout.decode())
    (half_rss, half_size, half_blocks), (rss, size, blocks) = (tuple(map(int, line)) for line in number)
    require(half_blocks > 0, f"nothing was recorded\n{end.show()}")
    require(size == half_size and blocks - half_blocks <= 64, f"the trace grows\n{end.show()}")
    require(rss - half_rss <= 1024, f"memory grows\n{end.show()}")
    end, report = place.lockhound.report(trace)
    require(end.exit == 0 and report["findings"] == [] and report["dropped"] == 0, harness.describe(report))


def histograms(place):
    """Each wait and each measured hold is in its lock's histogram, also where locks have ended."""
    for words in ["contended", "2000", "4"], ["churn", "20000"]:
        trace = os.path.join(place.folder, words[0] + ".trace")
        program = os.path.join(place.programs, words[0])
        end = harness.run([place.lockhound.path, "record", "-o", trace, "--", program, *words[1:]], cwd=place.folder)
        require(end.exit == 0, end.show())
        end = harness.run([place.lockhound.path, "locks", "--format", "json", trace])
        require(end.exit == 0, end.show())
        for row in json.loads(end.stdout):
            for what, total in ("wait", row["contended"]), ("hold", row["hold_samples"]):
                places = row[f"{what}_histogram"]
                require(sum(count for _, _, count in places) == total, f"{what}: {row}")
                require(all(low < high for low, high, _ in places), f"{what}: {row}")
                ends = [row[f"{what}_p50_ns"], row[f"{what}_p99_ns"], row[f"{what}_max_ns"]]
                require(ends[0] is None and total == 0 or ends == sorted(ends), f"{what}: {row}")
        require(any(row["hold_samples"] for row in json.loads(end.stdout)), "nothing was measured")


def brief_locks(*words, options=()):
    """As many mutexes, taken as often, as the program counted itself."""

    def test(place):
        trace = os.path.join(place.folder, "lives.trace")
        program = os.path.join(place.programs, "lives")
        end = harness.run([place.lockhound.path, "record", *options, "-o", trace, "--", program, *words],
                          cwd=place.folder)
        require(end.exit == (128 + signal.SIGKILL if "kill" in words else 0), end.show())
        told = [int(word) for word in end.stdout.split()[1::2]]
        end = harness.run([place.lockhound.path, "locks", "--format", "json", trace])
        rows = [row for row in json.loads(end.stdout) if row["kind"] == "mutex"]
        seen = [sum(row[what] for row in rows) for what in ("locks", "acquisitions")]
        require(seen == told, f"{seen}, but there were {told}\n{end.show()}")
        end, report = place.lockhound.report(trace)
        require(report["summary"] == {} and report["dropped"] == 0, f"{end.show()}\n{harness.describe(report)}")

    return test


def flat(kind, rounds):
    """After the first half nothing may grow any more."""

    def test(place):
        trace = os.path.join(place.folder, "flat.trace")
        program = os.path.join(place.programs, "flat")
        end = harness.run([place.lockhound.path, "record", "-o", trace, "--", program, kind, str(rounds), trace],
                          cwd=place.folder)
        require(end.exit == 0, end.show())
        half, size = map(int, re.findall(r"size (\d+)", end.stdout.decode()))
        require(half > 0 and size == half, f"the trace grows\n{end.show()}")
        end, report = place.lockhound.report(trace)
        require(report["complete"] and report["dropped"] == 0, f"{end.show()}\n{harness.describe(report)}")

    return test


def many_ways(place):
    """Stacks are put together from what an earlier one has in common with them: each is the true one."""
    ended, report = place.lockhound.run([os.path.join(place.programs, "many_ways")])
    expected = [line.split() for line in ended.stdout.decode().splitlines()]
    inversions = [finding for finding in report["findings"] if finding["kind"] == "lock-order-inversion"]
    require(len(inversions) == 1, harness.describe(report))
    holds = [thread["holds"] for thread in inversions[0]["threads"] if thread["name"] == "main"][0]
    found = []
    for held in holds[:-1]:
        names = [frame["function"] for frame in held["stack"]]
        require(names.count("main") == 1 and names[0] == "go_on", f"stack {names}")
        found.append([name for name in names[: names.index("main")] if name != "go_on"])
    require(expected and found == expected, f"{len(found)} stacks: {found}, expected {expected}")


RLOCKS = 2000
MAKE_RLOCKS = f"""
import resource, threading
threading.RLock()
before = resource.getrusage(resource.RUSAGE_SELF).ru_nvcsw
kept = [threading.RLock() for _ in range({RLOCKS})]
print(resource.getrusage(resource.RUSAGE_SELF).ru_nvcsw - before)
"""


def python_rlocks(place):
    """What the shim asks of memory that it does not know puts no thread to sleep."""
    ended, _report = place.lockhound.run([sys.executable, "-c", MAKE_RLOCKS])
    require(ended.exit == 0 and int(ended.stdout) < RLOCKS / 4, ended.show())


def rare_order(kind, expected):
    """An order seen in more threads than are kept, and once the other one."""

    def test(place):
        ended, report = place.lockhound.run([os.path.join(place.programs, "rare_order"), kind])
        log = f"{ended.show()}\n{harness.describe(report)}"
        require(ended.stdout == b"taken\n" and report["complete"] and report["dropped"] == 0, log)
        require(report["summary"] == expected, log)

    return test


def broken_stderr(place):
    """The shim has something to say, and nobody reads it."""
    read, write = os.pipe()
    os.close(read)
    environment = {**os.environ, "LD_PRELOAD": place.shim, "LOCKHOUND_OPTIONS": "output=/nonexistent/folder/trace"}
    program = os.path.join(place.programs, "ends")
    end = subprocess.run([program, "return"], env=environment, stdout=subprocess.PIPE, stderr=write, check=False)
    os.close(write)
    bare = subprocess.run([program, "return"], capture_output=True, check=False)
    require((end.returncode, end.stdout) == (bare.returncode, bare.stdout), f"{end} but bare {bare}")


def last_thread(place):
    """The main thread leaves; the process ends in another one, after that one's last destructor."""
    end, report = place.lockhound.run([os.path.join(place.programs, "ends"), "main-leaves"])
    require(end.exit == 0 and report["complete"], f"{end.show()}\n{harness.describe(report)}")


# ---- the picture ----


def graph(place):
    program = os.path.join(place.samples, "gate_lock_forgotten")
    drawn = {}
    for suffix in ("dot", "svg", "png", "pdf"):
        path = os.path.join(place.folder, f"locks.{suffix}")
        end, _ = place.lockhound.run([program], "--graph", path)
        require(end.exit == 66, end.show())
        with open(path, "rb") as file:
            drawn[suffix] = file.read()
    require(drawn["png"].startswith(b"\x89PNG\r\n") and drawn["png"].rstrip().endswith(b"IEND\xaeB`\x82"), "no PNG")
    require(drawn["pdf"].startswith(b"%PDF-") and b"%%EOF" in drawn["pdf"][-32:], "no PDF")
    picture = "".join(xml.etree.ElementTree.fromstring(drawn["svg"]).itertext())
    for text in (drawn["dot"].decode(), picture):
        for name in ("gate", "drum", "sticks"):
            require(name in text, f"{name} is not in the graph:\n{text}")
    check_cycle_stands_out(drawn["dot"].decode())


def check_cycle_stands_out(dot):
    """The edges between drum and sticks have a colour of their own, those from the gate have not."""
    names = {node: label for node, label in re.findall(r'(\w+)\s*\[[^;]*?\blabel="(\w+)[^;]*;', dot) if label != "Lock"}
    coloured = {}
    for start, end, attributes in re.findall(r"(\w+) -> (\w+)\s*\[([^;]*)\];", dot):
        coloured[names[start], names[end]] = re.search(r"(?<!font)color=", attributes) is not None
    require(
        coloured == {
            ("gate", "drum"): False,
            ("gate", "sticks"): False,
            ("drum", "sticks"): True,
            ("sticks", "drum"): True,
        },
        f"edges and whether they stand out: {coloured}\n{dot}",
    )
