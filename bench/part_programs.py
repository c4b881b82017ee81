"""Real programs: commands that end by themselves, and servers with a client that is never watched."""

import collections
import os
import shutil
import signal
import subprocess
import sys
import time

import peers
import results
import sampling

# needs: programs without which it is left out; command, client: words, where {input}, {n}, {folder},
# {socket} and {suffix} are filled in; n: how much work; slow: the share of it for slow tools;
# tsan: there is a version built with ThreadSanitizer
Program = collections.namedtuple("Program", "name needs command client n slow tsan")

PROGRAMS = [
    Program("pigz", ["pigz"], ["pigz", "-p2", "-kc", "{input}"], None, 24 << 20, 0.06, False),
    Program("pbzip2", ["pbzip2"], ["pbzip2", "-p2", "-b2", "-kc", "{input}"], None, 12 << 20, 0.06, False),
    Program("xz", ["xz"], ["xz", "-T2", "-2", "--block-size=2MiB", "-kc", "{input}"], None, 12 << 20, 0.06, False),
    Program("zstd", ["zstd"], ["zstd", "-T2", "-6", "-qkc", "{input}"], None, 64 << 20, 0.06, False),
    Program("sqlite", ["{build}/bench/real/sqlite_work"], ["{build}/bench/real/sqlite_work{suffix}", "{n}"], None,
            100000, 0.06, True),
    Program("cxx", ["{build}/bench/real/cxx_work"], ["{build}/bench/real/cxx_work{suffix}", "{n}"], None,
            40000, 0.06, True),
    Program("python", [sys.executable], [sys.executable, "{source}/real/python_work.py", "{n}"], None,
            8000, 0.03, False),
    Program("python_jobs", [sys.executable], [sys.executable, "{source}/real/python_jobs.py", "{n}"], None,
            6000, 0.03, False),
    Program("python_lock", [sys.executable], [sys.executable, "{source}/real/python_lock.py", "{n}"], None,
            1000000, 0.01, False),
    Program("redis", ["redis-server", "redis-benchmark"],
            ["redis-server", "--port", "0", "--unixsocket", "{socket}", "--save", "", "--dir", "{folder}"],
            ["redis-benchmark", "-q", "-s", "{socket}", "-c", "20", "-n", "{n}", "-t", "set,get,lpush"],
            40000, 0.05, False),
    Program("memcached", ["memcached"],
            ["memcached", "-s", "{socket}", "-t", "2", "-u", "root"],
            ["{build}/bench/real/memcached_load", "{socket}", "{n}"], 40000, 0.05, False),
]

TIMEOUT = 40
QUANTITIES = [("wall", "s"), ("cpu", "s"), ("memory", "KiB")]
WORDS = "lock order wait graph thread cycle stack trace event memory shadow barrier reader writer".split()


