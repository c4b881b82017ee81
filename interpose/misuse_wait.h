/*
 * Wrong ways to wait: for a condition without its mutex, or with another one than others use, for a
 * thread that cannot end.
 */
#ifndef LH_INTERPOSE_MISUSE_WAIT_H
#define LH_INTERPOSE_MISUSE_WAIT_H

#include "misuse.h"

struct lh_thread_node;

/* For lh_misuse_wait(): something about the wait is not as usual. */
void lh_misuse_wait_look(struct lh_self *self, struct lh_lock *cond, struct lh_lock *mutex,
                         uint32_t stack, uint32_t flags);

/* A condition wait begins, the mutex is not released yet. `cond` may be NULL. */
static inline void lh_misuse_wait(struct lh_self *self, struct lh_lock *cond, struct lh_lock *mutex,
                                  uint32_t stack, uint32_t flags)
{
    uint32_t n = self->n_held;

    self->wait_mutex = mutex;
    if (cond)
        self->wait_signals = __atomic_load_n(&cond->slot->acquisitions_shared, __ATOMIC_RELAXED);
    if (n && self->held_locks[n - 1] == mutex && self->held[n - 1].depth == 1 && cond &&
        __atomic_load_n(&cond->wait_mutex, __ATOMIC_RELAXED) == mutex->index)
        return;
    lh_misuse_wait_look(self, cond, mutex, stack, flags);
}

/* A join begins with locks held: whether it is wrong is judged in the analyzer. Under the recorder
 * lock. */
void lh_misuse_join(struct lh_self *self, const struct lh_thread_node *node, uint32_t stack);

/* A join was refused with EDEADLK. `node`: whom it joins, NULL: unknown. */
void lh_misuse_join_refused(struct lh_self *self, const struct lh_thread_node *node,
                            uint32_t stack);

#endif
