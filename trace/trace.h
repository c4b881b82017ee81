/*
 * The trace file: the whole contract between the preloaded shim, which writes it, and the analyzer,
 * which reads it. docs/trace-format.md says the same in prose.
 *
 * One file a process. It is a shared mapping while it is written, so whatever a thread stored is
 * there when the process is gone, however it went. All numbers are in the byte order of the machine
 * that wrote it (header.byte_order). Times are ticks since header.start_ticks; ticks are turned
 * into nanoseconds with the two clock pairs of the header.
 *
 *     file   := header (LH_UNIT bytes) extent*
 *     extent := extent header (64 bytes), then either fixed slots (locks, threads) or a log of
 *               records of differing size, or events
 *
 * Bump LH_TRACE_VERSION when a reader of one version would misread a file of another. Adding a
 * record type, an extent type or fields at the end of a slot needs no bump: readers skip what they
 * do not know and step by the sizes that the file itself gives.
 */
#ifndef LH_TRACE_TRACE_H
#define LH_TRACE_TRACE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define LH_TRACE_MAGIC   "LKHOUND\n"
#define LH_TRACE_VERSION 3u
#define LH_BYTE_ORDER    0x01020304u
#define LH_UNIT          16384u      /* bytes; extents are multiples of it */
#define LH_EXTENT_MAGIC  0x5458484cu /* "LHXT" */
#define LH_NO_LOCK       0u          /* lock index 0 is never used */
#define LH_NO_STACK      0u
#define LH_NO_THREAD     0u
#define LH_NO_SEGMENT    0u
#define LH_COUNTERS      16
#define LH_TIMES         88 /* counts in a struct lh_trace_times of this writer */
#define LH_THREAD_NAME   16 /* bytes with the NUL, as the kernel has it */

/* What a counter in the header counts. Everything from LH_DROP_FIRST on is something lost. */
enum lh_counter {
    LH_COUNT_THREADS,        /* threads seen */
    LH_COUNT_LOCKS,          /* lock instances seen */
    LH_COUNT_LOCKS_ENDED,    /* lock instances that ended */
    LH_COUNT_DEPS_FORGOTTEN, /* dependencies of ended locks that no cycle could use any more */
    LH_COUNT_DEPS_REPEATED,  /* dependencies of ended locks, like at least LH_LIKE_MAX kept ones */
    LH_COUNT_REPEATS,        /* (dependency, thread, segment) triples beyond what is kept of one */
    LH_DROP_FIRST,
    LH_DROP_NO_SPACE = LH_DROP_FIRST, /* records: disk full, or file size limit */
    LH_DROP_NO_MEMORY,                /* records: no memory for the shim's own tables */
    LH_DROP_REENTRANT,   /* events inside the shim itself (a signal handler that interrupted it) */
    LH_DROP_THREAD_GONE, /* events of a thread after its last destructor */
    LH_COUNTERS_USED,
};

/* Process state as the header knows it. */
enum lh_state {
    LH_STATE_RUNNING = 1, /* also: ended without a farewell (killed, _exit, exec) */
    LH_STATE_EXITED = 2,  /* exit() ran, or main returned */
    LH_STATE_STOPPED = 3, /* recording gave up (see the drop counters) */
};

enum lh_mode_bits {
    LH_RECORD_FULL = 1,           /* every event is in the file, not only what is new */
    LH_RECORD_PYTHON = 2,         /* the process runs CPython, whose frames can be read */
    LH_RECORD_PYTHON_UNKNOWN = 4, /* it runs CPython of a version that the writer does not know */
};

/* Why a process of which every thread waits is not called stalled. */
enum lh_doubt {
    LH_DOUBT_HANDLER = 1 << 0,    /* a handler of a signal that somebody may send */
    LH_DOUBT_SHARED = 1 << 1,     /* another process can reach what is waited for */
    LH_DOUBT_UNRECORDED = 1 << 2, /* a thread waits for something that is not recorded */
    LH_DOUBT_UNSEEN = 1 << 3,     /* the kernel did not let the watcher look at a thread */
};

/* Who ended the process. */
enum lh_ended_by {
    LH_ENDED_BY_ITSELF = 0,    /* or by anybody else */
    LH_ENDED_BY_LOCKHOUND = 1, /* as it hung, or as its time was over */
};

