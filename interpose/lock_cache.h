/*
 * The locks that a thread used lately, by address, so that most acquisitions need not look into the
 * table that all threads share. An entry is a hint: whoever takes a lock from here looks whether it
 * is the instance at that address still. Only the thread itself touches its cache.
 */
#ifndef LH_INTERPOSE_LOCK_CACHE_H
#define LH_INTERPOSE_LOCK_CACHE_H

#include "hash.h"
#include "self.h"

static inline struct lh_lock_cached *lh_lock_cached(const struct lh_self *self, uintptr_t addr)
{
    return &self->lock_cache[lh_spread(addr) & self->lock_mask];
}

/* In the place that its address has, or where it went when another took that: the other one of the
 * same pair. NULL: in neither. */
static inline struct lh_lock *lh_lock_cached_at(const struct lh_self *self, uintptr_t addr)
{
    const struct lh_lock_cached *cached = lh_lock_cached(self, addr);

    if (cached->addr != addr)
        cached = &self->lock_cache[(lh_spread(addr) & self->lock_mask) ^ 1];
    return cached->addr == addr ? cached->lock : NULL;
}

/* Keep it in the place that its address has. */
void lh_lock_cache_keep(struct lh_self *self, uintptr_t addr, struct lh_lock *lock);

/* When the thread begins, and when it has ended. */
void lh_lock_cache_begin(struct lh_self *self);
void lh_lock_cache_end(struct lh_self *self);

#endif
