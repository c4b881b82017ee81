/* Memory that is given back: its shadow is empty from then on, and what ordered threads is gone. */
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
    lh_check_end(hot, start, start + size, free ? lh_where(free, 0, LH_ACCESS_FREE) : 0);
    lh_objects_end(start, size);
    if (free)
        lh_heap_end(start);
    lh_hot_leave(hot);
}
