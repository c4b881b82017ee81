/*
 * The shape of every wrapper that takes a lock:
 *
 *     struct lh_op op;
 *     if (!lh_begin(&op, mutex, LH_LOCK_MUTEX, LH_MODE_EXCLUSIVE, 0, LH_SITE()))
 *         return lh_real.pthread_mutex_lock(mutex);             unrecorded
 *     int result = lh_real.pthread_mutex_trylock(mutex);        the attempt is noted by now
 *     if (result == EBUSY) {
 *         struct lh_block block LH_BLOCK(&op);                  the wait is visible in the trace
 *         result = lh_real.pthread_mutex_lock(mutex);
 *         lh_unblock(&op, &block);
 *     }
 *     return lh_end(&op, result == 0, result);
 *
 * Nothing here changes errno. A thread that is cancelled or leaves by an exception while it blocks
 * is cleaned up after by LH_BLOCK. The op itself must not escape into a function that is not
 * inlined: then the compiler keeps it in registers.
 */
#ifndef LH_INTERPOSE_OP_H
#define LH_INTERPOSE_OP_H

#include "account.h"
#include "deps.h"
#include "events.h"
#include "held.h"
#include "locks.h"
#include "misuse.h"
#include "race.h"
#include "python.h"
#include "stacks.h"
#include "waits.h"

/* The wrappers' common part, in each of them: no call, no struct in memory. */
#define LH_HOT static inline __attribute__((always_inline))

struct lh_op {
    struct lh_self *self;
    struct lh_lock *lock; /* NULL: it cannot be recorded */
    const void *object;
    uint32_t stack;
    uint8_t mode;    /* enum lh_hold_mode */
    uint8_t flags;   /* enum lh_attempt_flags */
    uint64_t waited; /* ticks; 0: did not wait */
    uint64_t now;    /* when the wait ended */
};

/* While a thread blocks, outside the guard. */
struct lh_block {
    struct lh_self *self; /* NULL: it blocks no longer */
    uint64_t since;
    uint64_t lock_uid; /* of the instance waited for, 0: none */
};

/*
 * The thread waits for what `kind` says from here on (waits.h); leaves the shim. When this closes a
 * deadlock, it does not return but under on_deadlock=report. `lock` may be NULL.
 */
struct lh_block lh_block_begin(struct lh_self *self, enum lh_wait_kind kind, struct lh_lock *lock,
                               uint32_t other, uint32_t stack, uint32_t mode_and_flags);
/* Back in the shim; returns how long it waited, at least 1, and when that ended. */
uint64_t lh_block_end(struct lh_block *block, uint64_t *ret_now);
/* Cancelled, or left by an exception. */
void lh_block_abandon(struct lh_block *block);

static inline void lh_block_cleanup(struct lh_block *block)
{
    if (__builtin_expect(block->self != NULL, 0))
        lh_block_abandon(block);
}

static inline struct lh_block lh_block(const struct lh_op *op)
{
    return lh_block_begin(op->self, LH_WAIT_LOCK, op->lock, 0, op->stack,
                          (uint32_t)op->mode << 8 | op->flags);
}
#define LH_BLOCK_CLEANUP __attribute__((cleanup(lh_block_cleanup)))
#define LH_BLOCK(op)     LH_BLOCK_CLEANUP = lh_block(op)

static inline void lh_unblock(struct lh_op *op, struct lh_block *block)
{
    uint64_t now;
    op->waited = lh_block_end(block, &now);
    op->now = now;
    /* Whoever woke this thread may have ended the object by now, and another begun in its place. */
    if (op->lock && (op->lock->ended || op->lock->uid != block->lock_uid))
        op->lock = NULL;
}

/* Frames of this thread have ended, or another thread released a lock of it. */
void lh_catch_up(struct lh_self *self, struct lh_site site);

/* The stack of a call that Python code may be behind: then it is the stack of that code. */
static inline uint32_t lh_stack_of_any(struct lh_self *self, struct lh_site site)
{
    uint32_t stack = LH_NO_STACK;

    if (__builtin_expect(lh_python_asks(site), 0))
        stack = lh_python_stack(self);
    return stack ? stack : lh_stack_of(self, site);
}

