#include "atomics.h"

#include "deferred.h"
#include "entry.h"
#include "slots.h"
#include "stored.h"
#include "watched.h"

static bool acquires(int order)
{
    return order != __ATOMIC_RELAXED && order != __ATOMIC_RELEASE;
}

static bool releases(int order)
{
    return order == __ATOMIC_RELEASE || order == __ATOMIC_ACQ_REL || order == __ATOMIC_SEQ_CST;
}

/*
 * Before the operation itself. Who acquires what it releases replaces entries that are looked for
 * here, and what it acquires hides what raced with them.
 */
static void settle(struct lh_hot *hot, int order)
{
    /* To be seen by others before we look at it; pairs with itself in who stored there, too. */
    if (releases(order) && hot->thread->n_stored)
        __atomic_thread_fence(__ATOMIC_SEQ_CST);
    lh_settle(hot);
}

struct lh_atomic lh_atomic_enter(uintptr_t addr, enum lh_atomic_kind kind, int order)
{
    struct lh_atomic atomic = {.addr = addr};
    struct lh_hot *hot = &lh_hot;

    if (!hot->epoch)
        return atomic;
    if (!lh_hot_enter(hot)) {
        if (kind != LH_ATOMIC_LOAD && releases(order))
            lh_race_defer(hot, addr, true);
        if (kind != LH_ATOMIC_STORE && acquires(order))
            lh_race_defer(hot, addr, false);
        return atomic;
    }
    bool make = kind != LH_ATOMIC_LOAD && (releases(order) || hot->thread->fenced);
    if (order != __ATOMIC_RELAXED)
        settle(hot, order);
    atomic.hot = hot;
    atomic.object = lh_object_lock(hot, addr, make);
    return atomic;
}

/* A relaxed load takes effect at the next acquire fence. */
static void take(struct lh_hot *hot, struct lh_object *object, int order)
{
    struct lh_race_thread *thread = hot->thread;

    if (acquires(order)) {
        lh_object_learn(hot, object, LH_EDGE_BOTH);
        return;
    }
    lh_clocks_join(&thread->pending, &object->clocks);
    lh_clocks_join(&thread->pending_strict, &object->strict);
}

/*
 * Release sequences as C11 has them (5.1.2.4p10), and C++ from 11 to 17: what follows the release
 * goes on with it if the same thread stores it, or if it reads and writes in one step. (C++20 lets
 * the thread's own stores end it: a program may be meant for either.) A store ends the sequences of
 * all other threads. Of several sequences that go on at once it is known whose they are, but not
 * what each of them brings: so a store by one of these keeps all.
 */
static uint64_t releaser(const struct lh_hot *hot)
{
    return (uint64_t)1 << hot->thread->slot % 64;
}

static void give_fence(struct lh_hot *hot, struct lh_object *object)
{
    struct lh_race_thread *thread = hot->thread;

    if (!thread->fenced)
        return;
    lh_clocks_join(&object->clocks, &thread->fence);
    lh_clocks_join(&object->strict, &thread->fence_strict);
    object->releasers |= releaser(hot);
}

static void give_store(struct lh_hot *hot, struct lh_object *object, int order)
{
    if (releases(order)) {
        lh_object_store(hot, object, LH_EDGE_BOTH);
        object->releasers = releaser(hot);
        return;
    }
    if (!(object->releasers & releaser(hot))) {
        lh_clocks_clear(&object->clocks);
        lh_clocks_clear(&object->strict);
        object->releasers = 0;
    }
    give_fence(hot, object);
}

static void give_rmw(struct lh_hot *hot, struct lh_object *object, int order)
{
    if (!releases(order)) {
        give_fence(hot, object);
        return;
    }
    lh_object_add(hot, object, LH_EDGE_BOTH);
    object->releasers |= releaser(hot);
}

void lh_atomic_leave(struct lh_atomic *atomic, enum lh_atomic_kind kind, int order)
{
    struct lh_hot *hot = atomic->hot;
    struct lh_object *object = atomic->object;

    if (!hot)
        return;
    if (kind != LH_ATOMIC_STORE && acquires(order))
        lh_learn_deferred(hot, atomic->addr);
    /* Who released meanwhile made the object before its value could be read. */
    if (!object && kind != LH_ATOMIC_STORE)
        object = lh_object_lock(hot, atomic->addr, false);
    if (object) {
        if (kind != LH_ATOMIC_STORE)
            take(hot, object, order);
        if (kind == LH_ATOMIC_STORE)
            give_store(hot, object, order);
        else if (kind == LH_ATOMIC_RMW)
            give_rmw(hot, object, order);
        lh_object_unlock(object);
    }
    if (kind != LH_ATOMIC_LOAD && releases(order))
        lh_race_tick(hot);
    lh_hot_leave(hot);
}

/* An object was made since it began, here or elsewhere. */
void lh_atomic_end_late(struct lh_atomic *atomic, enum lh_atomic_kind kind, int order)
{
    if (!lh_hot_enter(&lh_hot))
        return;
    atomic->hot = &lh_hot;
    lh_atomic_leave(atomic, kind, order);
}

void lh_atomic_fence(int order)
{
    struct lh_hot *hot = &lh_hot;

    if (!hot->epoch || !lh_hot_enter(hot))
        return;
    struct lh_race_thread *thread = hot->thread;
    settle(hot, order);
    if (acquires(order)) {
        lh_clocks_learn(&thread->clocks, thread->slot, &thread->pending);
        lh_clocks_learn(&thread->strict, thread->slot, &thread->pending_strict);
    }
    if (releases(order)) {
        uint32_t width = lh_race_slots() + 1;
        thread->fenced =
            lh_clocks_store(&thread->fence, &thread->clocks, thread->slot, width) &&
            lh_clocks_store(&thread->fence_strict, &thread->strict, thread->slot, width);
        lh_race_tick(hot);
    }
    lh_hot_leave(hot);
}
