#include "intern.h"

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

#include "hash.h"
#include "pool.h"

#define FIRST_CAPACITY 4096u

static uint64_t hash_of(const struct lh_intern *intern, const void *item)
{
    const uint64_t *words = item;
    uint64_t hash = 0;

    for (uint32_t i = 0; i < intern->item_size / sizeof *words; i++)
        hash = (hash ^ words[i]) * 0x9e3779b97f4a7c15u;
    return hash ^ hash >> 32;
}

static bool is_equal(const uint64_t *a, const uint64_t *b, uint32_t size)
{
    for (uint32_t i = 0; i < size / sizeof *a; i++) {
        if (a[i] != b[i])
            return false;
    }
    return true;
}

/* The number at the item's place, or 0 and where that place is. */
static uint32_t look_up(const struct lh_intern *intern, const uint32_t *places, uint32_t capacity,
                        const void *item, uint64_t hash, uint32_t *ret_place)
{
    for (uint32_t i = (uint32_t)hash & (capacity - 1);; i = (i + 1) & (capacity - 1)) {
        /* Acquire pairs with the release in lh_intern(): the item is there with its number. */
        uint32_t number = __atomic_load_n(&places[i], __ATOMIC_ACQUIRE);
        *ret_place = i;
        if (!number || is_equal(lh_interned(intern, number), item, intern->item_size))
            return number;
    }
}

static uint32_t find(const struct lh_intern *intern, const void *item, uint64_t hash)
{
    uint32_t place;
    /* The table is read after its size: tables only grow, so the size fits both. */
    uint32_t capacity = __atomic_load_n(&intern->capacity, __ATOMIC_ACQUIRE);
    const uint32_t *places = __atomic_load_n(&intern->places, __ATOMIC_ACQUIRE);

    return capacity ? look_up(intern, places, capacity, item, hash, &place) : 0;
}

static bool grow(struct lh_intern *intern)
{
    uint32_t capacity = intern->capacity ? intern->capacity * 2 : FIRST_CAPACITY, place;
    uint32_t *places = lh_pages_alloc(capacity * sizeof *places);

    if (!intern->chunks)
        intern->chunks = lh_pool_keep(LH_INTERN_CHUNKS * sizeof *intern->chunks);
    if (!places || !intern->chunks)
        return false;
    for (uint32_t number = 1; number <= intern->count; number++) {
        const void *item = lh_interned(intern, number);
        look_up(intern, places, capacity, item, hash_of(intern, item), &place);
        places[place] = number;
    }
    __atomic_store_n(&intern->places, places, __ATOMIC_RELEASE);
    __atomic_store_n(&intern->capacity, capacity, __ATOMIC_RELEASE);
    return true;
}

/* Under the race lock. */
static uint32_t add(struct lh_intern *intern, const void *item, uint64_t hash)
{
    uint32_t number, place;

    if (intern->count * 2 >= intern->capacity && !grow(intern))
        return 0;
    number = look_up(intern, intern->places, intern->capacity, item, hash, &place);
    if (number || intern->count == intern->limit)
        return number;
    number = intern->count + 1;
    char **chunk = &intern->chunks[number / LH_INTERN_CHUNK];
    if (!*chunk)
        *chunk = lh_pages_alloc((size_t)LH_INTERN_CHUNK * intern->item_size);
    if (!*chunk)
        return 0;
    memcpy(*chunk + (size_t)(number % LH_INTERN_CHUNK) * intern->item_size, item,
           intern->item_size);
    __atomic_store_n(&intern->count, number, __ATOMIC_RELAXED);
    __atomic_store_n(&intern->places[place], number, __ATOMIC_RELEASE);
    return number;
}

uint32_t lh_intern(struct lh_intern *intern, const void *item)
{
    uint64_t hash = hash_of(intern, item);
    uint32_t number = find(intern, item, hash);

    if (number)
        return number;
    lh_race_lock();
    number = add(intern, item, hash);
    lh_race_unlock();
    return number;
}

void lh_intern_forked(struct lh_intern *intern)
{
    intern->count = intern->capacity = 0;
    intern->places = NULL;
    intern->chunks = NULL;
}
