#include "lock_cache.h"

#include "arena.h"

#define GROWTH  4u
#define MOST    (1u << 12) /* entries; for more locks, the shared table is as near */
#define PATIENT 4u         /* misses an entry before it grows */

/* In an order in which a signal handler may leave it half done for good: what the mask allows is
 * there. */
static void use(struct lh_self *self, struct lh_lock_cached *cache, uint32_t size)
{
    bool bigger = size - 1 > self->lock_mask;

    if (!bigger)
        self->lock_mask = size - 1;
    __atomic_signal_fence(__ATOMIC_SEQ_CST);
    self->lock_cache = cache;
    __atomic_signal_fence(__ATOMIC_SEQ_CST);
    if (bigger)
        self->lock_mask = size - 1;
    self->lock_misses = 0;
}

static void drop(const struct lh_self *self, struct lh_lock_cached *cache, uint32_t size)
{
    if (cache != self->lock_cache_first)
        lh_table_free(cache, size * sizeof *cache);
}

/* Locks that were taken from here before are in the way of others: a bigger one has room for all.
 */
static void grow(struct lh_self *self)
{
    uint32_t size = self->lock_mask + 1, bigger = size * GROWTH;
    struct lh_lock_cached *old = self->lock_cache, *cache = NULL;

    self->lock_misses = 0;
    if (bigger <= MOST)
        cache = lh_table_alloc(bigger * sizeof *cache);
    if (!cache)
        return;
    for (uint32_t i = 0; i < size; i++)
        cache[lh_spread(old[i].addr) & (bigger - 1)] = old[i];
    use(self, cache, bigger);
    drop(self, old, size);
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
    use(self, self->lock_cache_first, LH_LOCK_CACHE);
}

void lh_lock_cache_end(struct lh_self *self)
{
    struct lh_lock_cached *old = self->lock_cache;
    uint32_t size = self->lock_mask + 1;

    lh_lock_cache_begin(self);
    drop(self, old, size);
}
