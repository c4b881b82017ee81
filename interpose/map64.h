/*
 * A hash map from 64-bit keys (already well mixed, not 0) to pointers: open addressing, grows,
 * never shrinks. Not thread-safe: for the recorder's tables, under the recorder lock.
 */
#ifndef LH_INTERPOSE_MAP64_H
#define LH_INTERPOSE_MAP64_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct lh_map64 {
    struct lh_map64_entry {
        uint64_t key; /* 0: never used, 1: removed */
        void *value;
    } * entries;
    size_t capacity; /* a power of two */
    size_t used;     /* removed ones included */
    size_t live;
};

void *lh_map64_find(const struct lh_map64 *map, uint64_t key);
/* The key must not be there yet. false: no memory. */
bool lh_map64_add(struct lh_map64 *map, uint64_t key, void *value);
void lh_map64_remove(struct lh_map64 *map, uint64_t key);

#endif
