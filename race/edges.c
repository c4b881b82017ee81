/* The edges of happens-before that the shim's wrappers tell of (race.h). */
#include "deferred.h"
#include "hot.h"
#include "objects.h"
#include "race.h"
#include "stored.h"
#include "watched.h"

static bool enter(struct lh_hot *hot)
{
    return lh_race_watch(hot) && lh_hot_enter(hot);
}

static void learn(struct lh_hot *hot, uintptr_t addr, enum lh_edge edge)
{
    struct lh_object *object = lh_object_lock(hot, addr, false);

    if (!object)
        return;
    lh_object_learn(hot, object, edge);
    lh_object_unlock(object);
}

static void add(struct lh_hot *hot, uintptr_t addr, enum lh_edge edge)
{
    struct lh_object *object = lh_object_lock(hot, addr, true);

    if (!object)
        return;
    lh_object_add(hot, object, edge);
    lh_object_unlock(object);
}

/* What readers know is kept apart: it is for the next writer, not for other readers. */
static uintptr_t readers_of(uintptr_t lock)
{
    return lock + 1;
}

void lh_race_lock_acquired(const void *lock, bool shared)
{
    struct lh_hot *hot = &lh_hot;
    uintptr_t addr = (uintptr_t)lock;

    if (!enter(hot))
        return;
    /* The accesses from here on are under another set of locks. First of all, as what was done so
     * far is to be compared with what was known then. */
    hot->lockset_stale = true;
    lh_race_tick(hot);
    learn(hot, addr, LH_EDGE_FULL);
    if (!shared && !lh_object_is_none(hot->thread, readers_of(addr)))
        learn(hot, readers_of(addr), LH_EDGE_FULL);
    lh_hot_leave(hot);
}

void lh_race_lock_releasing(const void *lock, bool shared)
{
    struct lh_hot *hot = &lh_hot;
    uintptr_t addr = (uintptr_t)lock;

    if (!enter(hot))
        return;
    add(hot, shared ? readers_of(addr) : addr, LH_EDGE_FULL);
    hot->lockset_stale = true;
    lh_race_tick(hot);
    lh_hot_leave(hot);
}

void lh_race_acquire(const void *object)
{
    struct lh_hot *hot = &lh_hot;

    if (!lh_race_watch(hot))
        return;
    if (!lh_hot_enter(hot)) {
        lh_race_defer(hot, (uintptr_t)object, false);
        return;
    }
    lh_settle(hot);
    lh_learn_deferred(hot, (uintptr_t)object);
    learn(hot, (uintptr_t)object, LH_EDGE_BOTH);
    lh_hot_leave(hot);
}

void lh_race_release(const void *object)
{
    struct lh_hot *hot = &lh_hot;

    if (!lh_race_watch(hot))
        return;
    if (!lh_hot_enter(hot)) {
        lh_race_defer(hot, (uintptr_t)object, true);
        return;
    }
    add(hot, (uintptr_t)object, LH_EDGE_BOTH);
    lh_race_tick(hot);
    lh_hot_leave(hot);
}

/*
 * A wait may return without a signal, so a signal proves no order: that is the mutex's. But it is
 * meant as one.
 */
void lh_race_signal(const void *cond)
{
    struct lh_hot *hot = &lh_hot;

    if (!enter(hot))
        return;
    add(hot, (uintptr_t)cond, LH_EDGE_STRICT);
    lh_race_tick(hot);
    lh_hot_leave(hot);
}

void lh_race_woken(const void *cond)
{
    struct lh_hot *hot = &lh_hot;

    if (!enter(hot))
        return;
    learn(hot, (uintptr_t)cond, LH_EDGE_STRICT);
    lh_hot_leave(hot);
}

/*
 * Two rounds can be under way: some have not left one while others arrive for the next. Nobody is
 * in the round before these two: all of them have arrived for the last.
 */
static uintptr_t round_of(uintptr_t barrier, uint32_t round)
{
    return barrier + (round & 1);
}

/* Which round this is; the first to arrive clears what is left of the round before the last. */
static uint32_t arrive(struct lh_hot *hot, struct lh_object *counter, uintptr_t barrier,
                       uint32_t parties)
{
    uint32_t round = counter->round;
    bool first = counter->arrived++ == 0;

    if (parties && counter->arrived >= parties) {
        counter->arrived = 0;
        counter->round++;
    }
    struct lh_object *object = lh_object_lock(hot, round_of(barrier, round), true);
    if (!object)
        return round;
    if (first && parties) {
        lh_clocks_clear(&object->clocks);
        lh_clocks_clear(&object->strict);
    }
    lh_object_add(hot, object, LH_EDGE_BOTH);
    lh_object_unlock(object);
    return round;
}

uint32_t lh_race_barrier_arrive(const void *barrier, uint32_t parties)
{
    struct lh_hot *hot = &lh_hot;
    uint32_t round = 0;

    if (!enter(hot))
        return round;
    struct lh_object *counter = lh_object_lock(hot, (uintptr_t)barrier + 2, true);
    if (counter) {
        round = arrive(hot, counter, (uintptr_t)barrier, parties);
        lh_object_unlock(counter);
    }
    lh_race_tick(hot);
    lh_hot_leave(hot);
    return round;
}

void lh_race_barrier_leave(const void *barrier, uint32_t round)
{
    struct lh_hot *hot = &lh_hot;

    if (!enter(hot))
        return;
    learn(hot, round_of((uintptr_t)barrier, round), LH_EDGE_BOTH);
    lh_hot_leave(hot);
}

void lh_race_held_changed(void)
{
    struct lh_hot *hot = &lh_hot;

    if (!enter(hot))
        return;
    hot->lockset_stale = true;
    lh_race_tick(hot);
    lh_hot_leave(hot);
}
