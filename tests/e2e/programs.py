"""
Programs that must not notice that they are watched. A Program is run bare and under `lockhound run`,
each time in a new folder: output and exit status are the same. One row adds one; its name is the test's
name. A Scenario (scenarios.py) is a program that needs more than that.

In a command, {programs} is the folder of the built helper programs (tests/programs) and {samples} that of
the samples.
"""

import dataclasses
import os
import random
import re
import shutil
import subprocess

import allocators
import hangs
import harness
import scenarios

JEMALLOC = ("/usr/lib/x86_64-linux-gnu/libjemalloc.so.2", "/usr/lib64/libjemalloc.so.2", "/usr/lib/libjemalloc.so.2")


@dataclasses.dataclass(frozen=True)
class Program:
    name: str
    command: tuple
    prepare: object = None  # called with the folder before each run
    result: object = None  # called with the folder after each run: more that must be the same
    environment: object = staticmethod(lambda _folder: {})  # called with the folder: what to add to the environment
    normalize: object = staticmethod(lambda text: text)  # takes away what differs from run to run
    # Kinds that the program deserves, and why it does is said in its source.
    deserves: tuple = ()
    # What may be lost, by the reasons that the report has for it.
    loses: tuple = ()


@dataclasses.dataclass(frozen=True)
class Scenario:
    name: str
    function: object


def data_file(folder):
    """Text that compresses, and not too well."""
    source = random.Random(4711)
    words = [bytes(source.randrange(97, 123) for _ in range(source.randrange(2, 9))) for _ in range(5000)]
    with open(os.path.join(folder, "data"), "wb") as file:
        for _ in range(120000):
            file.write(source.choice(words) + b"\n")


def repository(folder):
    """A git repository with loose objects."""
    clock = {"GIT_AUTHOR_DATE": "2000-01-01T00:00:00Z", "GIT_COMMITTER_DATE": "2000-01-01T00:00:00Z"}
    environment = {**os.environ, **clock, "HOME": folder, "GIT_CONFIG_NOSYSTEM": "1"}

    def git(*words):
        subprocess.run(["git", *words], cwd=folder, env=environment, check=True, capture_output=True)

    git("init", "-q")
    git("config", "user.name", "Somebody")
    git("config", "user.email", "somebody@example.org")
    git("config", "gc.autoDetach", "false")
    source = random.Random(4711)
    for commit in range(20):
        for number in range(20):
            with open(os.path.join(folder, f"file-{number}"), "a", encoding="ascii") as file:
                file.writelines(f"{source.random()}\n" for _ in range(50))
        git("add", ".")
        git("commit", "-q", "-m", f"commit {commit}")


def packed_objects(folder):
    subprocess.run(["git", "fsck", "--strict"], cwd=folder, check=True, capture_output=True)
    counted = subprocess.run(["git", "count-objects", "-v"], cwd=folder, check=True, capture_output=True).stdout
    return [line for line in counted.splitlines() if line.split(b":")[0] in (b"count", b"in-pack", b"packs")]


def c_source(folder):
    with open(os.path.join(folder, "hello.c"), "w", encoding="ascii") as file:
        file.write('#include <stdio.h>\nint main(void)\n{\n    return puts("hello") < 0;\n}\n')


def loader_log(folder):
    return {"LD_DEBUG": "all", "LD_DEBUG_OUTPUT": os.path.join(folder, "loader")}


def jemalloc(_folder):
    for path in JEMALLOC:
        if os.path.exists(path):
            return {"LD_PRELOAD": path}
    raise harness.Skip("libjemalloc.so.2 is not installed")


def without_numbers(text):
    """Process and thread ids, and addresses, are another thing each time."""
    return re.sub(rb"(process|LWP) \d+|0x[0-9a-f]+", rb"N", text)