struct lh_trace_header {
    char magic[8];
    uint32_t version;
    uint32_t header_size; /* sizeof(struct lh_trace_header) of the writer */
    uint32_t byte_order;
    uint32_t unit;      /* LH_UNIT of the writer */
    uint32_t word_size; /* sizeof(void *) of the program */
    uint32_t mode;      /* enum lh_mode_bits */
    uint64_t used;      /* bytes handed out to extents, from offset 0; atomic */
    uint32_t state;     /* enum lh_state; atomic */
    uint32_t pid;
    uint32_t ppid;
    uint32_t parent_forked;         /* 1: began at a fork() of ppid, 0: began at an exec */
    uint64_t start_realtime;        /* ns since the epoch */
    uint64_t start_ticks, start_ns; /* a pair: tick counter, CLOCK_MONOTONIC in ns */
    uint64_t last_ticks, last_ns;   /* a later pair; 0 when there is none yet */
    uint64_t counters[LH_COUNTERS]; /* enum lh_counter; atomic */
    uint32_t lock_slot_size;        /* bytes of a struct lh_trace_lock */
    uint32_t thread_slot_size;      /* bytes of a struct lh_trace_thread and what follows it */
    uint32_t command_size;          /* bytes of the NUL separated command line at command_offset */
    uint32_t command_offset;        /* from the start of the file, inside the first unit */
    char tool_version[32];
    uint64_t stalled_ns; /* CLOCK_MONOTONIC when a watcher had seen for its whole grace time that
                            every thread waits; 0: not seen. Written by the watcher */
    uint32_t doubts; /* enum lh_doubt: it saw that, but somebody may still wake one of them; then
                        stalled_ns is 0. Written by the watcher */
    uint32_t reserved;
    uint64_t doubt_signals; /* LH_DOUBT_HANDLER: bit n - 1 is signal n. Written by the watcher */
    uint32_t ended_by;      /* enum lh_ended_by; stored just before it is ended */
    uint32_t told; /* threads in deadlocks that the process found itself, and that stand; atomic */
};

enum lh_extent_type {
    LH_EXTENT_LOCKS = 1,   /* struct lh_trace_lock slots */
    LH_EXTENT_THREADS = 2, /* one struct lh_trace_thread */
    LH_EXTENT_LOG = 3,     /* records, each beginning with a struct lh_trace_record */
    LH_EXTENT_EVENTS = 4,  /* struct lh_trace_event; one thread's */
    LH_EXTENT_HELD = 5,    /* struct lh_trace_held: a held set that outgrew its thread's slot */
    LH_EXTENT_COUNTS = 6,  /* struct lh_trace_counts[first_index], then keys of SEEN records */
};

/* 64 bytes at the start of each extent. `magic` is stored last. */
struct lh_trace_extent {
    uint32_t magic;
    uint16_t type; /* enum lh_extent_type */
    uint16_t reserved;
    uint32_t size;        /* bytes, this header included; a multiple of the unit */
    uint32_t first_index; /* slots: index of the first slot; events: number among its thread's
                             extents; counts: number of lines */
    uint32_t owner;       /* events, held: uid of the thread */
    uint32_t reserved2;
    uint64_t offset; /* of this header, from the start of the file */
    uint64_t reserved3[4];
};

enum lh_lock_kind {
    LH_LOCK_MUTEX = 1,
    LH_LOCK_RWLOCK,
    LH_LOCK_SPIN,
    LH_LOCK_SEMAPHORE,
    LH_LOCK_COND, /* not a lock, but waited for; here so that one table names all */
    LH_LOCK_BARRIER,
    LH_LOCK_ONCE,
    LH_LOCK_FUTEX, /* a word that somebody sleeps on by the bare system call */
    LH_LOCK_KINDS,
};

