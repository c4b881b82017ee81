"""
The samples and what must be said of them. One row adds a case; its name is the test's name.

A place is at(LOCK, FUNCTION, MARKER): LOCK is part of the lock's name or of its class's, FUNCTION the
function, and MARKER the comment /* @MARKER */ in the sample's source that gives file and line.
"""

import dataclasses
import re
import sys


@dataclasses.dataclass(frozen=True)
class Place:
    lock: str
    function: str
    marker: str
    mode: str = "exclusive"


@dataclasses.dataclass(frozen=True)
class Thread:
    """holds: at least these, oldest first. name None: not looked at; why: part of what is said of its wait."""

    holds: tuple
    wants: Place
    name: str = None
    why: str = ""


@dataclasses.dataclass(frozen=True)
class Access:
    """
    One of the two of a race. kind: read, write, free, or None: not looked at, as in `x++`. marker None: any
    line of the function.
    """

    kind: str
    function: str
    marker: str
    holds: tuple = ()  # parts of the names of all locks held
    atomic: bool = False


@dataclasses.dataclass(frozen=True)
class Race:
    memory: str  # part of what the report calls it
    accesses: tuple
    guard: str = None  # part of the lock's name; None: there is none
    remedy: str = ""  # part of the remedy


@dataclasses.dataclass(frozen=True)
class Finding:
    kind: str
    threads: tuple  # all of them, in any order; () means: not looked at
    severity: str = "warning"
    timed: bool = False
    similar: int = 0
    locks: int = None  # how many; None: as many as threads
    race: Race = None  # instead of threads, for races


@dataclasses.dataclass(frozen=True)
class Case:
    name: str
    program: str
    findings: tuple = ()
    filtered: dict = dataclasses.field(default_factory=dict)  # None: not looked at
    source: str = None  # None: PROGRAM.c
    more: bool = False  # further findings of these kinds may come with them
    hangs: int = 0  # threads that the program has when it hangs; 0: it ends by itself
    stalls: bool = False  # no thread can tell that it hangs: that takes a watcher, and its grace time


def at(lock, function, marker, mode="exclusive"):
    return Place(lock, function, marker, mode)


def shared(lock, function, marker):
    return Place(lock, function, marker, "shared")


def holder(place):
    """A thread that holds a lock and wants none."""
    return Thread((place,), None)


def misuse(kind, *threads, severity="error", locks=1, **more):
    return Finding(kind, threads, severity=severity, locks=locks, **more)


def thread(*places, name=None):
    """The last place is what is wanted, those before it are held."""
    return Thread(tuple(places[:-1]), places[-1], name)


def waiter(place, why, name=None):
    """A thread that waits for something that is no lock, or whose holder is gone."""
    return Thread((), place, name, why)


def joiner(why="has not ended"):
    """The main thread, which waits for another one to end."""
    return Thread((), None, "main", why)


def stall(kind, *threads, locks=1):
    return Finding(kind, threads, severity="error", locks=locks)


def inversion(*threads, **more):
    return Finding("lock-order-inversion", threads, **more)


def deadlock(*threads, **more):
    return Finding("deadlock", threads, severity="error", **more)


def data_race(memory, *accesses, **more):
    return Finding("data-race", (), severity="error", race=Race(memory, accesses, **more))


def inconsistent(memory, *accesses, **more):
    return Finding("inconsistent-locking", (), race=Race(memory, accesses, **more))


def touch(function, marker, *holds):
    """A read and a write in one."""
    return Access(None, function, marker, holds)


def read(function, marker, *holds, **more):
    return Access("read", function, marker, holds, **more)


def write(function, marker, *holds, **more):
    return Access("write", function, marker, holds, **more)


BOY = thread(at("drum", "boy", "boy-drum"), at("sticks", "boy", "boy-sticks"), name="boy")
GIRL = thread(at("sticks", "girl", "girl-sticks"), at("drum", "girl", "girl-drum"), name="girl")
NAMELESS = (dataclasses.replace(BOY, name=None), dataclasses.replace(GIRL, name=None))


def philosophers(number, kind):
    return kind(
        *(
            thread(
                at(f"forks[{i}]", "philosopher", "left"),
                at(f"forks[{(i + 1) % number}]", "philosopher", "right"),
            )
            for i in range(number)
        )
    )


