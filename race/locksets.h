/*
 * The sets of locks that threads hold at accesses, each with a number. 0 is the empty set. Equal
 * are those with the same locks taken at the same places, in whatever order.
 */
#ifndef LH_RACE_LOCKSETS_H
#define LH_RACE_LOCKSETS_H

#include <stdbool.h>
#include <stdint.h>

#include "hot.h"
#include "trace.h"

/* When a lock has ended, its number goes to another one, and so may the memory. */
struct lh_instance {
    struct lh_lock *lock; /* atomic, like the other: found by one thread, recorded by another */
    uint64_t uid;         /* as it was when the lock was held */
};

struct lh_lockset {
    uint64_t hash;
    bool recorded; /* in the trace; under the recorder lock */
    uint32_t count;
    struct lh_instance *instances; /* the locks that have these numbers now, or had them last */
    struct lh_trace_dep_held held[];
};

/* The number of the set of locks that the thread holds now; keeps it in `hot`. */
uint32_t lh_lockset_now(struct lh_hot *hot);

const struct lh_lockset *lh_lockset_of(uint32_t number);

/* Is a lock in both sets, and not shared in both? */
bool lh_locksets_meet(uint32_t a, uint32_t b);

/* Have it in the trace. Returns the number, 0 when there is no room. Under the recorder lock. */
uint32_t lh_lockset_record(uint32_t number);

void lh_locksets_forked(void);

#endif