enum lh_lock_flags {
    LH_LOCK_RECURSIVE = 1 << 0,
    LH_LOCK_ERRORCHECK = 1 << 1,
    LH_LOCK_ROBUST = 1 << 2,
    LH_LOCK_PRIO_INHERIT = 1 << 3,
    LH_LOCK_PRIO_PROTECT = 1 << 4,
    LH_LOCK_PSHARED = 1 << 5,
    LH_LOCK_WRITER_FIRST =
        1 << 6, /* rwlock: a waiting writer blocks new readers (..WRITER_NONRECURSIVE_NP) */
    LH_LOCK_C11 = 1 << 7,   /* mtx_t, cnd_t */
    LH_LOCK_NAMED = 1 << 8, /* sem_open; the name is in a NAME record */
    LH_LOCK_INIT_SEEN =
        1 << 9, /* born by an init call; else by a static initializer, at first use */
    LH_LOCK_SEM_ONE = 1 << 10, /* semaphore: value 1 at birth */
    LH_LOCK_SEM_SIGNAL =
        1 << 11,             /* semaphore: posted by one who did not hold it: a signal, no lock */
    LH_LOCK_ENDED = 1 << 12, /* destroyed, freed, unmapped, its frame gone */
    LH_LOCK_AGGREGATE =
        1 << 13, /* no single lock: the sum of `instances` ended ones of one birth */
    LH_LOCK_ON_STACK = 1 << 14,
    LH_LOCK_PYTHON = 1 << 15,    /* a lock of CPython's, mostly of Python code */
    LH_LOCK_OBJECT = 1 << 16,    /* no lock of its own: an object of Python code, built of locks */
    LH_LOCK_SEM_GIVEN = 1 << 17, /* semaphore: posted by one who had not taken it: more threads may
                                    have it than it began with */
};

/* By its flags: it began with 1, and nobody but its holder has posted it so far. */
static inline bool lh_semaphore_is_lock(uint32_t flags)
{
    return (flags & (LH_LOCK_SEM_ONE | LH_LOCK_SEM_SIGNAL)) == LH_LOCK_SEM_ONE;
}

/* What a LH_LOCK_PYTHON is in the words of Python: an object, or a lock that belongs to one. */
enum lh_python_class {
    LH_PYTHON_LOCK = 1,
    LH_PYTHON_RLOCK,
    LH_PYTHON_CONDITION,
    LH_PYTHON_EVENT,
    LH_PYTHON_SEMAPHORE,
    LH_PYTHON_BOUNDED_SEMAPHORE,
    LH_PYTHON_BARRIER,
    LH_PYTHON_QUEUE,
    LH_PYTHON_FUTURE,
    LH_PYTHON_WAITER,     /* a thread in Condition.wait() sleeps on it */
    LH_PYTHON_THREAD_END, /* who joins its birth thread sleeps on it */
    LH_PYTHON_INTERNAL,   /* of the interpreter, or of an object that is written in C */
    LH_PYTHON_CLASSES,
};

/* One lock instance, or (LH_LOCK_AGGREGATE) the sum of ended ones born at the same place. */
struct lh_trace_lock {
    uint64_t uid; /* number of the instance, from 1; 0: free slot. Stored last at birth */
    uint64_t addr;
    uint32_t flags; /* enum lh_lock_flags; atomic */
    uint8_t kind;   /* enum lh_lock_kind */
    uint8_t python; /* enum lh_python_class; 0: not of Python */
    uint8_t reserved[2];
    uint32_t birth_stack;          /* of the init call, or of the first use */
    uint32_t birth_thread;         /* uid */
    uint32_t epoch;                /* module epoch at birth: which modules `addr` may lie in */
    uint32_t instances;            /* 1, or how many an aggregate stands for */
    uint64_t acquisitions;         /* exclusive; written under the lock */
    uint64_t acquisitions_shared;  /* atomic */
    uint64_t contended;            /* acquisitions that had to wait; atomic */
    uint64_t wait_total, wait_max; /* ticks, every contended acquisition is measured; atomic */
    uint64_t hold_total, hold_max; /* ticks, over the measured holds only; atomic for shared mode */
    uint64_t hold_samples;         /* number of measured holds */
    uint32_t wait_max_stack, hold_max_stack; /* whose longest wait / hold it was */
    uint64_t initial; /* semaphore: value at birth; barrier: threads that it waits for */
    uint64_t posters; /* semaphore, as a lock: bit (uid % 64) of each thread that gave it back;
                         Python's are not counted; atomic */
};

enum lh_hold_mode {
    LH_MODE_EXCLUSIVE = 0,
    LH_MODE_SHARED = 1,
};

enum lh_attempt_flags {
    LH_ATTEMPT_TRY = 1 << 0,   /* trylock: never blocks, hence never the blocking end of a cycle */
    LH_ATTEMPT_TIMED = 1 << 1, /* gives up after a while */
    LH_ATTEMPT_REACQUIRE = 1 << 2, /* the mutex taken again at the end of a condition wait */
    LH_ATTEMPT_SIGNAL = 1 << 3,    /* of a condition: a signal or broadcast, no wait */
    LH_ATTEMPT_SCOPED = 1 << 4,    /* by a statement whose end releases it: Python's with */
    LH_ATTEMPT_UNIT = 1 << 5, /* of a dependency's held ones: one unit of a semaphore, no lock */
};

