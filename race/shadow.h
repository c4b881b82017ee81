/*
 * Where the shadow of an address lies. The address space is cut into regions; each gets its shadow
 * when it is first touched, wherever the kernel puts it, so nothing is asked of the layout of the
 * process. A table gives for each region what to add.
 */
#ifndef LH_RACE_SHADOW_H
#define LH_RACE_SHADOW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "words.h"

#define LH_REGION_BITS  26
#define LH_ADDRESS_BITS 47
#define LH_REGIONS      ((uintptr_t)1 << (LH_ADDRESS_BITS - LH_REGION_BITS))

/* The table; NULL: no memory. Made by the first call. */
const uintptr_t *lh_shadow_table(void);

/* The shadow of an address whose region may have none yet. NULL: no memory, or no address. */
struct lh_cell *lh_shadow_make(uintptr_t addr);

/* NULL: the region has none. */
static inline struct lh_cell *lh_shadow_find(const uintptr_t *table, uintptr_t addr)
{
    uintptr_t region = addr >> LH_REGION_BITS;

    if (__builtin_expect(region >= LH_REGIONS, 0))
        return NULL;
    /* Acquire is plain here; pairs with the release in lh_shadow_make(). */
    uintptr_t place = __atomic_load_n(&table[region], __ATOMIC_ACQUIRE);
    if (__builtin_expect(!place, 0))
        return NULL;
    return (struct lh_cell *)(place + (addr & ~(uintptr_t)(LH_GRANULE - 1)) * 3);
}

/* The page of this address has something in its shadow; says so for lh_shadow_pages(). */
void lh_shadow_touch(uintptr_t addr);

/*
 * Calls `visit` for each piece of [start, end) whose shadow was touched; the pieces are parts of
 * pages.
 */
void lh_shadow_pages(uintptr_t start, uintptr_t end, void (*visit)(uintptr_t, uintptr_t, void *),
                     void *data);

/* The page's shadow holds nothing any more: give its memory back. */
void lh_shadow_release(uintptr_t page);

/* In a forked child: begin without any shadow. */
void lh_shadow_forked(void);

#endif
