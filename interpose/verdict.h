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

/*
 * The thread is about to wait for a lock that was locked by another thread when the process forked.
 * When `stands` still says so after a while, do what the option on_deadlock says.
 */
void lh_verdict_never(struct lh_self *self, bool (*stands)(const void *data), const void *data);

/* Does the thread sleep in the kernel, as its wait would have it? Also true: it cannot be told. */
bool lh_verdict_is_in_its_wait(const struct lh_self *thread);

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