/* One lock in a thread's held set, oldest first. */
struct lh_trace_held {
    uint32_t lock;  /* lock index */
    uint32_t stack; /* of the acquisition */
    uint32_t depth; /* recursion: how many times acquired and not yet released */
    uint8_t mode;   /* enum lh_hold_mode */
    uint8_t flags;  /* enum lh_attempt_flags of the acquisition */
    uint16_t reserved;
    uint64_t since;  /* ticks, 0: not measured */
    uint64_t prefix; /* writer's own: hash of the set up to here */
};

enum lh_wait_kind {
    LH_WAIT_NONE = 0,
    LH_WAIT_LOCK, /* wait_lock is the lock wanted */
    LH_WAIT_COND, /* wait_lock is the condition, wait_other the mutex it goes with */
    LH_WAIT_SEM,
    LH_WAIT_BARRIER,
    LH_WAIT_JOIN, /* wait_other is the uid of the thread joined */
    LH_WAIT_ONCE,
    LH_WAIT_FUTEX,
    LH_WAIT_KINDS,
};

enum lh_thread_state {
    LH_THREAD_FREE = 0,
    LH_THREAD_LIVE = 1,
    LH_THREAD_ENDED = 2,
};

#define LH_HELD_INLINE  128u
#define LH_FLIGHT_SLOTS 512u /* a power of two */

/* 16 bytes. `time_type`: the type in the low 8 bits, ticks in the upper 56 (0: not measured). */
struct lh_trace_event {
    uint64_t time_type;
    uint32_t lock;
    uint32_t stack;
};

/* One thread, alone in its extent. Only the thread itself writes here, but for `segment`. */
struct lh_trace_thread {
    uint32_t uid;     /* number of the thread, from 1, never reused */
    uint32_t state;   /* enum lh_thread_state; stored last at birth */
    uint32_t tid;     /* the kernel's */
    uint32_t creator; /* uid, LH_NO_THREAD when unknown */
    uint32_t create_stack;
    uint32_t reserved;
    uint64_t start_routine; /* address of the thread's function */
    uint64_t started;       /* ticks */
    char name[LH_THREAD_NAME];
    uint32_t wait_kind; /* enum lh_wait_kind; stored last when a wait begins, first when it ends */
    uint32_t wait_lock;
    uint32_t wait_other;
    uint32_t wait_stack;
    uint8_t wait_mode;  /* enum lh_hold_mode */
    uint8_t wait_flags; /* enum lh_attempt_flags */
    uint16_t reserved2;
    uint32_t wait_number; /* counts waits: two reads that differ are two waits */
    uint64_t wait_since;  /* ticks */
    uint32_t held_count;  /* atomic */
    uint32_t held_capacity;
    uint64_t held_offset;   /* from the start of the file: struct lh_trace_held[held_capacity] */
    uint64_t flight_count;  /* events ever written to the flight recorder; atomic */
    uint64_t flight_offset; /* from the start of the file */
    uint32_t flight_slots;  /* a power of two; event i lies in slot i & (slots - 1) */
    uint32_t segment;       /* id of the current segment, LH_NO_SEGMENT when none was recorded */
    uint64_t wait_uses;     /* condition: acquisitions of the mutex when the wait began */
    uint64_t locks;         /* instances that began and are not in the header's counter: add them */
    uint64_t locks_ended;   /* the same of those that ended */
    uint64_t reserved3;
    struct lh_trace_held held[LH_HELD_INLINE];
    struct lh_trace_event flight[LH_FLIGHT_SLOTS];
};

enum lh_record_type {
    LH_RECORD_END = 0, /* nothing was written from here on */
    LH_RECORD_STACK = 1,
    LH_RECORD_DEP = 2,
    LH_RECORD_SEEN = 3,
    LH_RECORD_SEGMENT = 4,
    LH_RECORD_THREAD = 5,
    LH_RECORD_MODULE = 6,
    LH_RECORD_UNLOAD = 7,
    LH_RECORD_NAME = 8,
    LH_RECORD_CHILD = 9,
    LH_RECORD_MISUSE = 10,
    LH_RECORD_WAKER = 11,
    LH_RECORD_LOCKSET = 12,
    LH_RECORD_BLOCK = 13,
    LH_RECORD_RACE = 14,
    LH_RECORD_CODE = 15,
    LH_RECORD_TIMES = 16,
};

