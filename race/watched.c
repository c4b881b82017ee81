#include "watched.h"

#include <pthread.h>
#include <stddef.h>
#include <string.h>

#include "accesses.h"
#include "heap.h"
#include "contexts.h"
#include "deferred.h"
#include "discipline.h"
#include "fibers.h"
#include "locksets.h"
#include "memory_ends.h"
#include "objects.h"
#include "pool.h"
#include "race.h"
#include "records.h"
#include "renewal.h"
#include "report.h"
#include "self.h"
#include "shadow.h"
#include "slots.h"
#include "stored.h"

#define CLOCK_LIMIT 0xfffffff0u

/* Before the second thread there is nothing to watch: all that was done is before all that comes.
 */
enum stage { ALONE, WATCHING };

bool lh_race_on;
static enum stage stage; /* atomic */

/* What a thread knows when it creates another one, or ends. */
struct lh_race_past {
    uint32_t slot;
    struct lh_clocks clocks, strict;
};

static void set_epoch(struct lh_hot *hot)
{
    struct lh_race_thread *thread = hot->thread;

    thread->clocks.at[thread->slot] = thread->clock;
    thread->strict.at[thread->slot] = thread->clock;
    hot->epoch = (uint64_t)thread->clock << LH_WORD_CLOCK | (uint64_t)thread->slot << LH_WORD_SLOT;
}

/* What a new thread knows. Of its slot's last thread nothing stays. */
static void learn_past(struct lh_clocks *clocks, const struct lh_clocks *past, uint32_t clock)
{
    if (clock)
        memset(clocks->at, 0, (lh_race_slots() + 1) * sizeof *clocks->at);
    if (past && past->width)
        memcpy(clocks->at, past->at, past->width * sizeof *clocks->at);
}

/* Nobody knows where the thread came from: all that was done so far counts as before it. */
static void learn_all(struct lh_race_thread *thread)
{
    for (uint32_t slot = 1; slot <= lh_race_slots(); slot++) {
        uint32_t clock = lh_race_thread_of(slot)->clock;
        thread->clocks.at[slot] = clock;
        thread->strict.at[slot] = clock;
    }
}

/* Under the race lock; `uid` in the trace. NULL: no memory, or too many. */
static struct lh_race_thread *new_thread(const struct lh_race_past *past, uint32_t uid)
{
    struct lh_race_thread *thread = lh_slot_take(past ? &past->clocks : NULL);

    if (!thread)
        return NULL;
    learn_past(&thread->clocks, past ? &past->clocks : NULL, thread->clock);
    learn_past(&thread->strict, past ? &past->strict : NULL, thread->clock);
    if (!past)
        learn_all(thread);
    thread->clock++;
    thread->clocks.changed = thread->strict.changed = thread->clock;
    thread->live = true;
    thread->fenced = false;
    lh_clocks_clear(&thread->pending);
    lh_clocks_clear(&thread->pending_strict);
    lh_slot_own(thread, uid);
    return thread;
}

/* From now on the calling thread does what it does as this one. Under the race lock. */
static void bind(struct lh_hot *hot, struct lh_race_thread *thread)
{
    if (hot->thread)
        hot->thread->hot = NULL;
    thread->hot = hot;
    hot->thread = thread;
    hot->clocks = thread->clocks.at;
    hot->strict = thread->strict.at;
    hot->lockset_stale = true;
    hot->guard = 0;
    set_epoch(hot);
}

static bool begin(struct lh_hot *hot, const struct lh_race_past *past, uint32_t uid)
{
    struct lh_race_thread *thread = new_thread(past, uid);

    if (thread)
        bind(hot, thread);
    return thread != NULL;
}

/* Its uid in the trace; begins it there, too. LH_NO_THREAD: it cannot be recorded. */
static uint32_t uid_of_caller(void)
{
    if (!lh_self) {
        struct lh_self *self = lh_enter();
        if (self)
            lh_leave(self);
    }
    return lh_self && !lh_self_is_gone() ? lh_self->uid : LH_NO_THREAD;
}

static bool begin_caller(struct lh_hot *hot, const struct lh_race_past *past)
{
    uint32_t uid = uid_of_caller();
    bool begun = false;

    hot->shadow = lh_shadow_table();
    if (uid && hot->shadow) {
        lh_race_lock();
        begun = begin(hot, past, uid);
        lh_race_unlock();
    }
    if (!begun)
        hot->gone = true;
    return begun;
}

bool lh_race_known(struct lh_hot *hot)
{
    if (hot->thread)
        return true;
    if (hot->gone || !lh_hot_enter(hot))
        return false;
    if (begin_caller(hot, NULL) && __atomic_load_n(&stage, __ATOMIC_ACQUIRE) != WATCHING)
        hot->epoch = 0;
    lh_hot_leave(hot);
    return hot->thread != NULL;
}

bool lh_race_watch(struct lh_hot *hot)
{
    /* Acquire pairs with the release in lh_race_watch_from_now(). */
    if (hot->epoch)
        return true;
    if (__atomic_load_n(&stage, __ATOMIC_ACQUIRE) != WATCHING || !lh_race_known(hot))
        return false;
    set_epoch(hot);
    return true;
}

void lh_race_thread_begin(struct lh_race_past *past)
{
    struct lh_hot *hot = &lh_hot;

    if (!hot->thread && past && lh_hot_enter(hot)) {
        begin_caller(hot, past);
        lh_hot_leave(hot);
    }
    lh_race_past_drop(past);
}

