#include "lock_cache.h"

#include "arena.h"

#define GROWTH  4u
#define MOST    (1u << 12) /* entries; for more locks, the shared table is as near */
#define PATIENT 4u         /* misses an entry before it grows */

/* Locks that were taken from here before are in the way of others: a bigger one has room for all.
 */
static void grow(struct lh_self *self)
{
    uint32_t size = self->lock_mask + 1, bigger = size * GROWTH;
    struct lh_lock_cached *cache = bigger <= MOST ? lh_table_alloc(bigger * sizeof *cache) : NULL,
                          *old = self->lock_cache;

    self->lock_misses = 0;
    if (!cache)
        return;
    for (uint32_t i = 0; i < size; i++)
        cache[lh_spread(old[i].addr) & (bigger - 1)] = old[i];
    lh_lock_cache_end(self);
    self->lock_cache = cache;
    self->lock_mask = bigger - 1;
}

void lh_lock_cache_keep(struct lh_self *self, uintptr_t addr, struct lh_lock *lock)
{
    if (++self->lock_misses > PATIENT * (self->lock_mask + 1))
        grow(self);
    struct lh_lock_cached *cached = lh_lock_cached(self, addr);
    if (cached->addr != addr)
        self->lock_cache[(cached - self->lock_cache) ^ 1] = *cached;
    *cached = (struct lh_lock_cached){addr, lock};
}

void lh_lock_cache_begin(struct lh_self *self)
{
    self->lock_cache = self->lock_cache_first;
    self->lock_mask = LH_LOCK_CACHE - 1;
    self->lock_misses = 0;
}

void lh_lock_cache_end(struct lh_self *self)
{
    if (self->lock_cache != self->lock_cache_first)
        lh_table_free(self->lock_cache, (self->lock_mask + 1) * sizeof *self->lock_cache);
    lh_lock_cache_begin(self);
}
