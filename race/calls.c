#include "calls.h"

#include "heap.h"
#include "contexts.h"
#include "entry.h"
#include "memory_ends.h"
#include "race.h"
#include "trace.h"
#include "watched.h"

/*
 * What is left of the blocks that were here before ends. Marked, the block counts as written by who
 * allocated it: a pointer to it that is passed on without an order is a race.
 */
static void begin_block(uintptr_t start, size_t size, size_t room, bool mark, uintptr_t pc)
{
    struct lh_hot *hot = &lh_hot;

    if (!start || !lh_race_known(hot) || !lh_hot_enter(hot))
        return;
    lh_heap_begin(hot, start, size, pc);
    if (lh_race_watch(hot)) {
        if (mark && !hot->ignore_writes)
            lh_memory_mark(hot, start, start + room, lh_where(pc, 0, LH_ACCESS_BIRTH));
        else
            lh_memory_end(hot, start, start + room);
    }
    lh_hot_leave(hot);
}

LH_ENTRY bool lh_tsan_active(void)
{
    return lh_racing();
}

LH_ENTRY void lh_tsan_range(const void *start, size_t size, bool write, uintptr_t pc)
{
    if (size)
        lh_entry_range((uintptr_t)start, size, write ? LH_WORD_WRITE : 0,
                       lh_where(pc, size < 0xff ? (uint32_t)size : 0, LH_ACCESS_CALL));
}

LH_ENTRY void lh_tsan_block(const void *start, size_t size, size_t room, bool mark, uintptr_t pc)
{
    begin_block((uintptr_t)start, size, room, mark, pc);
}

LH_ENTRY void lh_tsan_acquire(const void *object)
{
    if (lh_racing())
        lh_race_acquire(object);
}

LH_ENTRY void lh_tsan_release(const void *object)
{
    if (lh_racing())
        lh_race_release(object);
}

LH_ENTRY void lh_tsan_unwind(uintptr_t sp)
{
    lh_frames_unwind(&lh_hot, sp);
}

void lh_race_block(uintptr_t start, size_t size, size_t room, uintptr_t pc)
{
    begin_block(start, size, room, false, pc);
}

/* ---- newer compilers call these in place of the functions ---- */

LH_ENTRY void *__tsan_memcpy(void *to, const void *from, size_t size);
LH_ENTRY void *__tsan_memcpy(void *to, const void *from, size_t size)
{
    lh_tsan_range(from, size, false, LH_CALLER);
    lh_tsan_range(to, size, true, LH_CALLER);
    return __builtin_memcpy(to, from, size);
}

LH_ENTRY void *__tsan_memmove(void *to, const void *from, size_t size);
LH_ENTRY void *__tsan_memmove(void *to, const void *from, size_t size)
{
    lh_tsan_range(from, size, false, LH_CALLER);
    lh_tsan_range(to, size, true, LH_CALLER);
    return __builtin_memmove(to, from, size);
}

LH_ENTRY void *__tsan_memset(void *to, int value, size_t size);
LH_ENTRY void *__tsan_memset(void *to, int value, size_t size)
{
    lh_tsan_range(to, size, true, LH_CALLER);
    return __builtin_memset(to, value, size);
}
