/*
 * A process in which every thread waits without limit, and not for each other's locks: what stall.c
 * reports. Shared by stall*.c; nobody else includes it.
 *
 * A wait is *behind* a thread when it is for a lock which that thread holds, or for its end. What
 * is behind nobody is a root: a condition, a semaphore, a barrier, a lock whose holder is gone. The
 * roots are why nothing goes on.
 */
#ifndef LH_ANALYZER_STALL_H
#define LH_ANALYZER_STALL_H

#include "finding.h"
#include "model.h"
#include "pool.h"

#define LH_NOBODY UINT32_MAX

struct lh_stuck {
    uint32_t thread;   /* index in process->threads */
    uint32_t behind;   /* index of the thread that it is behind; LH_NOBODY: a root */
    uint32_t hold;     /* which of that thread's held locks; LH_NO_HOLD: waits_for.h */
    enum lh_kind kind; /* of a root: what it alone would be called */
};

struct lh_stall {
    const struct lh_process *process;
    struct lh_stuck *stuck; /* roots first, those that give the kind before the others */
    size_t n, n_roots;
};

/* n stays 0 when some thread runs, or waits with a limit. -ENOMEM. */
int lh_stall_init(struct lh_stall *stall, const struct lh_process *process);
void lh_stall_done(struct lh_stall *stall);

/* Somebody watched and saw that it stays so, if perhaps not for ever. */
static inline bool lh_stall_was_seen(const struct lh_process *process)
{
    return process->stalled || process->doubt;
}

/*
 * For a trace that nobody watched: no thread of it can have been about to go on when it ended, as
 * one that was signalled but had not run yet would be, and nobody outside can reach it.
 */
bool lh_stall_is_certain(const struct lh_stall *stall);

/* A thread that wants a lock which the one at the root holds; NULL: there is none. */
const struct lh_stuck *lh_stall_locked_out(const struct lh_stall *stall,
                                           const struct lh_stuck *root);
/* How many threads wait at a barrier. */
size_t lh_stall_arrived(const struct lh_stall *stall, uint32_t barrier);
/* The note of a thread that ended while it held the lock; NULL: there is none. */
const struct lh_misuse *lh_stall_gone_holder(const struct lh_process *process, uint32_t lock);
/* The last signal of a condition may have woken the waiter: it then waits for its mutex. */
bool lh_stall_may_be_woken(const struct lh_process *process, const struct lh_thread *waiter);
/* The waiter missed the last signal of its condition (stall_lost.c says how that is known). */
bool lh_stall_is_lost(const struct lh_process *process, const struct lh_thread *waiter);

/* What the last one who woke the waiter's condition did: "signalled", or "broadcast". */
const char *lh_stall_signalled(const struct lh_process *process, const struct lh_thread *waiter);

/* A semaphore that hands out places: who takes one gives it back, as far as can be seen. */
bool lh_stall_is_limit(const struct lh_process *process, uint32_t semaphore);

/* The sentences; NULL: out of memory, or (remedy) nothing to say. */
const char *lh_stall_lock_text(const struct lh_finding *finding, uint32_t lock);
const char *lh_stall_why(struct lh_pool *pool, const struct lh_finding *finding,
                         const struct lh_stall *stall, const struct lh_stuck *stuck);
const char *lh_stall_message(struct lh_pool *pool, const struct lh_finding *finding,
                             const struct lh_stall *stall);
const char *lh_stall_remedy(struct lh_pool *pool, const struct lh_finding *finding,
                            const struct lh_stall *stall);

#endif
