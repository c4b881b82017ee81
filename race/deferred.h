/*
 * Edges of a signal handler that interrupted the detector in its own thread. They are drawn when
 * the thread leaves the detector, not before; but what the handler releases may be seen at once. So
 * who acquires something looks for what handlers have left behind there, and learns what their
 * threads know, as they stand. That is a moment late, and more is known by then than should be: an
 * order too many, not one too few.
 */
#ifndef LH_RACE_DEFERRED_H
#define LH_RACE_DEFERRED_H

#include <stdbool.h>
#include <stdint.h>

#include "hot.h"
#include "watched.h"

/* Draw an edge when the thread leaves the detector, in which it is now. Before the operation itself
 * if it releases. */
void lh_race_defer(struct lh_hot *hot, uintptr_t addr, bool release);

extern uint32_t lh_left_behind __attribute__((visibility("hidden")));

/* What handlers that are not done yet have released there. Before the object is looked for. */
void lh_learn_left_behind(struct lh_hot *hot, uintptr_t addr);
static inline void lh_learn_deferred(struct lh_hot *hot, uintptr_t addr)
{
    /* Acquire pairs with lh_race_defer(): who sees the effect of the operation sees the count; and
     * with lh_hot_catch_up(): who does not see it any more sees the edge. */
    if (__builtin_expect(__atomic_load_n(&lh_left_behind, __ATOMIC_ACQUIRE) != 0, 0))
        lh_learn_left_behind(hot, addr);
}

/* Has another thread learnt so what this one did since its last release? Entries that are gone may
 * have been replaced by it then. */
static inline bool lh_is_passed_on(const struct lh_race_thread *thread)
{
    return __atomic_load_n(&thread->passed_on, __ATOMIC_RELAXED) == thread->clock;
}

void lh_deferred_forked(struct lh_hot *hot);

#endif