#define LH_RECORD_DEAD  0x80u /* bit in `type`: forgotten; its room may be used again */
#define LH_RECORD_ALIGN 8u

/* Starts every record of a log. The 8 bytes are stored last, as one word. */
struct lh_trace_record {
    uint8_t type; /* enum lh_record_type, perhaps with LH_RECORD_DEAD */
    uint8_t reserved[3];
    uint32_t size; /* bytes, this header included; a multiple of LH_RECORD_ALIGN */
};

/* A call stack, innermost return address first. */
struct lh_trace_stack {
    struct lh_trace_record record;
    uint32_t id;    /* from 1 */
    uint32_t epoch; /* module epoch: a pc belongs to the module that was loaded then */
    uint32_t count;
    uint32_t flags; /* enum lh_stack_flags */
    uint64_t pcs[];
};

enum lh_stack_flags {
    LH_STACK_CUT = 1, /* deeper than the limit; the outermost frames are missing */
};

struct lh_trace_dep_held {
    uint32_t lock;
    uint32_t stack;
    uint8_t mode;
    uint8_t flags;
    uint16_t reserved;
};

/*
 * A thread wanted `lock` while it held `held` (oldest first); nothing: it wanted to write an rwlock
 * at which readers wait behind a writer that waits. Who and when: the SEEN records.
 */
struct lh_trace_dep {
    struct lh_trace_record record;
    uint32_t id; /* from 1; used again after the record was forgotten */
    uint32_t lock;
    uint32_t stack;
    uint8_t mode;  /* enum lh_hold_mode */
    uint8_t flags; /* enum lh_attempt_flags */
    uint16_t held_count;
    struct lh_trace_dep_held held[];
};

/* A dependency occurred in a segment. */
struct lh_trace_seen {
    struct lh_trace_record record;
    uint32_t dep;
    uint32_t segment;
    uint64_t count; /* how often, but for what COUNTS extents say beyond it */
    uint64_t key;   /* names it to them; used again for the same dependency and segment only */
};

/*
 * A line of a COUNTS extent: how often a thread met four dependencies since their SEEN records were
 * brought up to date. Behind all lines follow, for each place of each, the keys of the SEEN records
 * as uint64_t; 0, or of a record that is gone: the count says nothing.
 */
struct lh_trace_counts {
    uint64_t keys[4];   /* the writer's own */
    uint64_t counts[4]; /* written by one thread only */
};

/*
 * A stretch of a thread between creates and joins. Everything in the parents' segments, and in
 * their parents', happened before this one (pthread_create and pthread_join order it).
 *
 * A segment that was recorded only after it had ended is in nobody's parents: `ended` tells those
 * that began at that time or after it, and so counts as before them.
 */
struct lh_trace_segment {
    struct lh_trace_record record;
    uint32_t id;     /* from 1 */
    uint32_t thread; /* uid */
    uint32_t count;
    uint32_t reserved;
    uint64_t began; /* when its thread last took over the past of another; a count, 0: never */
    uint64_t ended; /* 0: it is in the parents of those that come after it */
    uint32_t parents[];
};

/* What outlives a thread's slot. */
struct lh_trace_thread_info {
    struct lh_trace_record record;
    uint32_t uid;
    uint32_t tid;
    uint32_t creator;
    uint32_t create_stack;
    uint64_t start_routine;
    char name[LH_THREAD_NAME];
};

/* A loaded object (program, library, vDSO). Text: path, NUL, then build_id_size raw bytes. */
struct lh_trace_module {
    struct lh_trace_record record;
    uint32_t epoch; /* loaded since */
    uint32_t build_id_size;
    uint64_t bias;       /* run-time address minus address in the file */
    uint64_t start, end; /* run-time addresses it covers */
    uint32_t path_size;  /* with the NUL */
    uint32_t reserved;
    char text[];
};

/* The module that started at `start` is gone from epoch `epoch` on. */
struct lh_trace_unload {
    struct lh_trace_record record;
    uint32_t epoch;
    uint32_t reserved;
    uint64_t start;
};

