/* Mixing of 64-bit keys. */
#ifndef LH_INTERPOSE_HASH_H
#define LH_INTERPOSE_HASH_H

#include <stdint.h>

/* The finalizer of MurmurHash3 (Austin Appleby, public domain). */
static inline uint64_t lh_mix(uint64_t key)
{
    key ^= key >> 33;
    key *= 0xff51afd7ed558ccdu;
    key ^= key >> 33;
    key *= 0xc4ceb9fe1a85ec53u;
    return key ^ key >> 33;
}

static inline uint64_t lh_join(uint64_t seed, uint64_t value)
{
    return lh_mix(seed * 0x9e3779b97f4a7c15u + value);
}

/* Cheap: for caches, where a bad spread costs time only. */
static inline uint64_t lh_spread(uint64_t key)
{
    return (key * 0x9e3779b97f4a7c15u) >> 32;
}

#endif
