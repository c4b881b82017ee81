/*
 * The entry points with nothing behind them: liblockhound-race.so, which instrumented programs are
 * linked with. Atomic operations are done, all else does nothing. When the shim is preloaded, it
 * comes first in the order in which the loader looks for symbols, and none of this is used.
 */
#include "atomics.h"
#include "contexts.h"
#include "entry.h"
#include "race.h"

bool lh_race_on;
uint32_t lh_births;
static struct lh_frame outermost[2];
__thread struct lh_hot lh_hot __attribute__((tls_model("initial-exec"))) = {
    .frames = outermost + 1,
    .frame = outermost + 1,
    .frame_end = outermost + 1,
};

void lh_entry_slow(uintptr_t addr, uint32_t bits, uint64_t where)
{
    (void)addr, (void)bits, (void)where;
}

void lh_entry_range(uintptr_t addr, uintptr_t size, uint32_t bits, uint64_t where)
{
    (void)addr, (void)size, (void)bits, (void)where;
}

void lh_frame_push_slow(struct lh_hot *hot, uintptr_t pc, uintptr_t sp, uintptr_t function)
{
    (void)hot, (void)pc, (void)sp, (void)function;
}

void lh_frame_pop_slow(struct lh_hot *hot, uintptr_t pc, uintptr_t sp)
{
    (void)hot, (void)pc, (void)sp;
}

struct lh_atomic lh_atomic_enter(uintptr_t addr, enum lh_atomic_kind kind, int order)
{
    (void)addr, (void)kind, (void)order;
    return (struct lh_atomic){0};
}

void lh_atomic_leave(struct lh_atomic *atomic, enum lh_atomic_kind kind, int order)
{
    (void)atomic, (void)kind, (void)order;
}

void lh_atomic_end_late(struct lh_atomic *atomic, enum lh_atomic_kind kind, int order)
{
    (void)atomic, (void)kind, (void)order;
}

void lh_atomic_fence(int order)
{
    (void)order;
}