PYTHON_THREADS = """
import concurrent.futures, hashlib, queue, threading
q, out, lock, cond = queue.Queue(8), [], threading.Lock(), threading.Condition()
def work():
    while (item := q.get()) is not None:
        digest = hashlib.sha256(item * 20000).hexdigest()
        with lock:
            out.append(digest)
        with cond:
            cond.notify_all()
threads = [threading.Thread(target=work) for _ in range(6)]
for t in threads: t.start()
for i in range(200): q.put(b'%d' % i)
for t in threads: q.put(None)
with cond:
    cond.wait_for(lambda: len(out) == 200, timeout=200)
for t in threads: t.join()
with concurrent.futures.ThreadPoolExecutor(4) as pool:
    print(sum(pool.map(lambda n: n * n, range(500))))
print(len(out), hashlib.sha256(''.join(sorted(out)).encode()).hexdigest())
"""

PYTHON_PROCESSES = """
import multiprocessing, subprocess, sys, threading
def square(n):
    return n * n
if __name__ == '__main__':
    stop = threading.Event()
    thread = threading.Thread(target=stop.wait)
    thread.start()
    with multiprocessing.get_context('fork').Pool(3) as pool:
        print(sum(pool.map(square, range(300))))
    print(subprocess.run(['sh', '-c', 'echo from a shell; exit 3'], capture_output=True))
    stop.set()
    thread.join()
    sys.exit(4)
"""

NODE_THREADS = """
const { Worker, isMainThread, parentPort, workerData } = require('worker_threads');
const crypto = require('crypto'), fs = require('fs'), zlib = require('zlib');
if (isMainThread) {
  const jobs = [];
  for (let i = 0; i < 4; i++)
    jobs.push(new Promise((ok, bad) => {
      const worker = new Worker(__filename, { workerData: i });
      worker.on('message', ok); worker.on('error', bad);
    }));
  for (let i = 0; i < 8; i++)
    jobs.push(new Promise(ok => crypto.pbkdf2('word', 'salt' + i, 2000, 16, 'sha256', (e, k) => ok(k.toString('hex')))));
  jobs.push(new Promise(ok => zlib.deflate(Buffer.alloc(1 << 20, 'lock'), (e, d) => ok(d.length))));
  jobs.push(fs.promises.readFile(__filename).then(d => d.length));
  Promise.all(jobs).then(all => { console.log(all.join('\\n')); process.exitCode = 5; });
} else {
  let sum = 0;
  for (let i = 0; i < 1e6; i++) sum += i % (workerData + 2);
  parentPort.postMessage(sum);
}
"""


def script(text, name):
    def write(folder):
        with open(os.path.join(folder, name), "w", encoding="ascii") as file:
            file.write(text)

    return write


