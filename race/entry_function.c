/* The entry points of function entry and exit, and of an instrumented object that is loaded. */
#include "contexts.h"
#include "entry.h"
#include "race.h"

LH_ENTRY void __tsan_init(void);
LH_ENTRY void __tsan_init(void)
{
    __atomic_store_n(&lh_race_on, true, __ATOMIC_RELAXED);
}

LH_ENTRY void __tsan_func_entry(void *caller);
LH_ENTRY void __tsan_func_entry(void *caller)
{
    struct lh_hot *hot = &lh_hot;
    struct lh_frame *frame = hot->frame;
    uintptr_t sp = (uintptr_t)__builtin_dwarf_cfa();

    if (__builtin_expect(frame == hot->frame_end || frame[-1].sp <= sp, 0)) {
        lh_frame_push_slow(hot, (uintptr_t)caller, sp, LH_CALLER);
        return;
    }
    frame->pc = (uintptr_t)caller;
    frame->sp = sp;
    frame->context = 0;
    frame->function = LH_CALLER;
    hot->frame = frame + 1;
}

/*
 * It may be called from inside the function, then its stack pointer is that of the entry; or in
 * place of the function's return (a tail call), then it returns to where the function does.
 */
LH_ENTRY void __tsan_func_exit(void);
LH_ENTRY void __tsan_func_exit(void)
{
    struct lh_hot *hot = &lh_hot;
    struct lh_frame *frame = hot->frame - 1;
    uintptr_t sp = (uintptr_t)__builtin_dwarf_cfa();

    if (__builtin_expect((frame->pc == LH_CALLER || frame->sp == sp) && frame >= hot->frames, 1))
        hot->frame = frame;
    else
        lh_frame_pop_slow(hot, LH_CALLER, sp);
}
