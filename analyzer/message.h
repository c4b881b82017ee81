/*
 * The sentences of findings about lock order: what happened or can happen, and what to change.
 * All text lies in the given pool; NULL: out of memory.
 */
#ifndef LH_ANALYZER_MESSAGE_H
#define LH_ANALYZER_MESSAGE_H

#include "finding.h"
#include "pool.h"

/* How often, and at how many places, a participant's order was seen. */
struct lh_order {
    uint64_t count;
    uint32_t places;
};

/* "worker" or "thread 3". */
const char *lh_thread_text(struct lh_pool *pool, const struct lh_process *process, uint32_t uid);

/* The lock's class name, or its own when another lock of the finding is of that class. */
const char *lh_lock_text(const struct lh_finding *finding, uint32_t lock);

/* For kind lock-order-inversion: participants and locks are filled in. */
const char *lh_inversion_message(struct lh_pool *pool, const struct lh_finding *finding);

/*
 * Which order wins, and where to change the other. orders[i] belongs to participant i, all of which
 * hold one lock of the cycle and want the next.
 */
const char *lh_order_remedy(struct lh_pool *pool, const struct lh_finding *finding,
                            const struct lh_order *orders);

#endif
