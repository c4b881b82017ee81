/*
 * What a thread waits for, visible in the trace while it waits.
 */
#ifndef LH_INTERPOSE_WAITS_H
#define LH_INTERPOSE_WAITS_H

#include "locks.h"
#include "self.h"

/* `other`: the mutex of a condition, the uid of a thread joined. */
void lh_wait_begin(struct lh_self *self, enum lh_wait_kind kind, struct lh_lock *lock,
                   uint32_t other, uint32_t stack, enum lh_hold_mode mode, uint32_t flags,
                   uint64_t now);

/* A wait for a condition is about to begin, or is over. `mutex` NULL: not recorded. */
void lh_wait_cond_begin(struct lh_self *self, struct lh_lock *cond, const struct lh_lock *mutex);
static inline void lh_wait_cond_end(struct lh_lock *cond)
{
    __atomic_fetch_sub(&cond->waiters, 1, __ATOMIC_RELAXED);
}

void lh_wait_end(struct lh_self *self);

#endif