/* The name of a lock (a named semaphore's). */
struct lh_trace_name {
    struct lh_trace_record record;
    uint32_t lock;
    uint32_t size; /* with the NUL */
    char text[];
};

/* The process forked. */
struct lh_trace_child {
    struct lh_trace_record record;
    uint32_t pid;
    uint32_t stack;
};

/*
 * A thread used a lock wrongly. Written the first time for a place of the wrong call and a place of
 * the one that set it up; counted after that.
 */
struct lh_trace_misuse {
    struct lh_trace_record record;
    uint32_t kind;   /* enum lh_misuse_kind */
    uint32_t thread; /* uid of who did it */
    uint32_t lock;
    uint32_t stack;       /* of the wrong call; LH_NO_STACK when a thread just ended */
    uint32_t owner;       /* uid of the thread that held the lock, LH_NO_THREAD when none did */
    uint32_t owner_stack; /* of its acquisition */
    uint32_t depth;       /* how many times the owner had acquired it */
    uint32_t other;       /* see misuses.def: a condition, a thread; 0: nothing */
    uint64_t count;       /* how often; under the recorder lock */
    uint32_t n_stacks;    /* further places, oldest first; see misuses.def */
    uint32_t owner_lock;  /* see misuses.def: the mutex that the owner waits with; LH_NO_LOCK */
    uint32_t stacks[];
};

/* One call that signals a condition or posts a semaphore. */
struct lh_trace_wake {
    uint32_t thread; /* uid; LH_NO_THREAD: there was none */
    uint32_t stack;
    uint32_t waiters; /* threads that waited at that moment */
    uint32_t mutex;   /* condition: the mutex that the caller held, or released last; LH_NO_LOCK */
    uint64_t uses;    /* acquisitions of that mutex so far */
    uint64_t time;    /* ns since the trace began, to some milliseconds */
};

/* Who woke, or tried to wake, those that wait for a condition or a semaphore. One a lock. */
struct lh_trace_waker {
    struct lh_trace_record record;
    uint32_t lock;
    uint32_t version;             /* odd: it is being written; what it says may be torn */
    uint64_t count;               /* signals and broadcasts, or posts */
    struct lh_trace_wake last;    /* the last one */
    struct lh_trace_wake unheard; /* condition: the last one when nobody waited */
    uint32_t last_event;          /* enum lh_event_type: what the last one was */
    uint32_t reserved;
};

enum lh_times_kind {
    LH_TIMES_WAIT = 0, /* as wait_total: every contended acquisition */
    LH_TIMES_HOLD = 1, /* as hold_total: the measured holds only */
    LH_TIMES_KINDS,
};

/*
 * How long a lock was waited for, or held: one record a lock and kind, from the first such time on.
 * counts[i] are those of 2^(i/2) to 2^((i+1)/2) ticks, shorter ones in the first place and longer
 * ones in the last. A count that is full stays as it is.
 */
struct lh_trace_times {
    struct lh_trace_record record;
    uint32_t lock;
    uint16_t kind;     /* enum lh_times_kind */
    uint16_t count;    /* of `counts` */
    uint32_t counts[]; /* atomic */
};

enum lh_misuse_kind {
#define MISUSE(name, number, kind, text) LH_MISUSE_##name = number,
#include "misuses.def"
#undef MISUSE
};

/* The locks that a thread held at a memory access: what a struct lh_trace_access refers to. */
struct lh_trace_lockset {
    struct lh_trace_record record;
    uint32_t id; /* from 1; 0 is the empty set */
    uint32_t count;
    struct lh_trace_dep_held held[]; /* oldest first; an example of where they were taken */
};

enum lh_block_kind {
    LH_BLOCK_HEAP = 0,
    LH_BLOCK_STACK = 1, /* a thread's stack */
    LH_BLOCK_FRAME = 2, /* the frame of a function on a thread's stack */
    LH_BLOCK_TLS = 3,   /* a thread's instances of a module's thread-local variables */
};

/* A heap block, a stack, or a part of a thread's own memory, in which a racing access lies. */
struct lh_trace_block {
    struct lh_trace_record record;
    uint32_t id;     /* from 1 */
    uint32_t thread; /* who allocated it; whose stack it is */
    uint32_t stack;  /* of its allocation */
    uint32_t kind;   /* enum lh_block_kind */
    uint64_t addr;
    uint64_t size; /* bytes, as it was asked for; a frame: from the stack pointer on, with the
                      return address */
    uint64_t code; /* frame: an address in the function; variables: one in the module */
    uint64_t pc;   /* frame: a return address, in the function if that called the next one */
};

