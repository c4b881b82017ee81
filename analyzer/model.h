/*
 * What the analyzer knows of one or more recorded processes: threads, locks, lock classes, stacks,
 * segments, dependencies. Filled by model_load(), names and lines by symbolize(), then read only.
 *
 * Ownership: everything hangs on struct lh_model and lives until lh_model_free(). Strings that lie
 * in it may be kept as long as it lives. Nothing here prints. Functions return 0 or -errno.
 */
#ifndef LH_ANALYZER_MODEL_H
#define LH_ANALYZER_MODEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "times.h"
#include "trace.h"

struct lh_frame {
    const char *function; /* demangled; NULL when unknown */
    const char *file;     /* as the debug information has it, made absolute; NULL when unknown */
    int line;             /* 0 when unknown */
    const char *module;   /* path of the object; NULL when unknown */
    uint64_t offset;      /* of the code address in the module; the absolute address without one */
    bool inlined;         /* an inlined function: the next frame is the one it lies in */
};

#define LH_PYTHON_MODULE "python" /* module of the frames of Python code */

struct lh_stack {
    uint32_t id; /* 0: an unused place of the table */
    uint32_t epoch;
    bool cut;
    size_t n_pcs;
    const uint64_t *pcs;     /* return addresses, innermost first; owned by the model */
    struct lh_frame *frames; /* innermost first; NULL before symbolize() */
    size_t n_frames;
};

struct lh_module {
    uint64_t bias, start, end;
    uint32_t epoch;     /* first epoch in which it was loaded */
    uint32_t epoch_end; /* first epoch in which it was gone; UINT32_MAX: never unloaded */
    const char *path;
    const uint8_t *build_id;
    size_t build_id_size;
};

struct lh_event {
    uint8_t type;  /* enum lh_event_type */
    uint32_t lock; /* of LH_EVENT_THREAD_*: uid of the other thread */
    uint32_t stack;
};

/* What a thread did at a condition, a semaphore or a barrier: the last time of each event and lock.
 */
struct lh_deed {
    uint32_t lock, stack;
    uint32_t event;  /* enum lh_event_type */
    uint64_t number; /* in the order of the thread's events */
};

struct lh_thread {
    uint32_t uid;
    uint32_t number; /* what people are told when it is not the uid; 0: the uid */
    uint32_t tid;
    uint32_t creator; /* uid */
    uint32_t create_stack;
    uint64_t start_routine;
    uint32_t start_epoch; /* module epoch for start_routine */
    const char *name;     /* never NULL; may be "" */
    bool live;            /* was running when the trace ended */
    /* What it waited for and held when the trace ended (only when live). */
    uint32_t wait_kind; /* enum lh_wait_kind */
    uint32_t wait_lock, wait_other, wait_stack, wait_number;
    uint8_t wait_mode, wait_flags;
    uint64_t wait_uses;   /* condition: acquisitions of the mutex when the wait began */
    struct lh_held *held; /* oldest first */
    size_t n_held;
    struct lh_event last; /* what it did last; type 0: nothing */
    /* Of its last events, newest first; of an ended thread too, unless its slot was used again. */
    struct lh_deed *deeds;
    size_t n_deeds;
};

/* A lock as held or wanted at one place. */
struct lh_held {
    uint32_t lock;  /* index into lh_process.locks */
    uint32_t stack; /* id */
    uint8_t mode;   /* enum lh_hold_mode */
    uint8_t flags;  /* enum lh_attempt_flags */
    uint32_t depth;
};

struct lh_lock {
    uint64_t uid; /* 0: an unused place of the table */
    uint64_t addr;
    uint8_t kind;   /* enum lh_lock_kind */
    uint8_t python; /* enum lh_python_class; 0: not of Python */
    uint32_t flags; /* enum lh_lock_flags */
    uint32_t birth_stack, birth_thread, epoch;
    uint32_t instances;
    uint64_t acquisitions, acquisitions_shared, contended;
    uint64_t wait_total_ns, wait_max_ns;
    uint64_t hold_total_ns, hold_max_ns, hold_samples;
    struct lh_times *wait_times, *hold_times; /* NULL: none was measured */
    uint32_t wait_max_stack, hold_max_stack;
    uint64_t initial; /* semaphore: value at birth; barrier: threads that it waits for */
    uint64_t posters; /* semaphore: bit (uid % 64) of each thread that gave it back as a lock */
    const struct lh_waker *waker; /* condition, semaphore; NULL: nobody ever signalled or posted */
    /* Of this instance: "accounts[3].lock"; never NULL after lh_model_name_locks(). */
    const char *name;
    uint32_t class_id; /* index into lh_process.classes; never 0 after lh_model_name_locks() */
};

