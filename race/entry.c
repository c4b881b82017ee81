#include "entry.h"

#include "watched.h"

/* Is this thread watched, and not told to look away? */
static bool is_watched(struct lh_hot *hot, uint32_t bits)
{
    if (!hot->epoch && !lh_race_watch(hot))
        return false;
    return !(bits & LH_WORD_WRITE ? hot->ignore_writes : hot->ignore_reads);
}

void lh_entry_range(uintptr_t addr, uintptr_t size, uint32_t bits, uint64_t where)
{
    struct lh_hot *hot = &lh_hot;

    if (is_watched(hot, bits))
        lh_check_range(hot, addr, size, bits, where);
}

void lh_entry_slow(uintptr_t addr, uint32_t size, uint32_t bits, uint64_t where)
{
    struct lh_hot *hot = &lh_hot;

    if (!is_watched(hot, bits))
        return;
    if ((addr & (LH_GRANULE - 1)) + size > LH_GRANULE)
        lh_check_range(hot, addr, size, bits, where);
    else
        lh_check(hot, addr, bits | lh_bytes(addr, size), where);
}
