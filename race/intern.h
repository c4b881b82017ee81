/*
 * Numbers for things that are equal: a hash set that only grows, with room found by number. Looking
 * up takes no lock.
 */
#ifndef LH_RACE_INTERN_H
#define LH_RACE_INTERN_H

#include <stdint.h>

#define LH_INTERN_CHUNK  4096u
#define LH_INTERN_CHUNKS 8192u

struct lh_intern {
    uint32_t item_size; /* bytes; the whole item is the key */
    uint32_t limit;     /* no more items than that */
    uint32_t count;     /* numbers 1 .. count are taken; atomic */
    uint32_t capacity;  /* of `places`, a power of two */
    uint32_t *places;   /* numbers; 0: free; replaced when it grows, then the old one stays */
    char **chunks;      /* LH_INTERN_CHUNKS of them */
};

/* The number of an item equal to this one, given to it now if need be. 0: no room. */
uint32_t lh_intern(struct lh_intern *intern, const void *item);

static inline const void *lh_interned(const struct lh_intern *intern, uint32_t number)
{
    return intern->chunks[number / LH_INTERN_CHUNK] +
           (uintptr_t)(number % LH_INTERN_CHUNK) * intern->item_size;
}

void lh_intern_forked(struct lh_intern *intern);

#endif