/* Enter the shim and find out who, where and what. false: leave the call unrecorded. */
LH_HOT bool lh_begin_any(struct lh_op *op, const void *object, enum lh_lock_kind kind,
                         struct lh_site site)
{
    struct lh_self *self = lh_enter();

    if (__builtin_expect(!self, 0))
        return false;
    op->self = self;
    op->object = object;
    op->waited = 0;
    op->now = 0;
    /* Relaxed: another thread lowers it for a lock in our stack that it was shown by us. */
    if (__builtin_expect(site.sp > __atomic_load_n(&self->lowest_stack_lock, __ATOMIC_RELAXED), 0))
        lh_catch_up(self, site);
    op->stack = kind == LH_LOCK_SEMAPHORE ? lh_stack_of_any(self, site) : lh_stack_of(self, site);
    op->lock = lh_lock_of(self, object, kind, op->stack);
    /* Its counters are written when the lock is taken, after an atomic operation that lets nothing
     * pass: have them come before that. */
    if (op->lock)
        __builtin_prefetch(&op->lock->slot->acquisitions, 1);
    return true;
}

/* The same for an attempt to take a lock: what depends on what is noted before it may block. */
LH_HOT bool lh_begin(struct lh_op *op, const void *object, enum lh_lock_kind kind,
                     enum lh_hold_mode mode, uint32_t flags, struct lh_site site)
{
    if (!lh_begin_any(op, object, kind, site))
        return false;
    op->mode = (uint8_t)mode;
    op->flags = (uint8_t)flags;
    if (op->lock && !(flags & LH_ATTEMPT_TRY))
        lh_dep_note(op->self, op->lock, op->stack, mode, flags);
    return true;
}

/* A recursive mutex that this thread holds already. */
void lh_acquired_again(struct lh_self *self, const struct lh_lock *lock, uint32_t stack,
                       uint32_t flags);
/* A recursive mutex that it goes on to hold; `kind` 0: a condition wait. */
void lh_released_one(struct lh_self *self, struct lh_trace_held *held, enum lh_lock_kind kind);

/* Account for an acquisition and add it to the held set. */
LH_HOT void lh_account_acquired(struct lh_op *op)
{
    struct lh_self *self = op->self;
    struct lh_lock *lock = op->lock;
    uint64_t since = 0;

    if (__builtin_expect(!lock, 0))
        return;
    if (op->flags & LH_ATTEMPT_TRY)
        lh_dep_note(self, lock, op->stack, op->mode, op->flags);
    if (op->mode == LH_MODE_EXCLUSIVE) {
        if (__builtin_expect(lock->owner == self->uid, 0)) {
            lh_acquired_again(self, lock, op->stack, op->flags);
            return;
        }
        /* Plain: we hold the lock. Others compare it with their own uid only. */
        __atomic_store_n(&lock->owner, self->uid, __ATOMIC_RELAXED);
        lock->slot->acquisitions++;
    } else {
        __atomic_fetch_add(&lock->slot->acquisitions_shared, 1, __ATOMIC_RELAXED);
        if (self->n_held && lh_held_again(self, lock))
            return;
        __atomic_fetch_add(&lock->readers, 1, __ATOMIC_RELAXED);
    }
    if (__builtin_expect(op->waited != 0, 0)) {
        since = op->now;
        lh_wait_account(lock, op->waited, op->stack);
    } else if (--self->sample == 0) {
        self->sample = self->sample_period;
        since = lh_now();
    }
    lh_held_push(self, lock, op->stack, op->mode, op->flags, since);
    lh_event(self, op->mode == LH_MODE_SHARED ? LH_EVENT_ACQUIRE_SHARED : LH_EVENT_ACQUIRE,
             lock->index, op->stack, since);
}

/* The same, and what it means for the order of accesses. */
LH_HOT void lh_acquired(struct lh_op *op)
{
    lh_account_acquired(op);
    if (lh_racing())
        lh_race_lock_acquired(op->object, op->mode == LH_MODE_SHARED);
}

/* The call came back without the lock, for the reason that `result` says. */
void lh_refused(struct lh_self *self, struct lh_lock *lock, uint32_t stack, int result);

