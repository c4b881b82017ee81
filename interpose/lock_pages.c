#include "lock_pages.h"

#include <string.h>

uint8_t lh_page_filter[1u << 16];

void lh_page_enter(uintptr_t addr)
{
    uint8_t *filter = &lh_page_filter[(addr >> 12) & 0xffff];

    /* Saturates: then it stays a "maybe" for good. */
    if (*filter != UINT8_MAX)
        __atomic_store_n(filter, *filter + 1, __ATOMIC_RELAXED);
}

void lh_page_leave(uintptr_t addr)
{
    uint8_t *filter = &lh_page_filter[(addr >> 12) & 0xffff];

    if (*filter != UINT8_MAX)
        __atomic_store_n(filter, *filter - 1, __ATOMIC_RELAXED);
}

void lh_lock_pages_forked(void)
{
    memset(lh_page_filter, 0, sizeof lh_page_filter);
}