def write_input(path, size):
    """Text that can be compressed somewhat, the same each time."""
    state, parts, written = 1, [], 0
    while written < min(size, 1 << 20):
        state = (state * 1103515245 + 12345) % (1 << 31)
        parts.append(f"{WORDS[(state >> 8) % len(WORDS)]} {state >> 5} ")
        written += len(parts[-1])
    block = "".join(parts)
    with open(path, "w", encoding="ascii") as out:
        for i in range(max(1, size // len(block))):
            out.write(block[i % len(block):] + block[:i % len(block)])


class Job:
    """A program with an amount of work, ready to be run under a setup."""

    def __init__(self, run, program, n):
        self.run, self.program, self.n = run, program, max(4, int(n))
        self.input = os.path.join(run.folder, "input")
        self.socket = os.path.join(run.folder, "socket")
        self.result = os.path.join(run.folder, "result")
        if "{input}" in program.command:
            write_input(self.input, self.n)

    def words(self, words, suffix=""):
        fill = {
            "input": self.input, "n": str(self.n), "folder": self.run.folder, "socket": self.socket,
            "suffix": suffix, "build": self.run.build, "source": self.run.source,
        }
        return [word.format(**fill) for word in words]

    def start(self, setup):
        timed = [self.run.built("bench/real/timed"), self.result]
        variables = peers.environment(self.run, setup)
        inner = ["env"] + [f"{key}={variables[key]}" for key in ("LD_PRELOAD", "LOCKHOUND_OPTIONS") if key in variables]
        plain = {key: value for key, value in variables.items() if key not in ("LD_PRELOAD", "LOCKHOUND_OPTIONS")}
        return subprocess.Popen(
            [*timed, *inner, *setup.command, *self.words(self.program.command, setup.suffix)], env=plain,
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True,
        )

    def use_server(self):
        """Seconds that the client took."""
        end = time.monotonic() + TIMEOUT
        while not os.path.exists(self.socket):
            if time.monotonic() > end:
                raise subprocess.TimeoutExpired(self.program.name, TIMEOUT)
            time.sleep(0.01)
        start = time.monotonic()
        subprocess.run(self.words(self.program.client), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                       timeout=TIMEOUT, check=True)
        return time.monotonic() - start

    def measure(self, setup):
        """wall, cpu, KiB; None: it took too long."""
        started = self.start(setup)
        wall = None
        try:
            if self.program.client:
                wall = self.use_server()
                os.killpg(started.pid, signal.SIGTERM)
            started.wait(TIMEOUT)
        except subprocess.TimeoutExpired:
            return None
        finally:
            if started.poll() is None:
                os.killpg(started.pid, signal.SIGKILL)
                started.wait()
            peers.remove_traces(self.run)
            if os.path.exists(self.socket):
                os.unlink(self.socket)
        with open(self.result, encoding="ascii") as values:
            own_wall, cpu, kib, status = values.read().split()
        if int(status) not in (0, 128 + signal.SIGTERM):
            raise peers.Failed(f"{self.program.name}, {setup.name}: exit status {status}")
        return wall or float(own_wall), float(cpu), float(kib)


def add_samples(rows, case, setups, samples):
    for setup in setups:
        for i, (quantity, unit) in enumerate(QUANTITIES):
            values = [sample[i] for sample in samples[setup.name]]
            bare = [sample[i] for sample in samples[setups[0].name]]
            note = "" if values else f">{TIMEOUT} s"
            rows.append(results.Row("programs", case, setup.name, quantity, unit, values, bare, note))


def add_program(run, rows, program):
    """Fast setups with all of the work, slow ones with a share of it, beside the bare program each time."""
    setups = [one for one in peers.chosen(run) if one.name != "nop" and (program.tsan or one.name != "tsan")]
    fast = [one for one in setups if not one.slow]
    job = Job(run, program, program.n * (0.4 if run.quick else 1))
    add_samples(rows, program.name, fast, sampling.interleaved(run, program.name, fast, job.measure))
    slow = [setups[0]] + [one for one in setups if one.slow]
    job = Job(run, program, program.n * program.slow * (0.4 if run.quick else 1))
    samples = sampling.interleaved(run, program.name + ", less of it", slow, job.measure)
    add_samples(rows, program.name + "/less", slow, samples)


def lines_of(rows, names, quantity):
    for name in names:
        bare = rows.find("programs", name, "bare", quantity)
        cells = [name, results.number(bare.median) if bare else "-"]
        for setup in ("lockhound", "full", "tsan"):
            cells.append(results.ratio(rows.find("programs", name, setup, quantity)))
        for setup in ("helgrind", "drd"):
            cells.append(results.ratio(rows.find("programs", name + "/less", setup, quantity)))
        yield cells


def add_rows(run, rows):
    names = []
    for program in PROGRAMS:
        needs = [word.format(build=run.build) for word in program.needs]
        if not run.wants(program.name):
            continue
        if all(shutil.which(one) for one in needs):
            add_program(run, rows, program)
            names.append(program.name)
        else:
            print(f"  left out, not there: {program.name}")
    run.progress.clear()
    head = ["program", "bare", "x lockhound", "x full", "x tsan", "x helgrind", "x drd"]
    for quantity, unit in QUANTITIES:
        print(f"  {quantity} ({unit}, bare; then ratios to bare)")
        results.print_table(head, list(lines_of(rows, names, quantity)))
