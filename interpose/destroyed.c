#include "destroyed.h"

#include <pthread.h>
#include <string.h>

#include "glibc_state.h"
#include "lock_pages.h"
#include "locks.h"

#define ENTRIES      2048u /* the first is not used */
#define PAGE_BUCKETS 512u

static struct lh_destroyed entries[ENTRIES];
static uint16_t buckets[PAGE_BUCKETS];
static uint32_t last, live;

_Static_assert(sizeof(pthread_rwlock_t) <= 7 * sizeof(uint64_t), "the biggest object");

static inline __attribute__((always_inline)) uint64_t print_of(const char *bytes, size_t size)
{
    /* Sums of words times odd numbers without a pattern: no step waits for the one before it. */
    static const uint64_t factors[] = {
        0x9e3779b97f4a7c15u, 0xff51afd7ed558ccdu, 0xc4ceb9fe1a85ec53u, 0xbf58476d1ce4e5b9u,
        0x94d049bb133111ebu, 0xd6e8feb86659fd93u, 0xa0761d6478bd642fu,
    };
    uint64_t print = 0, word;
    uint32_t rest = 0;

#pragma GCC unroll 7
    for (size_t i = 0; i < size / sizeof word; i++) {
        memcpy(&word, bytes + i * sizeof word, sizeof word);
        print += word * factors[i];
    }
    if (size % sizeof word)
        memcpy(&rest, bytes + size / sizeof word * sizeof word, sizeof rest);
    return print ^ rest;
}

uint64_t lh_destroyed_print(const void *object, enum lh_lock_kind kind)
{
    /* Those of mutexes come by the million. */
    if (kind == LH_LOCK_MUTEX)
        return print_of(object, sizeof(pthread_mutex_t));
    return print_of(object, lh_glibc_size(kind));
}

static uint16_t *bucket_of(uintptr_t addr)
{
    return &buckets[(addr >> 12) & (PAGE_BUCKETS - 1)];
}

static void take_out(uint16_t *link)
{
    struct lh_destroyed *entry = &entries[*link];

    *link = entry->next;
    lh_page_leave(entry->addr);
    entry->addr = 0;
    live--;
}

static uint16_t *link_of(uintptr_t addr)
{
    uint16_t *link = bucket_of(addr);

    while (*link && entries[*link].addr != addr)
        link = &entries[*link].next;
    return link;
}

void lh_destroyed_forget(uintptr_t addr)
{
    if (!live)
        return;
    uint16_t *link = link_of(addr);
    if (*link)
        take_out(link);
}

void lh_destroyed_add(const struct lh_destroyed *from)
{
    lh_destroyed_forget(from->addr);
    last = last % (ENTRIES - 1) + 1;
    struct lh_destroyed *entry = &entries[last];
    if (entry->addr)
        take_out(link_of(entry->addr));
    *entry = *from;
    entry->next = *bucket_of(entry->addr);
    /* Relaxed: as lh_destroyed_may_be_in() says. */
    __atomic_store_n(bucket_of(entry->addr), (uint16_t)last, __ATOMIC_RELAXED);
    lh_page_enter(entry->addr);
    live++;
}

const struct lh_destroyed *lh_destroyed_find(uintptr_t addr)
{
    uint16_t found = live ? *link_of(addr) : 0;

    return found ? &entries[found] : NULL;
}

bool lh_destroyed_is_untouched(const struct lh_destroyed *entry)
{
    return lh_destroyed_print((const void *)entry->addr, entry->kind) == entry->print;
}

bool lh_destroyed_may_be_in(uintptr_t start, uintptr_t size)
{
    uintptr_t first = start >> 12, last_page = (start + size - 1) >> 12;

    /* Relaxed: who gives memory back has ordered itself after those who used what lay there. */
    if (!__atomic_load_n(&live, __ATOMIC_RELAXED))
        return false;
    for (uintptr_t page = first; page <= last_page && page - first < PAGE_BUCKETS; page++) {
        if (__atomic_load_n(bucket_of(page << 12), __ATOMIC_RELAXED))
            return true;
    }
    return false;
}

void lh_destroyed_forget_range(uintptr_t start, uintptr_t size)
{
    uintptr_t first = start >> 12, pages = ((start + size - 1) >> 12) - first + 1;

    /* A big range meets every bucket once. */
    for (uintptr_t i = 0; live && i < pages && i < PAGE_BUCKETS; i++) {
        uint16_t *link = &buckets[(first + i) & (PAGE_BUCKETS - 1)];
        while (*link) {
            struct lh_destroyed *entry = &entries[*link];
            if (entry->addr - start < size)
                take_out(link);
            else
                link = &entry->next;
        }
    }
}

void lh_destroyed_forked(void)
{
    memset(entries, 0, sizeof entries);
    memset(buckets, 0, sizeof buckets);
    last = live = 0;
}
