#include "map.h"

#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

struct slot {
    const void *key;
    size_t size;
    uint64_t hash;
    void *value; /* NULL: free */
};

struct lh_map {
    struct slot *slots;
    size_t n, capacity; /* a power of two, at most three quarters full */
};

struct lh_map *lh_map_new(void)
{
    return calloc(1, sizeof(struct lh_map));
}

void lh_map_free(struct lh_map *map)
{
    if (!map)
        return;
    free(map->slots);
    free(map);
}

/* Eight bytes at a time; the last multiplication spreads every bit over the low ones. */
static uint64_t hash_of(const void *key, size_t size)
{
    const unsigned char *bytes = key;
    uint64_t hash = 0x9e3779b97f4a7c15u ^ size;

    while (size > 0) {
        size_t part = size < 8 ? size : 8;
        uint64_t word = 0;

        memcpy(&word, bytes, part);
        hash = (hash ^ word) * 0xff51afd7ed558ccdu;
        hash ^= hash >> 32;
        bytes += part;
        size -= part;
    }
    hash *= 0xc4ceb9fe1a85ec53u;
    return hash ^ hash >> 29;
}

/* The slot of the key, or the free one where it belongs. */
static struct slot *find(const struct lh_map *map, const void *key, size_t size, uint64_t hash)
{
    for (size_t i = hash & (map->capacity - 1);; i = (i + 1) & (map->capacity - 1)) {
        struct slot *slot = &map->slots[i];

        if (!slot->value)
            return slot;
        if (slot->hash == hash && slot->size == size && !memcmp(slot->key, key, size))
            return slot;
    }
}

void *lh_map_get(const struct lh_map *map, const void *key, size_t size)
{
    return map->capacity ? find(map, key, size, hash_of(key, size))->value : NULL;
}

static int widen(struct lh_map *map)
{
    struct lh_map wide = {.n = map->n, .capacity = map->capacity ? map->capacity * 2 : 64};

    wide.slots = calloc(wide.capacity, sizeof(*wide.slots));
    if (!wide.slots)
        return -ENOMEM;
    for (size_t i = 0; i < map->capacity; i++) {
        const struct slot *slot = &map->slots[i];

        if (slot->value)
            *find(&wide, slot->key, slot->size, slot->hash) = *slot;
    }
    free(map->slots);
    *map = wide;
    return 0;
}

int lh_map_put(struct lh_map *map, const void *key, size_t size, void *value)
{
    uint64_t hash = hash_of(key, size);

    if ((map->n + 1) * 4 > map->capacity * 3) {
        int r = widen(map);

        if (r < 0)
            return r;
    }
    *find(map, key, size, hash) = (struct slot){key, size, hash, value};
    map->n++;
    return 0;
}
