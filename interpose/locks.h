/*
 * Instances of locks: what is known of one, and how it begins and ends: under the recorder lock, or
 * without it where an earlier one rests (resting.h). Looking one up is lock-free (lock_table.h).
 */
#ifndef LH_INTERPOSE_LOCKS_H
#define LH_INTERPOSE_LOCKS_H

#include <stdbool.h>
#include <stdint.h>

#include "lock_cache.h"
#include "self.h"
#include "trace.h"

struct lh_dep;
struct lh_dep_use;
struct lh_freed;
struct lh_frontier;

struct lh_lock {
    uintptr_t addr;             /* 0: ended; atomic */
    struct lh_trace_lock *slot; /* in the trace file */
    uint32_t index;
    uint32_t owner;   /* uid of the thread that holds it exclusively; written by the holder */
    uint32_t readers; /* atomic */
    uint8_t kind;     /* enum lh_lock_kind */
    bool ended;
    bool released; /* on the free list */
    bool named;    /* a record that stays names its slot */
    uint64_t uid;
    struct lh_lock *next;                     /* of the same hash bucket, or on the free list */
    struct lh_lock *grain_next, **grain_link; /* of the same grain of memory */
    struct lh_lock *stack_next, **stack_link; /* in the same thread's stack; or parked together */
    struct lh_dep *wanted;                    /* dependencies that want it */
    struct lh_dep_use *held;                  /* dependencies that hold it */
    struct lh_lock *trim_next; /* waits to be looked at by the trimming of ended locks */
    bool trim_queued;
    bool is_source;                               /* ended, and nothing leads into it any more */
    uint32_t purge;                               /* held.c: number of the last purge that met it */
    struct lh_trace_name *name;                   /* in the trace file; NULL: none */
    struct lh_trace_times *times[LH_TIMES_KINDS]; /* in the trace file; NULL: none yet; atomic */
    struct lh_trace_waker *waker; /* in the trace file; NULL: nobody signalled or posted; atomic */
    uint32_t unit_uses;           /* semaphore: dependencies with a unit of it */
    uint32_t waiters;             /* condition: threads that wait for it; atomic */
    uint32_t wait_mutex;          /* condition: index of the mutex last waited with; atomic */
    uint32_t dead_owner;          /* robust: the thread that ended with it, where it had taken it */
    uint32_t dead_stack;
    bool used_destroyed; /* noted as used after its destroy call */
    bool scoped;         /* who holds it will release it itself: LH_ATTEMPT_SCOPED; by the holder */
    uintptr_t python_object; /* the object of Python code that it belongs to; 0: none */
    uintptr_t python_rlock;  /* RLock object that it is the lock of; 0: not known */
    uint32_t python_depth; /* RLock: how often it is taken by the thread that ends; 0: not known */
    struct lh_frontier *python_past; /* LH_PYTHON_THREAD_END: of the thread, at its end */
    /* resting.h: */
    uintptr_t home; /* the address at which it stands in the table, also while it rests; atomic */
    uint32_t life;  /* enum lh_life; atomic */
    uint32_t rests; /* how often it began to rest */
    uint32_t rest_place;                    /* where the thread that put it to rest remembers it */
    bool destroyed;                         /* it rests since a destroy call ... */
    uint32_t destroy_thread, destroy_stack; /* ... by this thread, there, */
    uint64_t destroy_print;                 /* and then the object looked like this */
};

/* Stands in empty cache places: no lock has address 0. */
extern struct lh_lock lh_no_lock;

/*
 * The instance at an address, begun if need be: with the flags that the object itself shows and
 * `stack` as its birth. NULL: it cannot be recorded. For lh_lock_of().
 */
struct lh_lock *lh_lock_find(struct lh_self *self, const void *object, enum lh_lock_kind kind,
                             uint32_t stack);

static inline struct lh_lock *lh_lock_of(struct lh_self *self, const void *object,
                                         enum lh_lock_kind kind, uint32_t stack)
{
    uintptr_t addr = (uintptr_t)object;
    const struct lh_lock_cached *cached = lh_lock_cached(self, addr);
    struct lh_lock *lock = cached->lock;

    if (__builtin_expect(cached->addr == addr, 1) &&
        __builtin_expect(
            __atomic_load_n(&lock->addr, __ATOMIC_RELAXED) == addr && lock->kind == kind, 1))
        return lock;
    return lh_lock_find(self, object, kind, stack);
}

/* So many numbers for instances, never used before: the first of them. Any thread. */
uint64_t lh_lock_new_uids(uint32_t count);

/* What rested is over (its counters are counted already). Under the recorder lock. */
void lh_lock_leave_table(struct lh_lock *lock);

/* What the object itself tells of its type: enum lh_lock_flags. */
uint32_t lh_lock_flags_of(const void *object, enum lh_lock_kind kind);

/* The instance at an address if there is one. NULL: none. */
struct lh_lock *lh_lock_known(const void *object);
/* The same under the recorder lock. */
struct lh_lock *lh_lock_known_locked(const void *object);

/*
 * An init call: whatever was there before has ended. `flags` are added to those that the object
 * shows; `initial`: the value of a semaphore, the count of a barrier. Call it after the real init
 * call. Returns the index; LH_NO_LOCK: it cannot be recorded.
 */
uint32_t lh_lock_begin(struct lh_self *self, const void *object, enum lh_lock_kind kind,
                       uint32_t flags, uint64_t initial, uint32_t stack);

/* Give a lock a name for the reports (named semaphores). */
void lh_lock_name(struct lh_lock *lock, const char *name);

/* A destroy call: the instance, if there is one, has ended. */
void lh_lock_end(const void *object);
/* The same under the recorder lock. */
void lh_lock_end_locked(const void *object);

/* An instance ends, and leaves the table. Under the recorder lock. */
void lh_lock_over(struct lh_lock *lock);
/* The same of one that is in no table any more. */
void lh_lock_gone(struct lh_lock *lock);

/* Nothing uses an ended instance any more: fold its counters away. Under the recorder lock. */
void lh_lock_release(struct lh_lock *lock);

void lh_locks_forked(void);

#endif