CASES = [
    Case("opposite_order_is_reported", "opposite_order", (inversion(BOY, GIRL),)),
    Case("opposite_order_that_hangs_is_a_deadlock", "opposite_order_hangs", (deadlock(BOY, GIRL),), hangs=3),
    Case("releasing_first_is_silent", "opposite_order_fixed"),
    Case("two_inversions_are_two_findings", "two_inversions", (inversion(), inversion())),
    Case("nested_objects_with_recursive_mutexes_are_reported", "nested_objects", (
        inversion(
            thread(at("model", "object_change", "change"), at("view", "object_touch", "touch")),
            thread(at("view", "object_change", "change"), at("model", "object_touch", "touch")),
        ),
    )),
    Case("philosophers_are_a_cycle_of_three", "philosophers_3", (philosophers(3, inversion),), source="philosophers.c"),
    Case("philosophers_are_a_cycle_of_five", "philosophers_5", (philosophers(5, inversion),), source="philosophers.c"),
    Case("philosophers_that_hang_are_a_deadlock_of_five", "philosophers_hang", (philosophers(5, deadlock),), hangs=6),
    Case("philosophers_who_follow_the_numbers_are_silent", "philosophers_fixed"),
    Case("philosophers_of_whom_a_waiter_lets_four_sit_are_silent", "philosophers_with_waiter",
         filtered={"semaphore-limit": 1}),
    Case("philosophers_of_whom_a_waiter_lets_all_sit_are_a_cycle", "philosophers_with_waiter_for_all",
         (philosophers(5, inversion),), source="philosophers_with_waiter.c"),
    Case("philosophers_with_a_place_freed_by_a_guest_are_a_cycle", "philosophers_with_guest",
         (philosophers(5, inversion),), source="philosophers_with_waiter.c"),
    Case("bank_transfers_are_one_finding_for_all_pairs", "bank_transfer", (
        inversion(
            thread(at("bank_transfer.c", "transfer", "payer"), at("bank_transfer.c", "transfer", "payee")),
            thread(at("bank_transfer.c", "transfer", "payer"), at("bank_transfer.c", "transfer", "payee")),
            similar=2,
        ),
    )),
    Case("bank_transfers_by_address_are_silent", "bank_transfer_ordered"),
    Case("gate_locked_inversion_is_silent", "gate_lock", filtered={"gate-lock": 1}),
    Case("gate_lock_that_one_thread_forgets_is_reported", "gate_lock_forgotten", (
        inversion(
            thread(at("gate", "boy", "boy-gate"), at("drum", "boy", "boy-drum"), at("sticks", "boy", "boy-sticks")),
            thread(at("sticks", "girl", "girl-sticks"), at("drum", "girl", "girl-drum")),
        ),
    )),
    Case("gate_lock_held_by_readers_is_no_gate", "gate_lock_readers", (
        inversion(
            thread(shared("gate", "boy", "boy-gate"), at("drum", "boy", "boy-drum"), at("sticks", "boy", "boy-sticks")),
            thread(shared("gate", "girl", "girl-gate"), at("sticks", "girl", "girl-sticks"), at("drum", "girl", "girl-drum")),
        ),
    )),
    Case("gate_lock_held_by_reader_and_writer_is_a_gate", "gate_lock_reader_and_writer", filtered={"gate-lock": 1}),
    Case("gate_lock_released_too_early_is_reported", "gate_lock_released", (inversion(*NAMELESS),)),
    Case("gate_lock_of_two_of_three_threads_is_silent", "gate_lock_of_two", filtered={"gate-lock": 1}),
    Case("gate_lock_given_away_by_a_condition_wait_is_reported", "gate_lock_lost_in_wait", (
        inversion(
            thread(at("drum", "boy", "boy-drum"), at("gate", "boy", "boy-gate")),
            thread(at("gate", "girl", "girl-gate"), at("drum", "girl", "girl-drum")),
        ),
    ), filtered={"same-thread": 1, "gate-lock": 1}),
    Case("gate_lock_on_one_of_two_paths_is_reported", "gate_lock_on_one_path", (
        inversion(
            thread(at("drum", "play", "play-drum"), at("sticks", "play", "play-sticks")),
            thread(at("sticks", "girl", "girl-sticks"), at("drum", "girl", "girl-drum")),
        ),
    )),
    Case("semaphore_of_one_is_a_gate", "gate_semaphore", filtered={"gate-lock": 1}),
    Case("semaphore_of_two_is_no_gate", "gate_semaphore_of_two", (inversion(*NAMELESS),), source="gate_semaphore.c"),
    Case("inversion_ordered_by_join_is_silent", "create_join_order", filtered={"create-join": 1}),
    Case("inversion_ordered_by_join_in_another_thread_is_silent", "joined_by_another", filtered={"create-join": 1}),
    Case("initialization_before_threads_is_silent", "initialization_then_threads", filtered={"create-join": 1}),
    Case("initialization_beside_a_thread_is_reported", "initialization_too_late", (
        inversion(
            thread(at("registry", "set_up", "main-registry"), at("plugin", "set_up", "main-plugin")),
            thread(at("plugin", "work", "work-plugin"), at("registry", "work", "work-registry")),
        ),
    )),
    Case("one_thread_in_both_orders_is_silent", "single_thread_both_orders", filtered={"same-thread": 1}),
    Case("lock_hierarchy_is_silent", "lock_hierarchy"),
    Case("cycle_of_classes_without_a_cycle_of_locks_is_silent", "different_instances"),
    Case("recursive_acquisition_makes_no_order", "recursive_mutex"),
    Case("self_deadlock_is_reported", "self_deadlock", (
        Finding("self-deadlock", (
            thread(at("ledger", "audit", "first"), at("ledger", "sum", "again")),
        ), severity="error", locks=1),
    ), hangs=2),
    Case("join_of_a_thread_that_wants_a_held_lock_is_a_deadlock", "join_with_lock_held", (
        deadlock(holder(at("ledger", "main", "hold")), thread(at("ledger", "clerk", "want")), locks=1),
    ), hangs=2),
    Case("join_of_the_first_thread_that_wants_a_held_lock_is_a_deadlock", "join_of_first_thread", (
        deadlock(holder(at("journal", "close_down", "hold")), thread(at("journal", "main", "want")), locks=1),
    ), hangs=2),
    Case("cycle_in_which_one_thread_is_needed_twice_is_silent", "two_of_three_by_one", filtered={"same-thread": 1}),
    Case("hand_over_hand_locking_is_silent", "hand_over_hand"),
    Case("reader_reader_inversion_is_silent", "reader_reader", filtered={"readers": 1}),
    Case("reader_writer_inversion_is_reported", "reader_writer", (
        inversion(
            thread(shared("map", "update_index", "index-reads-map"), at("index_of", "update_index", "index-writes-index")),
            thread(shared("index_of", "update_map", "map-reads-index"), at("map", "update_map", "map-writes-map")),
        ),
    )),
    Case("reader_reader_inversion_is_reported_where_writers_go_first", "rwlock_writer_preferred", (
        inversion(
            thread(shared("map", "by_map", "map-map"), shared("index_of", "by_map", "map-index")),
            thread(shared("index_of", "by_index", "index-index"), shared("map", "by_index", "index-map")),
        ),
    )),
    Case("readers_behind_one_writer_for_two_locks_are_silent", "rwlock_one_writer", filtered={"readers": 1}),
    Case("readers_behind_writers_of_before_are_silent", "rwlock_written_before", filtered={"create-join": 1}),
    Case("semaphores_used_as_locks_are_reported", "semaphore_as_lock", (
        inversion(
            thread(at("scanner", "copy", "copy-scanner"), at("printer", "copy", "copy-printer")),
            thread(at("printer", "fax", "fax-printer"), at("scanner", "fax", "fax-scanner")),
        ),
    )),
    Case("named_semaphores_are_reported_by_name", "named_semaphores", (
        inversion(
            thread(at("lockhound-sample-scanner", "copy", "copy-scanner"), at("lockhound-sample-printer", "copy", "copy-printer")),
            thread(at("lockhound-sample-printer", "fax", "fax-printer"), at("lockhound-sample-scanner", "fax", "fax-scanner")),
        ),
    )),
    Case("semaphore_used_as_signal_is_silent", "semaphore_as_signal", filtered={"signal-semaphore": 1}),
    Case("semaphore_used_as_limit_is_silent", "semaphore_as_limit", filtered=None),
    Case("trylock_with_back_off_is_silent", "trylock_backoff", filtered={"trylock": 1}),
    Case("lock_got_by_trylock_is_held_all_the_same", "trylock_then_lock", (inversion(*NAMELESS),)),
    Case("timed_lock_is_reported_as_timed", "timed_lock", (inversion(*NAMELESS, timed=True),)),
    Case("clock_variants_are_reported_as_timed", "clock_lock", (
        inversion(
            thread(at("table", "writer", "writer-table"), at("journal", "writer", "writer-journal")),
            thread(at("journal", "reader", "reader-journal"), shared("table", "reader", "reader-table")),
            timed=True,
        ),
    )),
    Case("spin_inversion_is_reported", "spin_inversion", (
        inversion(
            thread(at("head", "push", "push-head"), at("tail", "push", "push-tail")),
            thread(at("tail", "pop", "pop-tail"), at("head", "pop", "pop-head")),
        ),
    )),
    Case("robust_and_inheriting_mutexes_are_reported", "robust_inversion", (
        inversion(
            thread(at("journal", "write_journal", "write-journal"), at("device", "write_journal", "write-device")),
            thread(at("device", "flush_device", "flush-device"), at("journal", "flush_device", "flush-journal")),
        ),
    )),
    Case("unlock_by_another_thread_is_reported", "unlock_not_owner", (
        misuse("unlock-not-owner", thread(at("door", "guest", "guest")), holder(at("door", "porter", "porter"))),
    )),
    Case("unlock_of_a_free_lock_is_reported", "unlock_not_locked", (
        misuse("unlock-not-locked", thread(at("ledger", "book", "again"))),
    )),
    Case("lock_held_when_its_thread_ends_is_reported", "held_at_thread_exit", (
        misuse("held-at-thread-exit", holder(at("stock", "take", "take"))),
    )),
    Case("recursive_mutex_released_too_rarely_is_reported", "unbalanced_recursive", (
        misuse("unbalanced-recursive", Thread(
            (at("tree", "visit", "visit"), at("tree", "visit", "left"), at("tree", "visit", "right")), None)),
    )),
    Case("recursive_mutex_released_too_often_is_reported", "released_too_often", (
        misuse("unbalanced-recursive", thread(at("tree", "visit", "again")), thread(at("tree", "visit", "last"))),
    )),
    Case("wait_without_the_mutex_is_reported", "wait_without_lock", (
        misuse("wait-without-lock", thread(at("queue", "consumer", "wait")), locks=2),
    )),
    Case("wait_with_the_mutex_is_silent", "wait_with_lock"),
    Case("condition_with_two_mutexes_is_reported", "cond_two_mutexes", (
        misuse("cond-two-mutexes", thread(at("output", "writer", "writer")), thread(at("input", "reader", "reader")),
               locks=3),
    )),
    Case("recursive_mutex_taken_twice_before_a_wait_is_reported", "recursive_mutex_in_wait", (
        misuse("blocking-while-held", thread(at("queue", "consumer", "first"), at("queue", "consumer", "wait")),
               severity="warning", locks=2),
    )),
    Case("wait_that_keeps_the_lock_of_who_signals_is_reported", "wait_keeps_lock", (
        misuse(
            "blocking-while-held",
            thread(at("outer", "take", "take-outer"), at("filled", "take", "wait")),
            thread(at("outer", "put", "put-outer"), at("filled", "put", "signal")),
            severity="warning", locks=2,
        ),
    ), filtered=None),
    Case("wait_that_keeps_no_lock_is_silent", "wait_keeps_no_lock", source="wait_keeps_lock.c"),
    Case("join_with_a_lock_that_the_thread_takes_is_reported", "join_with_lock", (
        misuse("blocking-while-held", holder(at("results", "collector", "collect")), severity="warning"),
    )),
    Case("join_without_a_lock_is_silent", "join_without_lock", source="join_with_lock.c"),
    Case("destroyed_objects_that_are_used_are_reported", "use_after_destroy", tuple(
        misuse("use-after-destroy", thread(at(lock, "late", lock)), thread(at(lock, "close_all", f"close-{lock}")),
               severity="warning" if lock == "list" else "error")
        for lock in ("door", "table", "list", "news", "start", "top")
    ) + (
        misuse("use-after-destroy", thread(at("set_up", "late", "slots")), thread(at("set_up", "close_all", "close-slots"))),
    )),
    Case("objects_that_begin_again_are_silent", "destroy_and_begin_again"),
    Case("mutex_that_was_never_initialized_is_reported", "use_before_init", (
        misuse("use-after-destroy", thread(at("pay", "pay", "lock")), similar=1),
    )),
    Case("calls_refused_with_edeadlk_are_reported", "refused_calls", (
        misuse("self-deadlock", thread(at("ledger", "audit", "ledger"), at("ledger", "audit", "ledger-again"))),
        misuse("self-deadlock", thread(at("index_of", "audit", "index"), at("index_of", "audit", "index-read")), similar=1),
        misuse("self-deadlock"),
    )),
    Case("memory_that_goes_with_held_locks_is_reported", "freed_while_held", (
        misuse("freed-while-held", thread(at("reader", "closer", "closer-free")), holder(at("reader", "reader", "reader-mutex"))),
        misuse("freed-while-held", thread(at("reader", "closer", "closer-move")), holder(at("reader", "reader", "reader-state"))),
        misuse("freed-while-held", thread(at("unmap_session", "unmap_session", "owner-mapped"), at("unmap_session", "unmap_session", "owner-unmap")), severity="warning"),
        misuse("freed-while-held", thread(at("free_session", "free_session", "owner-session"), at("free_session", "free_session", "owner-free")), severity="warning"),
        misuse("freed-while-held", thread(at("careless", "careless", "careless"), at("careless", "caller", "caller")), severity="warning"),
    )),
    Case("memory_that_goes_when_its_locks_are_free_is_silent", "freed_after_release"),
    Case("lock_that_a_child_inherits_locked_is_reported", "fork_while_held", (
        misuse(
            "fork-while-held",
            thread(at("log_file", "write_log", "child")),
            holder(at("log_file", "logger", "logger")),
            thread(at("log_file", "main", "fork")),
        ),
    )),
    Case("lock_taken_around_the_fork_is_silent", "fork_with_handlers", source="fork_while_held.c"),
    Case("lock_initialized_in_the_child_is_silent", "fork_and_init", source="fork_while_held.c"),
    Case("robust_mutex_left_inconsistent_is_reported", "robust_left_inconsistent", (
        misuse("held-at-thread-exit", thread(at("journal", "reader", "reader")), holder(at("journal", "writer", "writer"))),
    )),
    Case("robust_mutex_made_consistent_is_silent", "robust_made_consistent"),
    Case("lock_held_when_the_process_ends_is_noted", "held_at_process_exit", (
        misuse("held-at-thread-exit", holder(at("settings", "main", "main")), severity="note"),
    )),
    Case("destroy_of_a_held_mutex_is_reported", "destroy_while_held", (
        misuse("destroy-while-held", thread(at("channel", "closer", "closer")), holder(at("channel", "reader", "reader"))),
    )),
    Case("initialization_of_a_held_mutex_is_reported", "initialized_while_held", (
        misuse("destroy-while-held", thread(at("registry", "set_up", "init")), holder(at("registry", "first_part", "first"))),
        misuse("unlock-not-locked", thread(at("registry", "first_part", "unlock"))),
    )),
    Case("initialization_before_use_is_silent", "initialized_once", source="initialized_while_held.c"),
    Case("balanced_use_is_silent", "balanced"),
    Case("mutex_that_another_failed_to_unlock_is_still_held", "failed_unlock", (
        inversion(
            thread(at("safe", "banker", "banker-safe"), at("ledger", "banker", "banker-ledger")),
            thread(at("ledger", "auditor", "auditor-ledger"), at("safe", "auditor", "auditor-safe")),
        ),
        misuse("unlock-not-owner", thread(at("safe", "auditor", "refused")), holder(at("safe", "banker", "banker-safe"))),
    )),
    Case("mutex_taken_again_after_a_condition_wait_is_reported", "condition_inversion", (
        inversion(
            thread(at("queue", "producer", "producer-queue"), at("statistics", "producer", "producer-statistics")),
            thread(at("statistics", "consumer", "consumer-statistics"), at("queue", "consumer", "consumer-queue")),
        ),
    )),
    Case("mutex_of_a_cancelled_wait_is_free", "cancelled_wait"),
    Case("pthread_once_is_a_lock_while_its_routine_runs", "once_inversion", (
        inversion(
            thread(at("once", "starter", "starter-once"), at("table", "fill_table", "fill-table")),
            thread(at("table", "reader", "reader-table"), at("once", "reader", "reader-once")),
        ),
    )),
    Case("lock_of_a_signal_handler_is_reported", "signal_handler", (
        inversion(
            thread(at("queue", "worker", "worker-queue"), at("log_file", "on_signal", "handler-log")),
            thread(at("log_file", "logger", "logger-log"), at("queue", "logger", "logger-queue")),
        ),
    )),
    Case("locks_of_a_thread_data_destructor_are_the_threads", "thread_data_destructor", (
        inversion(
            thread(at("pool", "give_back", "give-pool"), at("statistics", "give_back", "give-statistics")),
            thread(at("statistics", "count", "count-statistics"), at("pool", "count", "count-pool")),
        ),
    )),
    Case("inversion_of_parent_and_child_is_told_once", "fork_inversion", (inversion(*NAMELESS, similar=1),)),
    Case("orders_of_parent_and_child_do_not_meet", "fork_other_order", source="fork_inversion.c"),
    Case("cycle_through_three_kinds_of_locks_is_reported", "mixed_kinds", (
        inversion(
            thread(at("cache", "look_up", "look-up-cache"), shared("table", "look_up", "look-up-table")),
            thread(at("table", "store", "store-table"), at("disk", "store", "store-disk")),
            thread(at("disk", "load", "load-disk"), at("cache", "load", "load-cache")),
        ),
    )),
    Case("three_hundred_held_locks_are_no_limit", "many_held", (
        inversion(
            thread(at("shelves[0]", "count_all", "count"), at("shelves[299]", "count_all", "count")),
            thread(at("shelves[299]", "move_book", "move-last"), at("shelves[0]", "move_book", "move-first")),
        ),
    ), filtered=None),
    Case("lock_at_a_reused_heap_address_is_another_lock", "reused_address"),
    Case("lock_in_a_block_that_stays_is_the_same_lock", "shrunk_block", (
        inversion(
            thread(at("table", "enter", "table"), at("mutex", "enter", "room")),
            thread(at("mutex", "leave", "room-first"), at("table", "leave", "table-second")),
        ),
    )),
    Case("lock_in_a_reused_stack_frame_is_another_lock", "stack_locks"),
    Case("c11_inversion_is_reported", "c11_inversion", (inversion(*NAMELESS),)),
    Case("c11_inversion_ordered_by_join_is_silent", "c11_create_join_order", filtered={"create-join": 1}),
    Case("cxx_inversion_is_reported_with_demangled_names", "cxx_mutex", (
        inversion(
            thread(at("band::drum", "band::Player::play", "mine"), at("band::sticks", "band::Player::play", "yours")),
            thread(at("band::sticks", "band::Player::play", "mine"), at("band::drum", "band::Player::play", "yours")),
        ),
    ), source="cxx_mutex.cpp"),
    Case("cxx_scoped_lock_is_silent", "cxx_scoped_lock", filtered={"trylock": 1}, source="cxx_scoped_lock.cpp"),
    Case("cxx_shared_mutex_reader_writer_is_reported", "cxx_shared_mutex", (
        inversion(
            thread(shared("map", "write_journal", "write-map"), at("journal", "write_journal", "write-journal")),
            thread(shared("journal", "update_map", "update-journal"), at("map", "update_map", "update-map")),
        ),
    ), source="cxx_shared_mutex.cpp"),
    Case("cxx_statics_initialized_crosswise_are_a_deadlock", "cxx_static_crosswise", (
        deadlock(thread(at("config", "config", "config")), thread(at("log_of_program", "log_of_program", "log"))),
    ), hangs=2, stalls=True, source="cxx_static_crosswise.cpp"),
    Case("cxx_statics_initialized_one_way_are_silent", "cxx_static_one_way", source="cxx_static_crosswise.cpp"),
    # Everybody waits, and nobody is left to wake one.
    Case("locks_made_of_futexes_taken_crosswise_are_a_stall", "futex_locks_crosswise", (
        stall("stall",
              waiter(at("salt", "take", "sleep"), "nobody woke it"),
              waiter(at("pepper", "take", "sleep"), "nobody woke it"),
              joiner(), locks=2),
    ), hangs=3, stalls=True),
    Case("locks_made_of_futexes_taken_in_order_are_silent", "futex_locks_in_order", source="futex_locks_crosswise.c"),
    Case("promise_that_is_not_kept_is_a_stall", "cxx_promise_not_kept", (
        stall("stall", waiter(at("futex", "main", "get"), "nobody woke it", name="main")),
    ), hangs=1, stalls=True, source="cxx_promise_not_kept.cpp"),
    Case("promise_that_is_kept_is_silent", "cxx_promise_kept", source="cxx_promise_not_kept.cpp"),
    Case("signal_before_the_wait_is_a_lost_wakeup", "condition_notified_first", (
        stall("lost-wakeup",
              waiter(at("served", "guest", "wait"), "when nobody waited, before this wait began", name="guest"),
              joiner()),
    ), hangs=2, stalls=True),
    Case("signal_that_announces_a_state_is_silent", "condition_with_state", source="condition_notified_first.c"),
    Case("lockout_of_nested_monitors_is_reported", "nested_monitors", (
        stall("blocking-while-held",
              Thread((at("shop", "taker", "taker-shop"),), at("filled", "taker", "taker-wait"), None, "nobody ever signalled it"),
              Thread((), at("shop", "giver", "giver-shop"), None, "held by thread 2 since taker"),
              joiner(), locks=2),
    ), hangs=3, stalls=True),
    Case("condition_wait_without_the_outer_lock_is_silent", "nested_monitors_fixed", source="nested_monitors.c"),
    Case("threads_that_alternate_in_the_wrong_order_are_a_lost_wakeup", "alternating", (
        stall("lost-wakeup",
              waiter(at("ball", "await_ball", "await"), "(ping) in hit", name="pong"),
              waiter(at("ball", "await_ball", "await"), "by this thread itself in hit", name="ping"),
              joiner()),
    ), hangs=3, stalls=True),
    Case("threads_that_alternate_by_turns_are_silent", "alternating_fixed", source="alternating.c"),
    Case("chain_of_three_conditions_is_a_stall", "condition_chain_3", (
        stall("stall", *[waiter(at("places", "pass_on", "wait"), "nobody ever signalled it")] * 3, joiner(), locks=3),
    ), source="condition_chain.c", hangs=4, stalls=True),
    Case("chain_of_four_conditions_is_a_stall", "condition_chain_4", (
        stall("stall", *[waiter(at("places", "pass_on", "wait"), "nobody ever signalled it")] * 4, joiner(), locks=4),
    ), source="condition_chain.c", hangs=5, stalls=True),
    Case("chain_of_conditions_that_is_begun_is_silent", "condition_chain_fixed", source="condition_chain.c"),
    Case("producers_that_starve_are_a_stall", "bounded_buffer", (
        stall("stall", *[waiter(at("not_full", "producer", "producer"), " in consumer (bounded_buffer.c:")] * 3, joiner()),
    ), hangs=4, stalls=True),
    Case("producers_and_a_consumer_that_agree_are_silent", "bounded_buffer_fixed", source="bounded_buffer.c"),
    Case("event_set_before_the_wait_is_silent", "event_set_first", source="event.c"),
    Case("event_set_after_the_wait_is_silent", "event_waited_first", source="event.c"),
    Case("event_pulsed_before_the_wait_is_a_lost_wakeup", "event_pulsed_first", (
        stall("lost-wakeup", waiter(at("door", "await", "await"), "in pulse (event.c:"), joiner()),
    ), source="event.c", hangs=2, stalls=True),
    Case("barrier_of_two_starves_the_third", "barrier_too_many", (
        stall("starved-barrier",
              waiter(at("start_line", "runner", "wait"), "1 of 2 arrived; it waits for one more"), joiner()),
    ), hangs=2, stalls=True),
    Case("barrier_of_as_many_as_come_is_silent", "barrier_fixed", source="barrier_too_many.c"),
    Case("barrier_that_gives_up_is_silent", "barrier_with_timeout"),
    Case("semaphore_never_posted_starves_its_waiter", "semaphore_never_posted", (
        stall("starved-semaphore", waiter(at("done", "main", "wait"), "initially 0, never posted", name="main")),
    ), hangs=1, stalls=True),
    Case("semaphore_that_is_posted_is_silent", "semaphore_posted", source="semaphore_never_posted.c"),
    Case("semaphore_that_limits_is_silent", "semaphore_limit"),
    Case("semaphore_whose_places_are_kept_starves_the_others", "semaphore_limit_kept", (
        stall("starved-semaphore",
              *[waiter(at("kitchen", "cook", "enter"), "initially 2, taken 2 times, never posted; "
                                                       "taken and not posted since by thread")] * 2,
              joiner()),
    ), source="semaphore_limit.c", hangs=3, stalls=True),
    Case("semaphore_posted_too_often_is_silent", "semaphore_posted_too_often"),
    Case("full_queue_is_a_stall", "queue_full", (
        stall("stall", waiter(at("not_full", "put", "put"), "nobody ever signalled it"), joiner()),
    ), hangs=2, stalls=True),
    Case("queue_that_is_emptied_is_silent", "queue_full_fixed", source="queue_full.c"),
    Case("full_queue_of_semaphores_starves_who_puts", "queue_full_semaphores", (
        stall("starved-semaphore",
              waiter(at("room", "putter", "put"), "initially 4, taken 7 times, posted 3 times, last by thread"),
              joiner()),
    ), hangs=2, stalls=True),
    Case("queue_of_semaphores_that_is_emptied_is_silent", "queue_full_semaphores_fixed",
         source="queue_full_semaphores.c"),
    Case("pool_that_waits_for_itself_is_a_stall", "pool_waits_for_itself", (
        stall("stall", *[waiter(at("task_done", "await_task", "await"), "nobody ever signalled it")] * 3),
    ), hangs=3, stalls=True),
    Case("pool_with_a_worker_left_is_silent", "pool_big_enough", source="pool_waits_for_itself.c"),
    Case("daemons_that_wait_at_exit_are_silent", "daemons_at_exit"),
    Case("wait_for_a_timer_is_silent", "timer_thread"),
    Case("mutex_of_an_ended_thread_is_a_stall", "mutex_of_ended_thread", (
        stall("stall", waiter(at("stock", "main", "count"), "has ended without releasing it", name="main")),
        misuse("held-at-thread-exit", holder(at("stock", "take", "take"))),
    ), hangs=1, stalls=True),
    Case("mutex_that_is_released_in_time_is_silent", "mutex_of_ended_thread_fixed", source="mutex_of_ended_thread.c"),
    Case("semaphores_taken_crosswise_are_a_deadlock", "semaphores_crosswise", (
        deadlock(
            thread(at("scanner", "take_first", "take"), at("printer", "copy", "copy-printer")),
            thread(at("printer", "take_first", "take"), at("scanner", "fax", "fax-scanner")),
        ),
    ), hangs=3, stalls=True),
    Case("woken_thread_that_cannot_have_its_mutex_is_in_a_deadlock", "woken_in_vain", (
        deadlock(
            thread(at("account", "consumer", "consumer-account"), at("queue", "consumer", "consumer-queue")),
            thread(at("queue", "producer", "producer-queue"), at("account", "producer", "producer-account")),
        ),
    ), hangs=3, stalls=True),
    Case("semaphores_taken_in_one_order_are_silent", "semaphores_crosswise_fixed", source="semaphores_crosswise.c"),
    Case("counter_without_a_lock_is_a_race", "race_counter", (
        data_race("hits (race_counter.c:", touch("hit", "count"), touch("hit", "count"), remedy="hold a lock in hit"),
    )),
    Case("counter_with_a_lock_is_silent", "race_counter_fixed", source="race_counter.c"),
    Case("guard_that_one_place_forgets_is_named", "race_guard_forgotten", (
        data_race("account.balance", touch("subtract", "correct"), touch("deposit", "deposit", "account.mutex"),
                  guard="account.mutex", remedy="hold account.mutex (race_guard_forgotten.c:"),
    )),
    Case("check_without_the_lock_is_a_race", "race_check_then_act", (
        data_race("account.balance", read("withdraw", "check"), touch("withdraw", "act", "account.mutex")),
    )),
    Case("check_under_the_lock_is_silent", "race_check_then_act_fixed", source="race_check_then_act.c"),
    Case("lazy_singleton_races_for_its_pointer_and_its_content", "race_singleton", (
        data_race("settings (race_singleton.c:", read("get_settings", "look"), write("get_settings", "publish", "lock")),
        data_race("4 bytes at offset 4 of the block of 8 bytes that thread 2 allocated in make_settings",
                  read("port_of", "use"), write("make_settings", "fill", "lock")),
    )),
    Case("lazy_singleton_with_once_is_silent", "race_singleton_once", source="race_singleton.c"),
    Case("lazy_singleton_with_acquire_and_release_is_silent", "race_singleton_atomic", source="race_singleton.c"),
    Case("volatile_flag_is_a_race_and_orders_nothing", "race_flag", (
        data_race("ready", read("is_ready", "spin"), write("work", "tell")),
        data_race("answer", read("use", "use"), write("work", "work")),
    )),
    Case("atomic_flag_is_silent", "race_flag_atomic", source="race_flag.c"),
    Case("two_locks_for_one_list_are_named", "race_two_locks", (
        data_race("head", read("look", "look", "statistics_lock"), write("add", "add", "list_lock"),
                  remedy="hold one and the same lock"),
    )),
    Case("one_lock_for_one_list_is_silent", "race_two_locks_fixed", source="race_two_locks.c"),
    Case("write_under_the_reading_side_is_a_race", "race_write_under_read_lock", (
        data_race("hits", touch("look_up", "hit", "lock"), touch("look_up", "hit", "lock"), remedy="for writing in look_up"),
    )),
    Case("write_under_the_writing_side_is_silent", "race_write_under_read_lock_fixed", source="race_write_under_read_lock.c"),
    Case("memory_of_one_thread_each_is_silent", "race_thread_local"),
    Case("hand_over_by_a_queue_is_silent", "race_queue", source="race_hand_over.c"),
    Case("hand_over_by_semaphores_is_silent", "race_semaphore", filtered=None, source="race_hand_over.c"),
    Case("hand_over_by_a_barrier_is_silent", "race_barrier", source="race_hand_over.c"),
    Case("writing_before_create_and_after_join_is_silent", "race_create_join"),
    Case("writing_after_create_is_a_race", "race_published_too_late", (
        data_race("job.size", read("work", "work"), write("main", "set"), remedy="before thread 2 is created"),
    ), source="race_create_join.c"),
    Case("adjacent_bit_fields_are_one_place", "race_bit_fields", (
        data_race("options", touch("shout", "loud"), touch("shine", "bright")),
    )),
    Case("adjacent_bytes_are_two_places", "race_bytes", source="race_bit_fields.c"),
    Case("fences_with_relaxed_flags_are_silent", "race_fences"),
    Case("fence_that_is_missing_is_a_race", "race_fence_missing", (
        data_race("message", read("receive", "receive"), write("send", "send")),
    ), source="race_fences.c"),
    Case("hand_over_through_any_lock_is_silent", "race_hidden"),
    Case("guard_that_was_let_go_too_early_is_inconsistent", "race_hidden_guard", (
        inconsistent("total", write("reset", "reset"), touch("add", "add", "lock"), guard="lock"),
    )),
    Case("each_field_of_a_variable_that_is_set_back_without_the_lock_is_inconsistent", "race_hidden_reset", tuple(
        inconsistent(f"statistics.{field}", write("reset", "reset"), touch("add_one", "add", "lock"), guard="lock")
        for field in ("reads", "writes", "errors", "bytes")
    )),
    Case("free_beside_a_reader_is_a_race", "race_free", (
        data_race("of the block of 16 bytes that the main thread allocated in main",
                  read("read_session", "read"), Access("free", "end_session", "free"), remedy="free it in end_session"),
    )),
    Case("free_after_the_reader_is_silent", "race_free_fixed", source="race_free.c"),
    Case("copies_into_one_buffer_are_a_race", "race_call", (
        data_race("name", write("copy", "copy"), write("set", "set")),
    )),
    Case("plain_read_of_an_atomic_counter_is_a_race", "race_mixed_atomic", (
        data_race("served", read("show", "show"), write("serve", "serve", atomic=True), remedy="atomic too"),
    )),
    Case("atomic_counter_is_silent", "race_mixed_atomic_fixed", source="race_mixed_atomic.c"),
    Case("locks_of_every_kind_keep_others_out", "race_lock_kinds", filtered=None),
    Case("lock_that_is_gone_is_not_taken_for_another_one", "race_lock_gone", (
        data_race("total", write("second", "reset"), touch("count", "count", "lock")),
    )),
    Case("annotations_are_heeded", "race_annotated"),
    Case("variables_of_one_thread_are_named", "race_stack", (
        data_race("tally.counts[2] of main", touch("count", "count"), touch("count", "count")),
        data_race("own.seen", touch("count_own", "count_own"), touch("count_own", "count_own")),
    )),
    Case("cxx_threads_without_a_mutex_race", "race_cxx_thread", (
        data_race("ledger", touch("shop::Ledger::book", "book"), touch("shop::Ledger::book", "book")),
    ), source="race_cxx_thread.cpp"),
    Case("cxx_threads_with_a_mutex_are_silent", "race_cxx_thread_fixed", source="race_cxx_thread.cpp"),
    Case("cxx_synchronization_is_silent", "race_cxx_silent", source="race_cxx_silent.cpp"),
    Case("shared_ptr_that_is_replaced_while_copied_is_a_race", "race_cxx_shared_ptr", (
        data_race("current", touch("replace", "replace"), touch("copy", "copy")),
    ), source="race_cxx_shared_ptr.cpp", more=True),
    Case("shared_ptr_with_atomic_functions_is_silent", "race_cxx_shared_ptr_fixed", source="race_cxx_shared_ptr.cpp"),
    Case("virtual_call_during_construction_is_a_race", "race_cxx_vptr", (
        data_race("", touch("Base::run", "call"), write("Derived::Derived", None), remedy="constructor"),
    ), source="race_cxx_vptr.cpp"),
]


def find(name):
    return next(case for case in CASES if case.name == name)


def marked_line(source, marker):
    """Number of the line of a source file that carries /* @MARKER */."""
    with open(source, encoding="utf-8") as file:
        lines = [n for n, line in enumerate(file, 1) if re.search(rf"/\* @{re.escape(marker)} \*/", line)]
    if len(lines) != 1:
        raise ValueError(f"{source}: {len(lines)} lines are marked @{marker}, not one")
    return lines[0]


if __name__ == "__main__":
    # For meson: "NAME PROGRAM" a line.
    for case in CASES:
        sys.stdout.write(f"{case.name} {case.program}\n")