/* A call that signals a condition or posts a semaphore. */
struct lh_wake {
    uint32_t thread; /* uid; LH_NO_THREAD: there was none */
    uint32_t stack;
    uint32_t waiters; /* threads that waited at that moment */
    uint32_t mutex;   /* condition: that the caller held, or released last; LH_NO_LOCK: none */
    uint64_t uses;    /* acquisitions of that mutex until then */
    uint64_t time_ns; /* since the trace began, to some milliseconds */
};

struct lh_waker {
    uint64_t count; /* signals and broadcasts, or posts */
    struct lh_wake last;
    struct lh_wake unheard; /* condition: the last one when nobody waited */
    uint32_t last_event;    /* enum lh_event_type */
};

/* Locks born at the same place: one variable (array indexes taken away), or one birth stack. */
struct lh_class {
    const char *name; /* "accounts[].lock (bank.c:31)" */
    const char *key;  /* like name but without lines and addresses: stable across rebuilds */
    uint8_t kind;
    bool first_used; /* nobody saw it made: known by the place of its first use only */
    uint32_t birth_stack;
    uint32_t n_locks;
};

struct lh_segment {
    uint32_t id;     /* 0: an unused place of the table */
    uint32_t thread; /* uid */
    uint32_t n_parents;
    /* It is before all that began when it had ended, or later; `ended` 0: parents alone tell. */
    uint64_t began, ended;
    const uint32_t *parents; /* ids */
};

/* A function of interpreted code; stacks refer to it (LH_IS_PYTHON_PC). */
struct lh_code {
    const char *file, *function; /* NULL: an unused place of the table */
    uint32_t line;               /* the first */
};

/* A (thread, segment) in which a dependency occurred. */
struct lh_seen {
    uint32_t segment; /* id */
    uint32_t thread;  /* uid */
    uint64_t count;
};

struct lh_dep {
    uint32_t id; /* 0: an unused place of the table */
    struct lh_held wanted;
    struct lh_held *held; /* oldest first; none: a writer that readers may wait for (trace.h) */
    size_t n_held;
    const uint32_t *units; /* semaphores, each once: the thread had a unit of it */
    size_t n_units;
    struct lh_seen *seen;
    size_t n_seen;
};

/* A thread used a lock wrongly (trace/misuses.def). */
struct lh_misuse {
    uint32_t kind;          /* enum lh_misuse_kind */
    uint32_t thread, owner; /* uids; owner LH_NO_THREAD: nobody held the lock */
    uint32_t lock;          /* LH_NO_LOCK: it is about threads alone */
    uint32_t stack;         /* of the wrong call; LH_NO_STACK: the thread just ended */
    uint32_t owner_stack;   /* of the owner's acquisition */
    uint32_t depth;         /* how many times the owner had acquired it */
    uint32_t other;         /* trace/misuses.def: a condition, a thread */
    uint32_t owner_lock;    /* trace/misuses.def: the mutex that the owner waits with */
    uint64_t count;
    const uint32_t *stacks; /* ids; trace/misuses.def */
    size_t n_stacks;
};

/* The locks that a thread held at a memory access. */
struct lh_lockset {
    uint32_t id;          /* 0: an unused place of the table */
    struct lh_held *held; /* oldest first */
    size_t n_held;
};

/* A heap block in which a racing access lies. */
struct lh_block {
    uint32_t id;     /* 0: an unused place of the table */
    uint32_t thread; /* uid of who allocated it, or whose stack it is */
    uint32_t stack;  /* of its allocation */
    uint32_t kind;   /* enum lh_block_kind */
    uint64_t addr, size;
    uint64_t code, pc; /* struct lh_trace_block */
};

