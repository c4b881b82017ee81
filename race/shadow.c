#include "shadow.h"

#include <errno.h>
#include <string.h>
#include <sys/mman.h>

#include "pool.h"

#define PAGE_BITS         12
#define LH_POPULATE_WRITE 23 /* MADV_POPULATE_WRITE of Linux 5.14 */
#define REGION_SIZE       ((uintptr_t)1 << LH_REGION_BITS)
#define REGION_PAGES      (REGION_SIZE >> PAGE_BITS)
#define SHADOW_SIZE       (REGION_SIZE * 3)

/* Behind the shadow of a region: a byte for each page, not 0 once the page was touched; and the
 * region that got its shadow before. */
#define REGION_MAPPING (SHADOW_SIZE + REGION_PAGES + sizeof(uintptr_t))

static uintptr_t *table; /* by region: address of the shadow minus three times that of the region */
static uintptr_t newest; /* one more than the region that got its shadow last; 0: none */

const uintptr_t *lh_shadow_table(void)
{
    uintptr_t *found = __atomic_load_n(&table, __ATOMIC_ACQUIRE);

    if (found)
        return found;
    lh_race_lock();
    if (!table) {
        uintptr_t *made = lh_pages_alloc(LH_REGIONS * sizeof *made);
        __atomic_store_n(&table, made, __ATOMIC_RELEASE);
    }
    lh_race_unlock();
    return table;
}

struct lh_cell *lh_shadow_make(uintptr_t addr)
{
    uintptr_t region = addr >> LH_REGION_BITS;

    if (region >= LH_REGIONS || !table)
        return NULL;
    lh_race_lock();
    if (!table[region]) {
        uintptr_t made = (uintptr_t)lh_pages_alloc(REGION_MAPPING);
        if (made) {
            *(uintptr_t *)(made + SHADOW_SIZE + REGION_PAGES) = newest;
            newest = region + 1;
            /* Release pairs with lh_shadow_find(). */
            __atomic_store_n(&table[region], made - (region << LH_REGION_BITS) * 3,
                             __ATOMIC_RELEASE);
        }
    }
    lh_race_unlock();
    return lh_shadow_find(table, addr);
}

static uintptr_t shadow_of_region(uintptr_t region)
{
    uintptr_t place = __atomic_load_n(&table[region], __ATOMIC_ACQUIRE);

    return place ? place + (region << LH_REGION_BITS) * 3 : 0;
}

static uint8_t *touched_bytes(uintptr_t region)
{
    uintptr_t shadow = shadow_of_region(region);

    return shadow ? (uint8_t *)(shadow + SHADOW_SIZE) : NULL;
}

/*
 * All of a page's shadow at once: left to page faults it would be two for each page of it, one to
 * read and one to write. Old kernels say no, and it comes to that.
 */
static void populate(uintptr_t page)
{
    int saved = errno;

    madvise((void *)(table[page >> LH_REGION_BITS] + page * 3), 3 << PAGE_BITS, LH_POPULATE_WRITE);
    errno = saved;
}

void lh_shadow_touch(uintptr_t addr)
{
    uint8_t *touched =
        touched_bytes(addr >> LH_REGION_BITS) + ((addr & (REGION_SIZE - 1)) >> PAGE_BITS);

    /* Relaxed: who gives the memory back has ordered itself after those who used it. */
    if (__atomic_load_n(touched, __ATOMIC_RELAXED))
        return;
    __atomic_store_n(touched, 1, __ATOMIC_RELAXED);
    populate(addr >> PAGE_BITS << PAGE_BITS);
}

static uintptr_t least(uintptr_t a, uintptr_t b)
{
    return a < b ? a : b;
}

static void visit_region(uint8_t *touched, uintptr_t start, uintptr_t end,
                         void (*visit)(uintptr_t, uintptr_t, void *), void *data)
{
    for (uintptr_t from = start, to; from < end; from = to) {
        to = least(((from >> PAGE_BITS) + 1) << PAGE_BITS, end);
        if (touched[(from & (REGION_SIZE - 1)) >> PAGE_BITS])
            visit(from, to, data);
    }
}

void lh_shadow_pages(uintptr_t start, uintptr_t end, void (*visit)(uintptr_t, uintptr_t, void *),
                     void *data)
{
    if (!table)
        return;
    end = least(end, LH_REGIONS << LH_REGION_BITS);
    for (uintptr_t from = start, to; from < end; from = to) {
        to = least(((from >> LH_REGION_BITS) + 1) << LH_REGION_BITS, end);
        uint8_t *touched = touched_bytes(from >> LH_REGION_BITS);
        if (touched)
            visit_region(touched, from, to, visit, data);
    }
}

void lh_shadow_release(uintptr_t page)
{
    uintptr_t region = page >> LH_REGION_BITS;
    int saved = errno;

    touched_bytes(region)[(page & (REGION_SIZE - 1)) >> PAGE_BITS] = 0;
    madvise((void *)(table[region] + page * 3), 3 << PAGE_BITS, MADV_DONTNEED);
    errno = saved;
}

/* The mappings are the parent's, copied on write: what the child does not touch costs nothing. */
void lh_shadow_forked(void)
{
    while (newest) {
        uintptr_t shadow = shadow_of_region(newest - 1);
        newest = *(uintptr_t *)(shadow + SHADOW_SIZE + REGION_PAGES);
        lh_pages_free((void *)shadow, REGION_MAPPING);
    }
    lh_pages_free(table, LH_REGIONS * sizeof *table);
    table = NULL;
}