PROGRAMS = [
    # how a program may end
    Program("return_from_main_keeps_its_status", ("{programs}/ends", "return")),
    Program("exit_keeps_its_status", ("{programs}/ends", "exit")),
    Program("_exit_keeps_its_status", ("{programs}/ends", "_exit")),
    Program("quick_exit_keeps_its_status", ("{programs}/ends", "quick_exit")),
    Program("exit_of_a_thread_keeps_its_status", ("{programs}/ends", "thread")),
    Program("abort_keeps_its_signal", ("{programs}/ends", "abort")),
    Program("crash_keeps_its_signal", ("{programs}/ends", "crash")),
    Program("termination_keeps_its_signal", ("{programs}/ends", "terminate")),
    Program("kill_keeps_its_signal", ("{programs}/ends", "kill")),
    Program("status_66_of_the_program_is_its_own", ("{programs}/ends", "sixty-six")),
    # the laws of the shim
    Program("errno_and_results_are_kept", ("{programs}/law_errno",), deserves=("unlock-not-locked", "use-after-destroy", "self-deadlock", "destroy-while-held")),
    Program("wrong_calls_get_the_results_that_they_deserve", ("{programs}/law_misuse",), deserves=(
        "use-after-destroy", "wait-without-lock", "self-deadlock", "unbalanced-recursive", "freed-while-held",
        "held-at-thread-exit", "unlock-not-locked",
    )),
    Program("pointers_to_nowhere_are_the_kernel_s", ("{programs}/law_nowhere",)),
    Program("locks_held_in_memory_that_is_gone_are_not_looked_at", ("{programs}/law_vanished",)),
    Program("cancelled_waits_keep_the_mutex", ("{programs}/law_cancel",)),
    Program("locks_in_signal_handlers", ("{programs}/law_signals",), loses=("reentrant",)),
    Program("locks_before_and_after_main", ("{programs}/law_lifetime",), loses=("thread-gone",)),
    Program("processes_by_every_door", ("{programs}/law_process",)),
    Program("fork_while_a_thread_lists_modules", ("{programs}/law_fork", "loader")),
    Program("fork_while_a_thread_flushes_streams", ("{programs}/law_fork", "stdio")),
    Program("threads_fork_at_the_same_time", ("{programs}/law_fork", "many")),
    Program("fork_by_bare_system_calls", ("{programs}/law_fork", "bare")),
    Program("fork_by_clone", ("{programs}/law_fork", "clone")),
    Program("fork_in_a_signal_handler", ("{programs}/law_fork", "handler"), loses=("reentrant",)),
    Program("waits_end_as_posix_allows", ("{programs}/law_waits",), deserves=("wait-without-lock",)),
    Program("jumps_out_of_waits_end_them", ("{programs}/law_jumps",), deserves=("lock-order-inversion",), loses=("reentrant",)),
    Program("jumps_out_of_the_recorder_leave_nobody_waiting", ("{programs}/law_jumps", "beside"), loses=("reentrant", "thread-gone", "no-space")),
    Program("errno_is_kept_when_descriptors_are_closed", ("{programs}/law_descriptors",)),
    Program("main_thread_leaves_first", ("{programs}/ends", "main-leaves")),
    Program("loader_log_with_the_shim", ("{programs}/law_lifetime",), environment=loader_log, loses=("thread-gone",)),
    # hard on the shim
    Program("two_thousand_threads", ("{programs}/many_threads",)),
    Program("fork_while_threads_hold_locks", ("{programs}/fork_with_locks",), deserves=("fork-while-held",)),
    Program("libraries_with_locks_come_and_go", ("{programs}/dlopen_loop", "{programs}/plugin_a.so", "{programs}/plugin_b.so", "300")),
    Program("plugin_that_calls_exit_is_unloaded_by_it", ("{programs}/leaves_from_plugin", "{programs}/plugin_a.so")),
    Program("cxx_threads", ("{programs}/cxx_mix",)),
    Program("cxx_threads_with_jemalloc", ("{programs}/cxx_mix",), environment=jemalloc),
    Program("two_thousand_threads_with_jemalloc", ("{programs}/many_threads",), environment=jemalloc),
    Program("contention_without_deadlock_is_silent", ("{programs}/contended", "20000", "8")),
    Program("lock_in_memory_mapped_over_is_another", ("{programs}/replaced_memory", "fixed")),
    Program("lock_in_a_page_unmapped_in_part_is_another", ("{programs}/replaced_memory", "unmapped")),
    Program("lock_in_memory_moved_away_is_another", ("{programs}/replaced_memory", "moved")),
    Program("lock_in_memory_moved_over_is_another", ("{programs}/replaced_memory", "moved-over")),
    Program("lock_in_shared_memory_attached_anew_is_another", ("{programs}/replaced_memory", "segment")),
    Program("lock_beyond_the_moved_break_is_another", ("{programs}/replaced_memory", "break")),
    # other people's programs
    Program("pigz_is_unharmed", ("pigz", "-c", "-n", "-p", "4", "-b", "64", "data"), prepare=data_file),
    Program("xz_is_unharmed", ("xz", "-c", "-1", "-T2", "--block-size=200KiB", "data"), prepare=data_file),
    Program("zstd_is_unharmed", ("zstd", "-c", "-q", "-T2", "-B512K", "data"), prepare=data_file),
    Program("sort_is_unharmed", ("sort", "--parallel=2", "-S", "1M", "data"), prepare=data_file),
    Program("python_threads_are_unharmed", ("python3", "-c", PYTHON_THREADS)),
    Program("python_processes_are_unharmed", ("python3", "work.py"), prepare=script(PYTHON_PROCESSES, "work.py")),
    Program("node_is_unharmed", ("node", "work.js"), prepare=script(NODE_THREADS, "work.js")),
    Program("git_gc_is_unharmed", ("git", "-c", "pack.threads=2", "gc", "-q", "--aggressive"), prepare=repository, result=packed_objects),
    Program("gdb_reads_a_program", ("gdb", "-nx", "-batch", "-ex", "info line main", "-ex", "disassemble main", "{programs}/churn")),
    Program("gdb_runs_a_program", ("gdb", "-nx", "-batch", "-ex", "set print thread-events off", "-ex", "break main", "-ex", "run", "-ex", "bt", "-ex", "continue", "--args", "{programs}/ends", "return"), normalize=without_numbers),
    Program("compiler_driver_is_unharmed", ("cc", "-O1", "hello.c", "-o", "hello"), prepare=c_source),
    Program("shell_pipeline_is_unharmed", ("sh", "-c", "seq 1000 | sort -rn | head -3; exit 9")),
    # more than a run beside a run
    Scenario("redis_server_is_unharmed", scenarios.redis),
    Scenario("redis_benchmark_is_unharmed", scenarios.redis_benchmark),
    Scenario("memcached_is_unharmed", scenarios.memcached),
    Scenario("valgrind_finds_nothing_in_the_shim", scenarios.valgrind),
    Scenario("trace_of_a_killed_program_reports", scenarios.killed),
    Scenario("orders_are_counted_exactly_whatever_the_end", scenarios.counted),
    Scenario("deadlock_is_told_as_the_option_says", scenarios.deadlock_actions),
    Scenario("traces_of_forked_processes_are_joined", scenarios.forked_traces),
    Scenario("orders_seen_in_two_runs_make_an_inversion", scenarios.orders_of_two_runs),
    Scenario("memory_and_trace_stay_flat", scenarios.churn),
    Scenario("waits_and_holds_are_all_in_histograms", scenarios.histograms),
    Scenario("brief_locks_are_all_counted", scenarios.brief_locks("1000")),
    Scenario("brief_locks_are_all_counted_when_killed", scenarios.brief_locks("1000", "kill")),
    Scenario("brief_locks_are_all_counted_in_a_full_trace", scenarios.brief_locks("200", options=["--full"])),
    Scenario("trace_stays_flat_with_waves_of_threads", scenarios.flat("threads", 20)),
    Scenario("trace_stays_flat_with_abandoned_locks", scenarios.flat("abandoned", 20000)),
    Scenario("trace_stays_flat_with_many_locks_held", scenarios.flat("deep", 2000)),
    Scenario("each_of_many_ways_to_a_lock_has_its_true_stack", scenarios.many_ways),
    Scenario("making_rlocks_in_python_does_not_sleep", scenarios.python_rlocks),
    Scenario("rare_order_beside_a_joined_thread_is_found", scenarios.rare_order("beside", {"lock-order-inversion": 1})),
    Scenario("rare_order_before_a_usual_one_is_found", scenarios.rare_order("later", {"lock-order-inversion": 1})),
    Scenario("rare_order_in_a_circle_of_three_is_found", scenarios.rare_order("three", {"lock-order-inversion": 1})),
    Scenario("two_usual_orders_side_by_side_at_last_are_found", scenarios.rare_order("both", {"lock-order-inversion": 1})),
    Scenario("rare_order_after_all_others_is_silent", scenarios.rare_order("after", {})),
    Scenario("rare_order_after_a_tree_of_threads_is_silent", scenarios.rare_order("tree", {})),
    Scenario("rare_order_after_waves_of_threads_is_silent", scenarios.rare_order("waves", {})),
    Scenario("broken_pipe_on_stderr_is_no_harm", scenarios.broken_stderr),
    Scenario("last_thread_completes_the_trace", scenarios.last_thread),
    Scenario("graph_is_drawn_in_every_format", scenarios.graph),
    # watched from outside: hung, or merely waiting
    Scenario("stall_on_a_condition_is_ended", hangs.stalls("stalled")),
    Scenario("stall_at_a_barrier_is_ended", hangs.stalls("barrier")),
    Scenario("circle_of_semaphores_is_ended", hangs.circle_of_semaphores),
    Scenario("circle_of_semaphores_that_somebody_may_post_is_let_be", hangs.circle_in_doubt),
    Scenario("circle_of_semaphores_that_somebody_posts_goes_on", hangs.goes_on("semaphores_helped")),
    Scenario("stalled_child_is_ended_alone", hangs.child_is_ended),
    Scenario("stall_is_aborted_on_demand", hangs.aborted),
    Scenario("deadlock_that_stalls_the_process_is_told_once", hangs.told_once),
    Scenario("stall_is_told_and_let_be_on_demand", hangs.reported),
    Scenario("stall_is_noted_by_record", hangs.recorded),
    Scenario("waiting_for_input_is_no_stall", hangs.reads_input),
    Scenario("sleeping_is_no_stall", hangs.goes_on("sleep")),
    Scenario("polling_is_no_stall", hangs.goes_on("poll")),
    Scenario("timed_wait_is_no_stall", hangs.goes_on("timed")),
    Scenario("waiting_for_a_child_is_no_stall", hangs.goes_on("child")),
    Scenario("post_by_a_signal_handler_ends_a_wait", hangs.goes_on("alarm")),
    Scenario("post_by_another_process_ends_a_wait", hangs.goes_on("shared")),
    Scenario("reading_a_pipe_is_no_stall", hangs.timeout_tells("read", "read")),
    Scenario("reading_a_socket_is_no_stall", hangs.timeout_tells("socket", "recvfrom")),
    Scenario("sigwait_is_no_stall", hangs.timeout_tells("sigwait", "rt_sigtimedwait")),
    Scenario("pause_is_no_stall", hangs.timeout_tells("pause", "pause")),
    Scenario("signal_handler_at_work_is_no_stall", hangs.timeout_tells("busy_handler", "poll")),
    Scenario("executed_program_is_no_stall", hangs.timeout_tells("executes", "read")),
    Scenario("handler_leaves_a_stall_in_doubt", hangs.in_doubt("handler", "handler of SIGTERM")),
    Scenario("shared_memory_leaves_a_stall_in_doubt", hangs.in_doubt("shared_for_ever", "another process")),
    Scenario("process_with_the_same_memory_leaves_a_stall_in_doubt", hangs.in_doubt("cloned", "another process")),
    Scenario("timeout_tells_what_threads_did", hangs.timeout_report),
    Scenario("lock_in_memory_deleted_and_used_again_is_another", allocators.deleted_locks),
    Scenario("operator_delete_is_left_alone_where_there_is_none", allocators.no_operators),
    Scenario("timeout_tells_whom_a_thread_joins", hangs.timeout_of_joins),
    Scenario("timeout_ends_all_processes", hangs.timeout_ends_all),
    Scenario("timeout_spares_who_ends_in_time", hangs.timeout_in_time),
    Scenario("timeout_ends_record_too", hangs.timeout_of_record),
    Scenario("live_process_is_looked_at_by_report", hangs.live_report),
]


def find(name):
    return next(program for program in PROGRAMS if program.name == name)


def need(command):
    if not shutil.which(command):
        raise harness.Skip(f"{command} is not installed")