/* What a thread did to memory. */
struct lh_access {
    uint32_t thread; /* uid */
    uint32_t stack;
    uint32_t lockset; /* id; 0: it held no lock */
    uint32_t flags;   /* enum lh_access_flags */
    uint64_t addr, size;
};

/* Two accesses to the same memory, at least one of them a write. */
struct lh_race {
    uint32_t kind;  /* enum lh_race_kind */
    uint32_t block; /* id; 0: in no heap block that is known */
    struct lh_access earlier, later;
    uint64_t count;   /* how often this pair of places was seen */
    uint32_t guard;   /* lock that most accesses to this memory hold; LH_NO_LOCK: there is none */
    bool guard_ended; /* there was one, which has ended, and of which nothing else is known */
    uint32_t doubt;   /* enum lh_race_doubt */
    uint64_t reads, writes;                 /* of this memory since it is shared */
    uint64_t guarded_reads, guarded_writes; /* those of them under the guard */
};

/*
 * One process, that is one trace file. The tables are indexed by the numbers that the trace uses:
 * locks[lock index], stacks[stack id], segments[segment id], deps[dependency id],
 * locksets[lockset id], blocks[block id]; place 0 is unused. A number that is out of range or names
 * an unused place is answered by the lookups below with an empty object, so that damaged traces
 * need no checks elsewhere.
 */
struct lh_process {
    const char *path; /* of the trace file */
    uint32_t pid, ppid;
    bool forked, full;
    bool unknown_python; /* it runs a Python whose locks and stacks could not be seen */
    uint32_t state;      /* enum lh_state */
    uint64_t start_realtime;
    const char **argv;
    size_t argc;
    const char *tool_version;
    uint64_t counters[LH_COUNTERS];
    bool damaged;       /* the reader had to leave something out */
    const char *damage; /* one line saying what; NULL when not damaged */
    bool stalled;       /* somebody saw for a while that every thread waits */
    bool ended_by_us;   /* Lockhound ended it, as it hung or as its time was over */
    const char *doubt;  /* somebody saw that, but this may still wake one: one line; NULL: no */
    double ns_per_tick;

    struct lh_lock *locks;
    size_t n_locks;
    struct lh_class *classes;
    size_t n_classes; /* by lh_model_name_locks() */
    struct lh_stack *stacks;
    size_t n_stacks;
    struct lh_segment *segments;
    size_t n_segments;
    struct lh_dep *deps;
    size_t n_deps;
    struct lh_misuse *misuses;
    size_t n_misuses;
    struct lh_lockset *locksets;
    size_t n_locksets;
    struct lh_block *blocks;
    size_t n_blocks;
    struct lh_race *races;
    size_t n_races;
    struct lh_thread *threads;
    size_t n_threads; /* sorted by uid; not indexed by it */
    struct lh_module *modules;
    size_t n_modules;
    struct lh_code *codes; /* by id */
    size_t n_codes;
    struct lh_symbols *symbols; /* symbolize.c's own; lh_symbols_free() */
};

struct lh_model {
    struct lh_process **processes;
    size_t n_processes;
    struct lh_pool *pool; /* strings and arrays, freed with the model */
};

struct lh_model *lh_model_new(void);
void lh_model_free(struct lh_model *model);

/*
 * Read a trace file and add its process to the model. On error nothing is added and *ret_why, if
 * given, gets one line for people (static or in the model's pool). Errors: -ENOENT, -EACCES, ...
 * from the system, -EBADMSG not a trace, -EPROTONOSUPPORT written by an incompatible version.
 */
int lh_model_load(struct lh_model *model, const char *path, const char **ret_why);

/* Lookups that never fail: an unknown number gives an object whose fields are empty. */
const struct lh_lock *lh_process_lock(const struct lh_process *process, uint32_t index);
const struct lh_class *lh_process_class(const struct lh_process *process, uint32_t lock_index);
const struct lh_stack *lh_process_stack(const struct lh_process *process, uint32_t id);
const struct lh_thread *lh_process_thread(const struct lh_process *process, uint32_t uid);
const struct lh_segment *lh_process_segment(const struct lh_process *process, uint32_t id);
const struct lh_lockset *lh_process_lockset(const struct lh_process *process, uint32_t id);
const struct lh_block *lh_process_block(const struct lh_process *process, uint32_t id);

#endif
