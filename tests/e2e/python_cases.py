"""What `lockhound run -- python3 samples/python/NAME.py` must say. One row a sample."""

import dataclasses


@dataclasses.dataclass(frozen=True)
class Case:
    name: str
    kind: str = None  # of the first finding; None: there is none
    places: dict = dataclasses.field(default_factory=dict)  # "function marker": how often, as what a thread does last
    lock: str = None  # the finding names it so
    says: str = ""  # part of the finding's message or of why a thread waits
    severity: str = "error"
    others: tuple = ()  # kinds of further findings
    timeout: bool = False  # it waits for ever for somebody outside
    notes: str = ""  # what a note of the text report must not speak of
    before: tuple = ()  # the first version of Python in which it means something else


CASES = [
    Case("alternating"),
    Case("bank_transfer", "lock-order-inversion", {"transfer wants target": 2}, "Account.lock", severity="warning"),
    Case("barrier_too_many", "starved-barrier", {"work arrives": 1}, "pair", "1 of 2 threads arrived"),
    Case("create_join_order"),
    Case("crowd", notes="a lock order was seen in more threads than are kept"),
    Case("daemon_at_exit"),
    Case("depositors", "stall", {"deposit waits for room": 2}, "Account.changed", "nobody notifies any more"),
    Case("event"),
    Case("event_never_set", "stall", {"work waits for ever": 1}, "started", "nobody ever set"),
    Case("fork_while_held", "fork-while-held", {"<module> the child wants it": 1, "work work takes it": 1},
         says="of the parent had locked when the process forked in <module>"),
    Case("held_at_thread_exit", "stall", {"waiter waits for ever": 1}, "lock", "held when it ended",
         others=("held-at-thread-exit",)),
    Case("interrupted"),
    Case("join_with_lock", "deadlock", {"work work wants it": 1, "<module> main joins": 1}, "lock"),
    Case("lock_as_signal"),
    Case("nested_objects", "deadlock", {"refresh refresh wants the other's": 2}, "Node.lock"),
    Case("notified_first", "lost-wakeup", {"ask waits for ever": 1}, "ready", "notified in answer"),
    Case("notified_first_fixed"),
    Case("opposite_order", "lock-order-inversion",
         {"approve approve wants stamp": 1, "archive archive wants paper": 1}, "paper", "(approve) and thread",
         severity="warning"),
    Case("opposite_order_fixed"),
    Case("opposite_order_hangs", "deadlock",
         {"approve approve wants stamp": 1, "archive archive wants paper": 1}, "stamp"),
    Case("philosophers_hang", "deadlock", {"dine wants the right one": 5}, "forks"),
    Case("philosophers_with_idle_waiter", "lock-order-inversion", {"dine wants the right one": 5}, "forks",
         severity="warning"),
    Case("philosophers_with_waiter"),
    Case("pool_waits_for_itself", "stall", {"outer waits for inner": 1, "<module> waits for outer": 1}, "Future",
         "nobody is left to finish it"),
    Case("pools"),
    Case("process_lock_twice", "self-deadlock", {"inner inner wants it": 1}, "lock"),
    Case("process_locks", "lock-order-inversion", {"add add wants the index": 1, "rebuild rebuild wants the lock": 1},
         "Store.index (process_locks.py:10)", severity="warning"),
    Case("process_locks_spawned", "lock-order-inversion",
         {"add add wants the index": 1, "rebuild rebuild wants the lock": 1},
         "store.index (process_locks_spawned.py:15)", severity="warning"),
    Case("process_signals"),
    Case("producer_consumer"),
    Case("queue_full", "stall", {"fill puts": 1}, "line", "left to get an item from it"),
    Case("queue_join", "stall", {"<module> joins": 1}, "line", "task_done()"),
    Case("readers_and_writer"),
    Case("recursive_lock"),
    Case("rlock_released_too_often"),
    Case("rlock_released_too_rarely", "unbalanced-recursive", {"work takes it": 1}, "lock",
         "released 1 time less"),
    Case("self_deadlock", "self-deadlock", {"inner inner wants it": 1}, "lock"),
    Case("self_deadlock_acquire", "self-deadlock", {"<module> second": 1}, "lock"),
    Case("semaphore_limit"),
    Case("semaphore_not_released", "starved-semaphore", {"work takes a place": 1}, "places", "taken 2 times"),
    Case("semaphore_released_too_often"),
    Case("semaphores_crosswise", "deadlock",
         {"approve approve wants stamp": 1, "archive archive wants paper": 1}, "stamp"),
    Case("simple_queue_empty", "stall", {"work gets": 1}, "simple_queue_empty.py:"),
    Case("slow_thread_end", "unbalanced-recursive", {"work takes the rlock": 1}, "rlock",
         others=("held-at-thread-exit",), before=(3, 13)),  # join() waits for the C library from there on
    Case("thread_local"),
    Case("timer"),
    Case("trylock_backoff"),
    Case("waits_for_network", timeout=True),
]


def find(name):
    return next(case for case in CASES if case.name == name)
