/*
 * Memory that is given back: its shadow is empty from then on, and what ordered threads is gone. Of
 * a heap block whose beginning was seen, and so will be that of the next one there, a mark stays:
 * who uses it after that races with free().
 */
#include "accesses.h"
#include "heap.h"
#include "check.h"
#include "hot.h"
#include "objects.h"
#include "race.h"
#include "trace.h"
#include "watched.h"

void lh_race_memory_ends(uintptr_t start, size_t size, uintptr_t free)
{
    struct lh_hot *hot = &lh_hot;

    if (!lh_hot_enter(hot))
        return;
    /* What is stored there is not to be looked for when it is another's memory. */
    if (hot->thread)
        lh_check_settle(hot);
    uint64_t where = free && !hot->ignore_writes ? lh_where(free, 0, LH_ACCESS_FREE) : 0;
    bool known = free && lh_heap_end(hot, start);
    if (known && where && hot->epoch)
        lh_check_mark(hot, start, start + size, true, where);
    else
        lh_check_end(hot, start, start + size, where);
    lh_objects_end(start, size);
    lh_hot_leave(hot);
}
