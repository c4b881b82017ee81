/*
 * The lock table of the trace: slots for lock instances, and the sums that ended ones go into. All
 * under the recorder lock.
 */
#ifndef LH_INTERPOSE_LOCK_SLOTS_H
#define LH_INTERPOSE_LOCK_SLOTS_H

#include <stdint.h>

#include "trace.h"

/* A zeroed slot and its index. NULL: no room. */
struct lh_trace_lock *lh_lock_slot_new(uint32_t *ret_index);
/* It may be used again. */
void lh_lock_slot_free(struct lh_trace_lock *slot, uint32_t index);

/* The sum of ended instances of one kind and birth. */
struct lh_lock_sum {
    struct lh_trace_lock *slot;
    uint32_t index;
    struct lh_trace_times *times[LH_TIMES_KINDS]; /* NULL: none yet */
};

/* Add an ended instance to its sum; a new one takes the next uid. NULL: no room for a sum. */
struct lh_lock_sum *lh_lock_slot_fold(const struct lh_trace_lock *slot, uint64_t *last_uid);

void lh_lock_slots_forked(void);

#endif
