#include "map64.h"

#include "arena.h"

#define REMOVED        1u
#define FIRST_CAPACITY 1024u

/* 0 and 1 mark places; a key that happens to be one of them is moved aside. */
static uint64_t usable(uint64_t key)
{
    return key <= REMOVED ? key + 2 : key;
}

static struct lh_map64_entry *place_of(const struct lh_map64 *map, uint64_t key)
{
    for (size_t i = key & (map->capacity - 1);; i = (i + 1) & (map->capacity - 1)) {
        if (map->entries[i].key == key || map->entries[i].key == 0)
            return &map->entries[i];
    }
}

void *lh_map64_find(const struct lh_map64 *map, uint64_t key)
{
    key = usable(key);
    if (!map->capacity)
        return NULL;
    struct lh_map64_entry *entry = place_of(map, key);
    return entry->key == key ? entry->value : NULL;
}

/* A signal handler may leave the shim between any two steps, by siglongjmp(): the entries are there
 * for all that the capacity allows, and the old ones go when nothing leads to them. */
static void replace(struct lh_map64 *map, const struct lh_map64 *bigger)
{
    struct lh_map64 old = *map;

    map->entries = bigger->entries;
    __atomic_signal_fence(__ATOMIC_SEQ_CST);
    *map = *bigger;
    __atomic_signal_fence(__ATOMIC_SEQ_CST);
    lh_table_free(old.entries, old.capacity * sizeof *old.entries);
}

static bool resize(struct lh_map64 *map)
{
    struct lh_map64 bigger = {
        .capacity = map->live * 4 > map->capacity ? map->capacity * 2 : map->capacity,
        .live = map->live,
        .used = map->live,
    };

    if (!bigger.capacity)
        bigger.capacity = FIRST_CAPACITY;
    bigger.entries = lh_table_alloc(bigger.capacity * sizeof *bigger.entries);
    if (!bigger.entries)
        return false;
    for (size_t i = 0; i < map->capacity; i++) {
        if (map->entries[i].key > REMOVED)
            *place_of(&bigger, map->entries[i].key) = map->entries[i];
    }
    replace(map, &bigger);
    return true;
}

bool lh_map64_add(struct lh_map64 *map, uint64_t key, void *value)
{
    key = usable(key);
    if (map->used * 2 >= map->capacity && !resize(map))
        return false;
    struct lh_map64_entry *entry = place_of(map, key);
    entry->key = key;
    entry->value = value;
    map->used++;
    map->live++;
    return true;
}

void lh_map64_remove(struct lh_map64 *map, uint64_t key)
{
    key = usable(key);
    if (!map->capacity)
        return;
    struct lh_map64_entry *entry = place_of(map, key);
    if (entry->key != key)
        return;
    entry->key = REMOVED;
    entry->value = NULL;
    map->live--;
}
