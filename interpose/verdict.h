/*
 * Live verdicts: the thread whose wait closes a deadlock finds it, at once.
 *
 * A thread that is about to block without a time limit has published what it waits for (waits.h)
 * and walks from there: lock waited for -> threads that hold it -> what those wait for. When the
 * walk comes back to it, and further looks find every wait and every holder as the first did, the
 * cycle stands: each thread in it has been in one and the same wait since, so none can have
 * released anything. Threads that hold nothing and that nobody joins close no cycle and do not
 * look.
 */
#ifndef LH_INTERPOSE_VERDICT_H
#define LH_INTERPOSE_VERDICT_H

#include "locks.h"
#include "self.h"

/* Look, and when this wait closes a deadlock do what the option on_deadlock says. */
void lh_verdict_check(struct lh_self *self);

/* Is it worth looking? After the wait was published. */
static inline bool lh_may_close_deadlock(const struct lh_self *self, enum lh_wait_kind kind,
                                         uint32_t flags)
{
    if (flags & (LH_ATTEMPT_TIMED | LH_ATTEMPT_TRY))
        return false;
    if (kind != LH_WAIT_LOCK && kind != LH_WAIT_ONCE && kind != LH_WAIT_JOIN)
        return false;
    /* Pairs with the recorder lock that a joiner takes between marking this thread and looking at
     * its wait: one of the two sees the other. */
    __atomic_thread_fence(__ATOMIC_SEQ_CST);
    return self->n_held || __atomic_load_n(&self->awaited, __ATOMIC_RELAXED);
}

#endif
