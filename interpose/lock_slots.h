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

/* Add an ended instance to the sum of its kind and birth; a new sum takes the next uid. */
void lh_lock_slot_fold(const struct lh_trace_lock *slot, uint64_t *last_uid);

void lh_lock_slots_forked(void);

#endif
