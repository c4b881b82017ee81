/*
 * The lock table of the trace: slots for lock instances, and the sums that ended ones go into. All
 * under the recorder lock.
 */
#ifndef LH_INTERPOSE_LOCK_SLOTS_H
#define LH_INTERPOSE_LOCK_SLOTS_H

#include <stdbool.h>
#include <stdint.h>

#include "modules.h"
#include "trace.h"

/* A zeroed slot and its index. NULL: no room. */
struct lh_trace_lock *lh_lock_slot_new(uint32_t *ret_index);
/* A run of zeroed slots with indices in a row: how many, at most `most`. 0: no room. */
uint32_t lh_lock_slots_new(uint32_t most, struct lh_trace_lock **ret, uint32_t *ret_index);
/* An instance begins in the slot, whose counters are zero. */
static inline void lh_lock_slot_fill(struct lh_trace_lock *slot, uintptr_t addr,
                                     enum lh_lock_kind kind, uint32_t flags, uint32_t stack,
                                     uint32_t thread, uint64_t uid)
{
    slot->addr = addr;
    slot->kind = (uint8_t)kind;
    slot->flags = flags;
    slot->birth_stack = stack;
    slot->birth_thread = thread;
    slot->epoch = lh_modules_epoch();
    slot->instances = 1;
    /* Release: a reader that sees the uid sees the rest. */
    __atomic_store_n(&slot->uid, uid, __ATOMIC_RELEASE);
}

/* It may be used again. */
void lh_lock_slot_free(struct lh_trace_lock *slot, uint32_t index);

/* The sum of ended instances of one kind and birth. */
struct lh_lock_sum {
    struct lh_trace_lock *slot;
    uint32_t index;
    struct lh_trace_times *times[LH_TIMES_KINDS]; /* NULL: none yet */
};

/*
 * Add an ended instance, or the sum of some, to the sum of all its like, and its times, which are
 * NULL then.
 */
void lh_lock_slot_fold(const struct lh_trace_lock *slot, struct lh_trace_times **times);

/* Begin a sum in a zeroed slot: of those like this instance. */
void lh_lock_sum_begin(struct lh_trace_lock *sum, const struct lh_trace_lock *like);
/* Add an instance's counters to a sum. */
static inline void lh_lock_sum_add(struct lh_trace_lock *sum, const struct lh_trace_lock *slot)
{
    sum->instances += slot->instances;
    sum->acquisitions += slot->acquisitions;
    sum->acquisitions_shared += slot->acquisitions_shared;
    sum->contended += slot->contended;
    sum->wait_total += slot->wait_total;
    sum->hold_total += slot->hold_total;
    sum->hold_samples += slot->hold_samples;
    if (slot->wait_max > sum->wait_max) {
        sum->wait_max = slot->wait_max;
        sum->wait_max_stack = slot->wait_max_stack;
    }
    if (slot->hold_max > sum->hold_max) {
        sum->hold_max = slot->hold_max;
        sum->hold_max_stack = slot->hold_max_stack;
    }
}

/* Is this the sum that the instance belongs to? */
static inline bool lh_lock_sum_fits(const struct lh_trace_lock *sum,
                                    const struct lh_trace_lock *slot)
{
    return sum->birth_stack == slot->birth_stack && sum->kind == slot->kind &&
           sum->flags == (slot->flags | LH_LOCK_AGGREGATE | LH_LOCK_ENDED);
}

void lh_lock_slots_forked(void);

#endif
