/* In which pages of memory locks may lie, so that the end of all other memory costs nearly nothing.
 */
#ifndef LH_INTERPOSE_LOCK_PAGES_H
#define LH_INTERPOSE_LOCK_PAGES_H

#include <stdbool.h>
#include <stdint.h>

/* Something lies in the page of this address that its end must be told to, or no more. Under the
 * recorder lock. */
void lh_page_enter(uintptr_t addr);
void lh_page_leave(uintptr_t addr);

/* May a lock lie in the page of this address? A quick no for free() and its like; any thread. */
extern uint8_t lh_page_filter[1u << 16];
static inline bool lh_page_may_hold_locks(uintptr_t addr)
{
    /* Relaxed: who frees memory has ordered itself after those who used the locks in it. */
    return __atomic_load_n(&lh_page_filter[(addr >> 12) & 0xffff], __ATOMIC_RELAXED) != 0;
}

/* The same for all pages of a range that is not empty. */
static inline bool lh_pages_may_hold_locks(uintptr_t start, uintptr_t size)
{
    uintptr_t first = start >> 12, last = (start + size - 1) >> 12;

    for (uintptr_t page = first; page <= last; page++) {
        /* Beyond so many pages looking is no cheaper than asking the table. */
        if (lh_page_may_hold_locks(page << 12) || page - first > 256)
            return true;
    }
    return false;
}

void lh_lock_pages_forked(void);

#endif
