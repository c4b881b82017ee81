/*
 * Locks that begin and end without the recorder lock.
 *
 * Programs that make and end objects with a lock in them by the million do so at the same addresses
 * again and again. So an instance that ends with nothing attached to it (no dependency, no record
 * that names it) stays in the table where it is, and rests: its counters are counted in a sum of
 * the thread's own, its slot in the trace is free. The next instance at that address, of whichever
 * thread, begins in its place, as one of its own: with a new number and all counters zero.
 *
 * Each step is one that `life` allows to one thread: to and from LH_LIFE_BUSY by compare and
 * exchange. What the recorder lock protects elsewhere is attached to a lock only after
 * lh_lock_keep(), under the recorder lock; then it ends under that lock, too.
 *
 * A thread remembers LH_RESTS locks that it put to rest; the oldest of them makes room for another
 * one, and leaves the table if it still rests.
 */
#ifndef LH_INTERPOSE_RESTING_H
#define LH_INTERPOSE_RESTING_H

#include "destroyed.h"
#include "lock_table.h"
#include "locks.h"
#include "self.h"

#define LH_RESTS 1024u /* a power of two */

enum lh_life {
    LH_LIFE_LIVE,    /* begins so */
    LH_LIFE_KEPT,    /* live, and something is attached to it */
    LH_LIFE_BUSY,    /* a thread puts it to rest, or wakes it */
    LH_LIFE_RESTING, /* ended; the next one at its address may begin in its place */
    LH_LIFE_OVER,    /* ended under the recorder lock */
};

/* Acquire pairs with the releases in resting.c: all that the last one did is done. */
static inline bool lh_is_resting(const struct lh_lock *lock)
{
    return __atomic_load_n(&lock->life, __ATOMIC_ACQUIRE) == LH_LIFE_RESTING;
}

/* `lock` may be NULL, or be given to another address meanwhile: so its life is read first. */
static inline bool lh_rests_at(const struct lh_lock *lock, uintptr_t addr)
{
    return lock && lh_is_resting(lock) && __atomic_load_n(&lock->home, __ATOMIC_RELAXED) == addr;
}

/* What stands at an address, as lh_lock_at() says; at hand where this thread used it last. */
static inline struct lh_lock *lh_lock_near(const struct lh_self *self, uintptr_t addr)
{
    struct lh_lock *lock = lh_lock_cached_at(self, addr);

    if (__builtin_expect(lock && __atomic_load_n(&lock->home, __ATOMIC_RELAXED) == addr &&
                             __atomic_load_n(&lock->life, __ATOMIC_RELAXED) != LH_LIFE_OVER,
                         1))
        return lock;
    return lh_lock_at(addr);
}

/*
 * Something is about to be attached to the lock, or to name its slot. false: it has ended just now,
 * and its place may be another's. Under the recorder lock.
 */
bool lh_lock_keep(struct lh_lock *lock);

/* It ends under the recorder lock. false: it has ended already. */
bool lh_life_over(struct lh_lock *lock);

/*
 * It has ended, at `addr`: put it to rest. `by`: the destroy call, NULL if there was none. false:
 * it must end under the recorder lock, or there is no such lock any more.
 */
bool lh_rest(struct lh_self *self, struct lh_lock *lock, uintptr_t addr,
             const struct lh_destroyed *by);

/* Put all to rest in memory that ends. false: what is left must end under the recorder lock. */
bool lh_rest_range(struct lh_self *self, uintptr_t start, uintptr_t size);

/* An instance begins, as for lh_lock_begin(). NULL: not without the recorder lock. */
struct lh_lock *lh_rest_wake(struct lh_self *self, const void *object, enum lh_lock_kind kind,
                             uint32_t flags, uint64_t initial, uint32_t stack);

/* ---- under the recorder lock ---- */

/* Nothing rests at the address any more, but something may live there. false: a thread is at work
 * on it that does not come back. */
bool lh_rest_settle(uintptr_t addr);

/* The object is no more: what is used there is another one. */
void lh_rest_forget_destroyed(struct lh_lock *lock);

/* The thread ends: what it put to rest leaves the table, its sums go to those of the process. */
void lh_rest_thread_end(struct lh_self *self);

void lh_rests_forked(void);

#endif
