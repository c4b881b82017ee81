/*
 * Who waits for whom at the end of a trace: a graph of the threads that are in an untimed wait,
 * with an edge to every live thread that must act first. A thread that wants to write waits for all
 * readers, so it is stuck if any of them is: every cycle of this graph is a deadlock.
 */
#ifndef LH_ANALYZER_WAITS_FOR_H
#define LH_ANALYZER_WAITS_FOR_H

#include "model.h"

#define LH_NO_HOLD UINT32_MAX

/* threads[from] waits for threads[to] (indexes into lh_process.threads). */
struct lh_wait_edge {
    uint32_t from, to;
    uint32_t hold; /* what `to` holds of it: index in its held set; LH_NO_HOLD: it is joined, a
                      writer that waits and lets no more readers in, or at the initialization of
                      a static variable */
};

struct lh_waits_for {
    struct lh_wait_edge *edges; /* sorted by from; from != to */
    size_t n, capacity;
    struct lh_wait_edge *selves; /* threads that wait for what they hold themselves: from == to */
    size_t n_selves, selves_capacity;
};

/*
 * Was it a lock so far? Of a semaphore: it began with 1, whoever took it gave it back, and that
 * happened at least once, or it could not have been taken twice. Python's Lock is one until another
 * thread has released it. The numbers are those of a lock in the model or in a trace.
 */
bool lh_was_lock(uint32_t kind, uint32_t flags, uint64_t acquisitions);

/* -ENOMEM. */
int lh_waits_for_init(struct lh_waits_for *graph, const struct lh_process *process);
void lh_waits_for_done(struct lh_waits_for *graph);

#endif
