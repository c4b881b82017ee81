/*
 * What the shim keeps for each thread. Reached through initial-exec TLS; only the thread itself
 * touches it, but for the fields that say otherwise.
 */
#ifndef LH_INTERPOSE_SELF_H
#define LH_INTERPOSE_SELF_H

#include <stdbool.h>
#include <stdint.h>

#include "site.h"
#include "trace.h"

struct lh_kept;
struct lh_lock;
struct lh_resting;
struct lh_shape;
struct lh_thread_kept;
struct lh_thread_node;

#define LH_LOCK_CACHE    256u /* at first; powers of two */
#define LH_STACK_CACHE   512u
#define LH_FRONTIER_MAX  16u
#define LH_UNITS_MAX     8u
#define LH_SAMPLE_PERIOD 16u /* one of so many uncontended holds is measured */

struct lh_self {
    uintptr_t
        guard;    /* not 0: inside the shim, what happens now is not recorded; the frame address of
                     the wrapper that entered it, so that one left by siglongjmp() can be told */
    uint32_t uid; /* of the thread in the trace */
    uint32_t n_held;
    uint32_t held_capacity;
    uint32_t held_locks_capacity;
    struct lh_trace_held *held;          /* in the trace file, oldest first */
    struct lh_lock **held_locks;         /* the same locks in the same order */
    struct lh_trace_thread *slot;        /* in the trace file */
    struct lh_trace_thread_info *record; /* in the trace file; NULL: nothing names the thread yet */
    uintptr_t stack_low, stack_high;     /* the thread's own stack; 0, 0 when unknown */
    uintptr_t lowest_stack_lock; /* lowest address of a lock in this stack, 0: look at the held set;
                                    other threads lower it, under the recorder lock */
    uint32_t sample;             /* uncontended acquisitions until the next measured one */
    uint32_t sample_period;      /* LH_SAMPLE_PERIOD; 1: measure all */
    bool full;                   /* record every event */
    uint64_t segment_key;        /* never used before by any thread: names the segment in caches */
    struct lh_lock_cached {
        uintptr_t addr;                /* 0: empty */
        struct lh_lock *lock;          /* that had this address */
    } * lock_cache;                    /* lock_cache.h: lock_cache_first, or a bigger one */
    uint32_t lock_mask;                /* entries of it, less 1 */
    uint32_t lock_misses;              /* since it has this size */
    struct lh_trace_counts *dep_lines; /* dep_table.h; in the trace file */
    uint32_t dep_mask;                 /* lines of it, less 1 */
    uint32_t dep_learnt, dep_evicted;  /* put into it, and driven out by others in this segment */
    uint32_t dep_turn;                 /* whose turn it is to be driven out */
    uint64_t units_key;                /* hash of the units; 0: none */
    /* segments.c, under the recorder lock: */
    uint32_t segment; /* id of the current segment once recorded */
    uint32_t n_frontier;
    uint32_t frontier[LH_FRONTIER_MAX]; /* recorded segments that happened before this one and are
                                           not before each other */
    uint64_t received;                  /* when another thread's past was taken over last */
    uint64_t last_kept;                 /* when the last kept segment before this one had ended */
    struct lh_kept *kept;               /* the current segment, if it may be recorded later */
    struct lh_thread_kept *kept_thread; /* thread_nodes.c: what may outlive this; NULL: nothing */
    struct lh_lock *stack_locks;        /* locks in this stack; under the recorder lock */
    struct lh_thread_node *node;
    struct lh_lock *wait_lock; /* while the slot's wait_kind says that it waits for one; lh_no_lock:
                                  one that is not recorded */
    uint32_t released_lock;    /* index of the exclusive one that it released last, or LH_NO_LOCK */
    uint64_t released_uses;    /* acquisitions of that one until then */
    struct lh_lock *wait_mutex; /* condition: that it waits with */
    uint64_t wait_signals;      /* condition: signals seen when the wait began */
    bool awaited;               /* another thread joins it, or has; set by that one; atomic */
    uint32_t walk;              /* verdict.c: number of the last walk that came by */
    uint32_t judged_wait;       /* verdict.c: number of the wait that a verdict named */
    struct lh_self *walk_from, *walk_next;
    struct lh_trace_event *events_begin;        /* --full: the current extent */
    struct lh_trace_event *events, *events_end; /* --full: where the next event goes */
    uint32_t event_extents;
    struct lh_self *uid_next;   /* of the same uid bucket; under the recorder lock */
    struct lh_self *next;       /* all threads, or the free list; under the recorder lock */
    struct lh_resting *resting; /* resting.c; NULL: it began and ended no lock without the recorder
                                   lock */
    bool is_resting;            /* resting.c: it is about to, and may not be left now */
    struct lh_python_thread *python; /* NULL: never in Python code that locks */
    bool live;
    uint32_t n_units;
    struct lh_unit {
        struct lh_lock *semaphore;
        uint64_t uid; /* of the instance */
        uint32_t stack;
    } units[LH_UNITS_MAX]; /* units.h */