/* Leave the shim; `acquired`: the call took the lock. Returns `result`. */
LH_HOT int lh_end(struct lh_op *op, bool acquired, int result)
{
    if (acquired)
        lh_acquired(op);
    else if (op->lock)
        lh_refused(op->self, op->lock, op->stack, result);
    lh_leave(op->self);
    return result;
}

/* What lh_release() took out of the held set: what is needed when the real call fails. */
struct lh_released {
    struct lh_lock *lock; /* NULL: nobody was known to hold it */
    uint32_t foreign;     /* uid of the other thread that held it; 0: this one did */
    uint32_t stack;
    uint8_t mode;
    uint8_t flags;
};

/* This thread does not hold it: whoever did, does so no longer. */
struct lh_released lh_release_foreign(const void *object);

/*
 * A lock is about to be released: take it out of the held set. When it is not there and `kind` is
 * not 0, that is looked at as a misuse.
 */
LH_HOT struct lh_released lh_release(struct lh_self *self, const void *object,
                                     enum lh_lock_kind kind, struct lh_site site)
{
    uint32_t n = self->n_held;
    int i = __builtin_expect(n && self->held_locks[n - 1]->addr == (uintptr_t)object, 1)
                ? (int)n - 1
                : lh_held_find(self, object);

    if (lh_racing())
        lh_race_lock_releasing(object, i >= 0 && self->held[i].mode == LH_MODE_SHARED);
    if (__builtin_expect(i < 0, 0)) {
        if (kind)
            lh_misuse_unlock(self, object, kind, site);
        return lh_release_foreign(object);
    }
    struct lh_trace_held *held = &self->held[i];
    struct lh_lock *lock = self->held_locks[i];
    struct lh_released released = {
        .lock = lock,
        .stack = held->stack,
        .mode = held->mode,
        .flags = held->flags,
    };
    uint64_t now = 0;
    if (held->depth > 1) {
        lh_released_one(self, held, kind);
        return released;
    }
    if (held->since) {
        now = lh_now();
        lh_hold_account(lock, held, now);
        if (__builtin_expect(lock->slot->flags & LH_LOCK_ROBUST, 0))
            lh_misuse_unlock_robust(self, lock, site);
    }
    if (held->mode == LH_MODE_EXCLUSIVE) {
        self->released_lock = lock->index;
        self->released_uses = lock->slot->acquisitions;
        __atomic_store_n(&lock->owner, LH_NO_THREAD, __ATOMIC_RELAXED);
    } else {
        __atomic_fetch_sub(&lock->readers, 1, __ATOMIC_RELAXED);
    }
    lh_event(self, LH_EVENT_RELEASE, lock->index, held->stack, now);
    if ((uint32_t)i == n - 1)
        lh_held_pop(self);
    else
        lh_held_remove(self, (uint32_t)i);
    return released;
}

/* The real call refused, so the lock is held still; or it released a lock of another thread. */
void lh_release_unusual(struct lh_self *self, struct lh_released released, bool done);

/* Leave the shim; `done`: the real call released the lock. Returns `result`. */
LH_HOT int lh_release_end(struct lh_self *self, const struct lh_released *released, bool done,
                          int result)
{
    if (__builtin_expect(!done || released->foreign, 0))
        lh_release_unusual(self, *released, done);
    lh_leave(self);
    return result;
}

/* An init call that succeeded, and a destroy call that did. */
void lh_begin_counted(const void *object, enum lh_lock_kind kind, uint32_t flags, uint64_t initial,
                      struct lh_site site);
static inline void lh_begin_object(const void *object, enum lh_lock_kind kind, uint32_t flags,
                                   struct lh_site site)
{
    lh_begin_counted(object, kind, flags, 0, site);
}
void lh_end_object(const void *object, enum lh_lock_kind kind, struct lh_site site);
/* It is gone without a destroy call. */
void lh_forget_object(const void *object);
/* Before the real destroy call: is it held? */
void lh_destroying(const void *object, enum lh_lock_kind kind, struct lh_site site);
/* Before the real init call: is one held there? */
void lh_initializing(const void *object, enum lh_lock_kind kind, struct lh_site site);

#endif
