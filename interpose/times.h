/*
 * How long a lock was waited for and held, as counts of times of about the same length (struct
 * lh_trace_times). Their records begin when there is something to count; they are given back with
 * the lock's slot, to the sum of ended locks first.
 */
#ifndef LH_INTERPOSE_TIMES_H
#define LH_INTERPOSE_TIMES_H

#include <stdbool.h>

#include "locks.h"

/* Any thread, also two for one lock and kind at once unless `alone`. */
void lh_times_add(struct lh_lock *lock, enum lh_times_kind kind, uint64_t ticks, bool alone);

/*
 * Those of a lock go to *sum, which belongs to the slot with this index; where there is none
 * (index LH_NO_LOCK), they are gone. Under the recorder lock.
 */
void lh_times_fold(struct lh_trace_times **times, uint32_t index, struct lh_trace_times **sum);

/*
 * The same for a lock that comes to rest, without the recorder lock: its records stay with it,
 * empty, but for those that the sum had none of.
 */
void lh_times_rest(struct lh_lock *lock, uint32_t index, struct lh_trace_times **sum);

void lh_times_forked(void);

#endif
