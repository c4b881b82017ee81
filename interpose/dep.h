/*
 * A dependency as the recorder keeps it: shared by deps.c, which knows them all, seen.c, which
 * knows where they occurred, and partners.c, which walks from one to the next. Under the recorder
 * lock.
 */
#ifndef LH_INTERPOSE_DEP_H
#define LH_INTERPOSE_DEP_H

#include "deps.h"

struct lh_repeats;
struct lh_seen;

struct lh_dep {
    struct lh_trace_dep *record;
    uint64_t key, variant_key, like_key; /* like_key 0: not tallied yet */
    struct lh_lock *wanted;
    struct lh_dep *wanted_next, **wanted_link; /* wanting the same lock, or on the free list */
    /* seen.c: */
    struct lh_seen *seen;
    struct lh_seen *newest; /* of the replaceable ones, which form a ring: next is the oldest */
    uint32_t n_seen;
    uint32_t news;              /* value of news_count when `again` was filled up */
    uint32_t again;             /* how many more may be recorded before there is news */
    struct lh_repeats *repeats; /* NULL: all were recorded */
    uint32_t wakes;             /* how often they were looked for */
    uint32_t n_held;
    uint32_t n_units;   /* semaphores, which follow the held locks */
    uint32_t n_entered; /* of the held ones, those that something may lead into */
    uint32_t room;      /* for held locks, in here and in the record */
    struct lh_dep_use {
        struct lh_dep *dep;
        struct lh_lock *lock;
        struct lh_dep_use *next, **link; /* holding the same lock */
    } held[];
};

/* Is a way from what it wants to that lock a way round? */
static inline bool lh_dep_closed_by(const struct lh_dep *dep, const struct lh_lock *lock)
{
    for (uint32_t i = 0; i < dep->n_held; i++) {
        if (dep->held[i].lock == lock)
            return true;
    }
    return dep->n_held == 0 && dep->wanted == lock;
}

#endif
