/*
 * Where an access was made from: code address, calling context and locks held. It has a number, so
 * that the last accesses to memory are known exactly, however long ago they were.
 */
#ifndef LH_RACE_ACCESSES_H
#define LH_RACE_ACCESSES_H

#include <stdint.h>

#include "hot.h"
#include "watched.h"

/* What an access brings with it: all that does not depend on the address. */
static inline uint64_t lh_where(uintptr_t pc, uint32_t size, uint32_t flags)
{
    return (uint64_t)pc << 16 | size << 8 | flags;
}

static inline uintptr_t lh_where_pc(uint64_t where)
{
    return where >> 16;
}

static inline uint32_t lh_where_size(uint64_t where)
{
    return (where >> 8) & 0xff;
}

static inline uint32_t lh_where_flags(uint64_t where)
{
    return where & 0xff;
}

static inline struct lh_access_cache *lh_access_cache(struct lh_race_thread *thread, uint64_t where,
                                                      uint32_t context, uint32_t lockset)
{
    uint64_t key = where ^ (uint64_t)context << 12 ^ (uint64_t)lockset << 40;

    return &thread->accesses[lh_cache_place(key, LH_ACCESS_CACHE)];
}

/* The number of an access made here and now. */
uint32_t lh_access_find(struct lh_hot *hot, uint64_t where);
static inline uint32_t lh_access_number(struct lh_hot *hot, uint64_t where)
{
    uint32_t context = hot->frame[-1].context;
    const struct lh_access_cache *cache =
        lh_access_cache(hot->thread, where, context, hot->lockset);

    if (__builtin_expect(cache->place == where && cache->context == context &&
                             cache->lockset == hot->lockset && context && !hot->lockset_stale,
                         1))
        return cache->number;
    return lh_access_find(hot, where);
}

const struct lh_place *lh_access_place(uint32_t number);

void lh_accesses_forked(void);

#endif