enum lh_access_flags {
    LH_ACCESS_WRITE = 1 << 0,
    LH_ACCESS_ATOMIC = 1 << 1,
    LH_ACCESS_VOLATILE = 1 << 2,
    LH_ACCESS_VTABLE = 1 << 3, /* the pointer to the virtual functions of a C++ object */
    LH_ACCESS_FREE = 1 << 4,   /* free() or realloc() of the block */
    LH_ACCESS_CALL = 1 << 5,   /* inside memcpy(), read() and their like */
    LH_ACCESS_BIRTH = 1 << 6,  /* malloc() and its like, of the block */
};

struct lh_trace_access {
    uint32_t thread; /* uid */
    uint32_t stack;
    uint32_t lockset; /* id of a LOCKSET record; 0: no lock */
    uint32_t flags;   /* enum lh_access_flags */
    uint64_t addr;
    uint64_t size; /* bytes */
};

enum lh_race_kind {
    LH_RACE_PROVEN = 1,  /* nothing orders the two accesses */
    LH_RACE_SUSPECT = 2, /* only a lock's luck orders them, and no lock is common to both */
};

/* Why a suspect pair is rather none. */
enum lh_race_doubt {
    LH_DOUBT_NONE = 0,
    LH_DOUBT_LONE_GUARD = 1, /* one thread alone holds the guard */
    LH_DOUBT_READ_GUARD = 2, /* few writes hold the guard */
    LH_DOUBT_ANEW = 3,       /* the memory was given to another use in between */
    LH_DOUBT_MOVED = 4,      /* another lock is held instead, and the guard was not seen again */
    LH_DOUBT_LAST = 5,       /* it was the last use: its thread gave the memory back next */
};

/* Two accesses to the same memory, at least one a write. One record a pair of places and doubt. */
struct lh_trace_race {
    struct lh_trace_record record;
    uint32_t kind;  /* enum lh_race_kind */
    uint32_t block; /* id of a BLOCK record; 0: not in a known heap block */
    struct lh_trace_access earlier, later;
    uint64_t count; /* how often this pair of places was seen */
    uint32_t guard; /* index of the lock that most accesses to this memory hold; LH_NO_LOCK */
    uint32_t doubt; /* enum lh_race_doubt */
    uint64_t reads, writes;                 /* seen of this memory since it is shared */
    uint64_t guarded_reads, guarded_writes; /* those of them under `guard` */
    uint64_t guard_uid; /* which of the locks that had this index; 0: not known */
};

/* A function of an interpreted language. */
struct lh_trace_code {
    struct lh_trace_record record;
    uint32_t id; /* from 1 */
    uint32_t line;
    uint32_t file_size, name_size; /* bytes with the NUL; the name follows the file in `text` */
    char text[];
};

/*
 * What a stack has in place of a return address for a call in interpreted code: no address of a
 * program begins with these bits.
 */
#define LH_PYTHON_PC(code, line) \
    (UINT64_C(1) << 63 | (uint64_t)(code) << 28 | ((uint64_t)(line)&0xfffffff))
#define LH_IS_PYTHON_PC(pc)   ((pc) >> 62 == 2)
#define LH_PYTHON_PC_CODE(pc) ((uint32_t)((pc) >> 28))
#define LH_PYTHON_PC_LINE(pc) ((uint32_t)((pc)&0xfffffff))

enum lh_event_type {
#define EVENT(name, number, text) LH_EVENT_##name = number,
#include "events.def"
#undef EVENT
};

_Static_assert(sizeof(struct lh_trace_extent) == 64, "format");
_Static_assert(sizeof(struct lh_trace_record) == 8, "format");
_Static_assert(sizeof(struct lh_trace_event) == 16, "format");
_Static_assert(sizeof(struct lh_trace_held) == 32, "format");
_Static_assert(sizeof(struct lh_trace_counts) == 64, "format");
_Static_assert(sizeof(struct lh_trace_lock) == 128, "format");
_Static_assert(sizeof(struct lh_trace_dep_held) == 12, "format");
_Static_assert(sizeof(struct lh_trace_thread) + sizeof(struct lh_trace_extent) <= LH_UNIT,
               "format");
_Static_assert(sizeof(struct lh_trace_header) <= 1024, "format");

#endif
