#include "deferred.h"

#include <stddef.h>

#include "lock.h"
#include "objects.h"
#include "pool.h"
#include "slots.h"

uint32_t lh_left_behind; /* atomic: releases that are deferred, of all threads */

void lh_race_defer(struct lh_hot *hot, uintptr_t addr, bool release)
{
    /* In one step: another handler may come in between. */
    uint32_t n = __atomic_fetch_add(&hot->n_deferred, 1, __ATOMIC_RELAXED);

    if (n >= LH_DEFERRED) {
        __atomic_fetch_sub(&hot->n_deferred, 1, __ATOMIC_RELAXED);
        return;
    }
    hot->deferred[n] = (struct lh_deferred){addr, release};
    if (release)
        __atomic_fetch_add(&lh_left_behind, 1, __ATOMIC_SEQ_CST);
}

/* ---- by the thread itself ---- */

static void draw(struct lh_hot *hot, const struct lh_deferred *edge)
{
    struct lh_object *object = lh_object_lock(hot, edge->addr, edge->release);

    if (object && edge->release)
        lh_object_add(hot, object, LH_EDGE_BOTH);
    else if (object)
        lh_object_learn(hot, object, LH_EDGE_BOTH);
    if (object)
        lh_object_unlock(object);
    if (edge->release)
        lh_race_tick(hot);
}

static bool empty(struct lh_hot *hot, uint32_t n)
{
    return __atomic_compare_exchange_n(&hot->n_deferred, &n, 0, false, __ATOMIC_RELAXED,
                                       __ATOMIC_RELAXED);
}

/* Each stays in the list until all are drawn: others may look for it. */
static void draw_all(struct lh_hot *hot, bool watched)
{
    uint32_t drawn = 0, releases = 0, n;

    do {
        n = __atomic_load_n(&hot->n_deferred, __ATOMIC_RELAXED);
        for (; drawn < n; drawn++) {
            if (watched)
                draw(hot, &hot->deferred[drawn]);
            releases += hot->deferred[drawn].release;
        }
    } while (!empty(hot, n));
    if (releases)
        __atomic_fetch_sub(&lh_left_behind, releases, __ATOMIC_RELEASE);
}

void lh_hot_catch_up(struct lh_hot *hot)
{
    /* Handlers may leave more behind meanwhile. */
    while (hot->n_deferred) {
        bool watched = lh_race_watch(hot);
        if (!lh_hot_try(hot))
            return;
        draw_all(hot, watched);
        __atomic_signal_fence(__ATOMIC_SEQ_CST);
        hot->inside = 0;
        __atomic_signal_fence(__ATOMIC_SEQ_CST);
    }
}

/* ---- by others ---- */

static bool has_released(const struct lh_hot *hot, uintptr_t addr)
{
    uint32_t n = __atomic_load_n(&hot->n_deferred, __ATOMIC_RELAXED);

    for (uint32_t i = 0; i < n && i < LH_DEFERRED; i++) {
        const struct lh_deferred *edge = &hot->deferred[i];
        if (__atomic_load_n(&edge->addr, __ATOMIC_RELAXED) == addr && edge->release)
            return true;
    }
    return false;
}

/* The thread goes on meanwhile; its clocks only grow. */
static void learn_from(struct lh_hot *hot, struct lh_race_thread *thread)
{
    struct lh_clocks all = {.at = thread->clocks.at, .width = lh_race_slots() + 1};
    struct lh_clocks strict = {.at = thread->strict.at, .width = all.width};
    uint32_t clock = __atomic_load_n(&all.at[thread->slot], __ATOMIC_RELAXED);

    /* First: who finds its entry replaced asks for it (stored.c). */
    __atomic_store_n(&thread->passed_on, clock, __ATOMIC_SEQ_CST);
    lh_clocks_learn(&hot->thread->clocks, hot->thread->slot, &all);
    lh_clocks_learn(&hot->thread->strict, hot->thread->slot, &strict);
}

void lh_learn_left_behind(struct lh_hot *hot, uintptr_t addr)
{
    /* Locked: no thread ends, with what is its own, while it is looked at. */
    lh_race_lock();
    for (uint32_t slot = 1; slot <= lh_race_slots(); slot++) {
        struct lh_race_thread *thread = lh_race_thread_of(slot);
        if (thread->hot && thread->hot != hot && has_released(thread->hot, addr))
            learn_from(hot, thread);
    }
    lh_race_unlock();
}

void lh_deferred_forked(struct lh_hot *hot)
{
    hot->n_deferred = 0;
    lh_left_behind = 0;
}
