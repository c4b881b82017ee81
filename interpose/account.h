/*
 * How long a lock was waited for and held: the counters of its slot in the trace. Any thread.
 */
#ifndef LH_INTERPOSE_ACCOUNT_H
#define LH_INTERPOSE_ACCOUNT_H

#include "locks.h"

/* Add a finished wait, in ticks; `stack` is that of the thread that waited. */
void lh_wait_account(struct lh_lock *lock, uint64_t waited, uint32_t stack);

/* Add a hold whose begin was measured (held->since) and that ends now. */
void lh_hold_account(struct lh_lock *lock, const struct lh_trace_held *held, uint64_t now);

#endif
