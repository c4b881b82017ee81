#include "destroyed.h"

#include <string.h>

#include "glibc_state.h"
#include "locks.h"

#define ENTRIES      2048u /* the first is not used */
#define PAGE_BUCKETS 512u

static struct lh_destroyed entries[ENTRIES];
static uint16_t buckets[PAGE_BUCKETS];
static uint32_t last, live;

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
    memcpy(entry->bytes, (const void *)from->addr, lh_glibc_size(from->kind));
    entry->next = *bucket_of(entry->addr);
    *bucket_of(entry->addr) = (uint16_t)last;
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
    return memcmp(entry->bytes, (const void *)entry->addr, lh_glibc_size(entry->kind)) == 0;
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
