/*
 * The set of locks that a thread holds, oldest first. It lies in the trace file, so that it is
 * known there whatever becomes of the process.
 */
#ifndef LH_INTERPOSE_HELD_H
#define LH_INTERPOSE_HELD_H

#include "deps.h"
#include "locks.h"
#include "self.h"

/*
 * Take out entries that no longer hold: a mutex that another thread released, a semaphore that
 * turned out to be a signal, a lock that was freed. Each lock is in the set once then. Changes
 * n_held. Under the recorder lock.
 */
void lh_held_purge(struct lh_self *self);

/* Another thread released a lock of the thread with this uid: it is to purge its set. */
void lh_held_tell(uint32_t uid);

/* Take out entry i. */
void lh_held_remove(struct lh_self *self, uint32_t i);

/* Held already: count the recursion. false: it is not held. */
bool lh_held_again(struct lh_self *self, const struct lh_lock *lock);

/* Index of the newest entry of the lock, or -1. */
int lh_held_index(const struct lh_self *self, const struct lh_lock *lock);

static inline bool lh_held_has(const struct lh_self *self, const struct lh_lock *lock)
{
    return lh_held_index(self, lock) >= 0;
}

/* Index of the newest entry for the object, or -1. */
static inline int lh_held_find(const struct lh_self *self, const void *object)
{
    for (uint32_t i = self->n_held; i-- > 0;) {
        if (self->held_locks[i]->addr == (uintptr_t)object)
            return (int)i;
    }
    return -1;
}

/* Add a lock. false: no room; it is not in the set then. */
static inline bool lh_held_push(struct lh_self *self, struct lh_lock *lock, uint32_t stack,
                                enum lh_hold_mode mode, uint32_t flags, uint64_t since)
{
    uint32_t n = self->n_held;

    if (__builtin_expect(n == self->held_capacity, 0) && !lh_self_grow_held(self))
        return false;
    uint64_t prefix = lh_held_prefix(n ? self->held[n - 1].prefix : 0, lock, stack, mode);
    /* What is wanted next is looked for there. */
    __builtin_prefetch(lh_dep_near(self, prefix ^ self->segment_key), 1);
    self->held_locks[n] = lock;
    self->held[n] = (struct lh_trace_held){
        .lock = lock->index,
        .stack = stack,
        .depth = 1,
        .mode = (uint8_t)mode,
        .flags = (uint8_t)flags,
        .since = since,
        .prefix = prefix,
    };
    self->n_held = n + 1;
    /* Release: a reader of the trace that sees the count sees the entry. */
    __atomic_store_n(&self->slot->held_count, n + 1, __ATOMIC_RELEASE);
    return true;
}

static inline void lh_held_pop(struct lh_self *self)
{
    self->n_held--;
    __atomic_store_n(&self->slot->held_count, self->n_held, __ATOMIC_RELEASE);
}

#endif