/* Its clock has run out: it goes on in another slot, and its old one is never used again. */
static void move(struct lh_hot *hot)
{
    struct lh_race_thread *old = hot->thread;
    struct lh_race_past past = {.clocks = old->clocks, .strict = old->strict};

    past.clocks.width = past.strict.width = lh_race_slots() + 1;
    lh_race_lock();
    if (!begin(hot, &past, lh_slot_owner(old)))
        hot->epoch = 0;
    lh_race_unlock();
    if (!hot->epoch)
        hot->gone = true;
}

void lh_race_tick(struct lh_hot *hot)
{
    struct lh_race_thread *thread = hot->thread;

    lh_settle(hot);
    if (__builtin_expect(thread->clock == CLOCK_LIMIT, 0)) {
        move(hot);
        return;
    }
    thread->clock++;
    set_epoch(hot);
}

void lh_race_settle(void)
{
    struct lh_hot *hot = &lh_hot;

    if (hot->thread && lh_hot_enter(hot)) {
        lh_settle(hot);
        lh_hot_leave(hot);
    }
}

static struct lh_race_past *take_past(struct lh_hot *hot)
{
    struct lh_race_past *past = lh_pool_alloc(sizeof *past);
    struct lh_race_thread *thread = hot->thread;
    uint32_t width = lh_race_slots() + 1;

    if (!past)
        return NULL;
    memset(past, 0, sizeof *past);
    past->slot = thread->slot;
    if (!lh_clocks_store(&past->clocks, &thread->clocks, thread->slot, width) ||
        !lh_clocks_store(&past->strict, &thread->strict, thread->slot, width)) {
        lh_race_past_drop(past);
        return NULL;
    }
    lh_race_tick(hot);
    return past;
}

void lh_race_watch_from_now(void)
{
    /* Release pairs with the acquire in lh_race_watch(). */
    if (__atomic_load_n(&stage, __ATOMIC_RELAXED) == ALONE)
        __atomic_store_n(&stage, WATCHING, __ATOMIC_RELEASE);
}

struct lh_race_past *lh_race_past_take(void)
{
    struct lh_hot *hot = &lh_hot;
    struct lh_race_past *past = NULL;

    lh_race_watch_from_now();
    if (!lh_race_watch(hot) || !lh_hot_enter(hot))
        return NULL;
    past = take_past(hot);
    lh_hot_leave(hot);
    return past;
}

struct lh_race_past *lh_race_past_of(struct lh_hot *hot)
{
    return take_past(hot);
}

void lh_race_past_learn(struct lh_hot *hot, const struct lh_race_past *past)
{
    lh_clocks_learn(&hot->thread->clocks, hot->thread->slot, &past->clocks);
    lh_clocks_learn(&hot->thread->strict, hot->thread->slot, &past->strict);
}

void lh_race_past_join(struct lh_race_past *past)
{
    struct lh_hot *hot = &lh_hot;

    if (past && lh_race_watch(hot) && lh_hot_enter(hot)) {
        lh_settle(hot);
        lh_race_past_learn(hot, past);
        lh_hot_leave(hot);
    }
    lh_race_past_drop(past);
}

void lh_race_past_drop(struct lh_race_past *past)
{
    if (!past)
        return;
    lh_clocks_free(&past->clocks);
    lh_clocks_free(&past->strict);
    lh_pool_free(past, sizeof *past);
}

struct lh_race_thread *lh_race_thread_new(struct lh_hot *creator, uint32_t uid)
{
    struct lh_race_past *past = take_past(creator);
    struct lh_race_thread *thread = NULL;

    if (past) {
        lh_race_lock();
        thread = new_thread(past, uid);
        lh_race_unlock();
    }
    lh_race_past_drop(past);
    return thread;
}

void lh_race_bind(struct lh_hot *hot, struct lh_race_thread *thread)
{
    lh_race_lock();
    if (thread) {
        bind(hot, thread);
    } else {
        if (hot->thread)
            hot->thread->hot = NULL;
        hot->thread = NULL;
        hot->epoch = 0;
    }
    lh_race_unlock();
}

/* Nobody looks at what is the thread's own any more. */
static void hide(struct lh_race_thread *thread)
{
    lh_race_lock();
    thread->hot = NULL;
    lh_race_unlock();
}

struct lh_race_past *lh_race_thread_end(struct lh_self *self)
{
    struct lh_hot *hot = &lh_hot;
    struct lh_race_past *past = NULL;

    hot->gone = true;
    if (!lh_hot_enter(hot))
        return NULL;
    lh_fibers_end(hot);
    struct lh_race_thread *thread = hot->thread;
    if (thread)
        hide(thread);
    lh_race_drop_frames(hot);
    if (!thread) {
        lh_hot_leave(hot);
        return NULL;
    }
    past = take_past(hot);
    /* The C library gives the stack, and the thread's own variables above it, to another thread. */
    if (self->stack_high && self->node)
        lh_memory_end(hot, self->stack_low, ((uintptr_t)pthread_self() | 4095) + 1);
    lh_renewals_end(hot, thread);
    hot->epoch = 0;
    hot->thread = NULL;
    lh_race_lock();
    lh_slot_remember(thread, self);
    lh_slot_give_back(thread);
    lh_race_unlock();
    lh_hot_leave(hot);
    return past;
}

void lh_race_forked(void)
{
    struct lh_hot *hot = &lh_hot;

    hot->epoch = 0;
    hot->thread = NULL;
    hot->inside = 0;
    lh_deferred_forked(hot);
    stage = ALONE;
    lh_slots_forked();
    lh_pool_forked();
    lh_shadow_forked();
    lh_records_forked();
    lh_contexts_forked();
    lh_accesses_forked();
    lh_locksets_forked();
    lh_objects_forked();
    lh_heap_forked();
    lh_reports_forked();
    lh_disciplines_forked();
    lh_fibers_forked(hot);
}