    struct lh_lock_cached lock_cache_first[LH_LOCK_CACHE];
    struct lh_stack_cache {
        uintptr_t sp;
        const struct lh_shape *shape;
    } stack_cache[LH_STACK_CACHE], last_walk;
};

extern __thread struct lh_self *lh_self __attribute__((tls_model("initial-exec")));

/* For lh_enter(): begin the thread, or find that it is inside the shim or gone. */
struct lh_self *lh_enter_slow(uintptr_t frame);

/*
 * Start bookkeeping. NULL: leave this call unrecorded (the shim is at work in this very thread, or
 * the thread is past its end). Pairs with lh_leave().
 */
static inline struct lh_self *lh_enter(void)
{
    struct lh_self *self = lh_self;
    uintptr_t frame = (uintptr_t)__builtin_frame_address(0);
    if (__builtin_expect(!self || self->guard, 0))
        return lh_enter_slow(frame);
    self->guard = frame;
    /* A signal handler of this thread must see the guard before anything else changes. */
    __atomic_signal_fence(__ATOMIC_SEQ_CST);
    return self;
}

static inline void lh_leave(struct lh_self *self)
{
    __atomic_signal_fence(__ATOMIC_SEQ_CST);
    self->guard = 0;
}

/*
 * Begin a thread that pthread_create() started: its creator's node says who it is. `sp`: everything
 * of the thread's own lies below. Called outside the shim's guard.
 */
struct lh_self *lh_self_begin(struct lh_thread_node *node, uintptr_t stack_low,
                              uintptr_t stack_high);

/*
 * A uid that no thread has had, for one that is about to be created: who joins it before it begins
 * can name it. Under the recorder lock.
 */
uint32_t lh_self_new_uid(void);

/* Is the calling thread past its end, or was there no room to begin it? It holds no lock of the
 * shim. */
bool lh_self_is_gone(void);

/* Any live thread whose stack holds this address; NULL: none known. Under the recorder lock. */
struct lh_self *lh_self_of_stack(uintptr_t address);

/* The live thread with this uid; NULL: none. Under the recorder lock. */
struct lh_self *lh_self_of_uid(uint32_t uid);
/* All live threads, linked by `next`. Under the recorder lock. */
struct lh_self *lh_self_all(void);

/* Make room for one more held lock. false: no room, the lock stays unrecorded. */
bool lh_self_grow_held(struct lh_self *self);

/* The calling thread ends: leave its past to its joiner, and give its state back. */
void lh_self_end(void);

/* Is the calling thread at work in the shim, or was when a signal handler interrupted it? */
bool lh_self_is_inside(void);

/* Note what the thread holds, for lh_self_forked() in the child; and forget it in the parent. */
void lh_self_before_fork(struct lh_self *self);
void lh_self_after_fork(void);

/* In a forked child, where only the calling thread is left: begin it anew, with what it holds. */
void lh_self_forked(void);

/* Nothing that the calling thread does is recorded from now on. */
void lh_self_leave_for_good(void);

#endif
