#include "watched.h"

#include <pthread.h>
#include <stddef.h>
#include <string.h>

#include "accesses.h"
#include "heap.h"
#include "check.h"
#include "contexts.h"
#include "discipline.h"
#include "locksets.h"
#include "objects.h"
#include "pool.h"
#include "race.h"
#include "records.h"
#include "recorder.h"
#include "report.h"
#include "self.h"
#include "shadow.h"
#include "thread_nodes.h"

#define SOFT_LIMIT                                                                  \
    1024u /* slots; beyond it one may be used again by a thread that is not ordered \
             after its last one (that hides races between these two) */
#define CLOCK_LIMIT 0xfffffff0u
#define MAX_TRIES   32
#define OWNERS      32u /* former threads of a slot that are remembered */

/* Before the second thread there is nothing to watch: all that was done is before all that comes.
 */
enum stage { ALONE, WATCHING };

/* Who had a slot from which clock on. */
struct owner {
    uint32_t first_clock, uid;
    bool recorded;
    struct lh_trace_thread_info info;
};

struct slot {
    struct lh_race_thread *thread;
    struct owner *owners; /* the newest at (n_owners - 1) % OWNERS */
    uint32_t n_owners;
};

bool lh_race_on;
static struct lh_frame outermost[2] = {{.sp = UINTPTR_MAX}};
__thread struct lh_hot lh_hot __attribute__((tls_model("initial-exec"))) = {
    .frames = outermost + 1,
    .frame = outermost + 1,
    .frame_end = outermost + 1,
};

static enum stage stage; /* atomic */
static struct slot *slots;
static uint32_t n_slots;                                 /* atomic */
static struct lh_race_thread *oldest_free, *newest_free; /* under the race lock */

/* What a thread knows when it creates another one, or ends. */
struct lh_race_past {
    uint32_t slot;
    struct lh_clocks clocks, strict;
};

uint32_t lh_race_slots(void)
{
    return __atomic_load_n(&n_slots, __ATOMIC_ACQUIRE);
}

struct lh_race_thread *lh_race_thread_of(uint32_t slot)
{
    return slots[slot].thread;
}

bool lh_hot_enter_again(struct lh_hot *hot, uintptr_t frame)
{
    const struct lh_self *self = lh_self;

    if (!self || hot->inside < self->stack_low || hot->inside >= self->stack_high ||
        frame >= self->stack_high || frame < hot->inside)
        return false;
    hot->inside = frame;
    return true;
}

bool lh_race_frames(struct lh_hot *hot)
{
    if (hot->gone)
        return false;
    struct lh_frame *frames = lh_pages_alloc((LH_FRAMES + 1) * sizeof *frames);
    if (!frames)
        return false;
    frames[0].sp = UINTPTR_MAX;
    hot->frames = hot->frame = frames + 1;
    hot->frame_end = frames + 1 + LH_FRAMES;
    return true;
}

static void drop_frames(struct lh_hot *hot)
{
    struct lh_frame *frames = hot->frames;

    hot->frames = hot->frame = hot->frame_end = outermost + 1;
    if (frames != outermost + 1)
        lh_pages_free(frames - 1, (LH_FRAMES + 1) * sizeof *frames);
}

/* ---- slots ---- */

static bool ordered_after(const struct lh_race_thread *thread, const struct lh_race_past *past)
{
    return past && thread->slot < past->clocks.width &&
           past->clocks.at[thread->slot] >= thread->clock;
}

static struct lh_race_thread *take_free(const struct lh_race_past *past)
{
    struct lh_race_thread *before = NULL, *thread = oldest_free;
    int tries = 0;

    while (thread && !ordered_after(thread, past) && ++tries < MAX_TRIES) {
        before = thread;
        thread = thread->next_free;
    }
    if (thread && !ordered_after(thread, past)) {
        before = NULL;
        thread = n_slots >= SOFT_LIMIT ? oldest_free : NULL;
    }
    if (!thread)
        return NULL;
    if (before)
        before->next_free = thread->next_free;
    else
        oldest_free = thread->next_free;
    if (newest_free == thread)
        newest_free = before;
    return thread;
}

static struct lh_race_thread *new_slot(void)
{
    size_t width = LH_SLOT_MAX + 1;

    if (n_slots == LH_SLOT_MAX)
        return NULL;
    if (!slots)
        slots = lh_pages_alloc(width * sizeof *slots);
    struct lh_race_thread *thread = lh_pages_alloc(sizeof *thread);
    uint32_t *clocks = lh_pages_alloc(2 * width * sizeof *clocks);
    if (!slots || !thread || !clocks)
        return NULL;
    thread->slot = n_slots + 1;
    thread->clocks.at = clocks;
    thread->strict.at = clocks + width;
    slots[thread->slot].thread = thread;
    __atomic_store_n(&n_slots, thread->slot, __ATOMIC_RELEASE);
    return thread;
}

/* Under the race lock. */
static void give_back(struct lh_race_thread *thread)
{
    thread->live = false;
    thread->next_free = NULL;
    if (newest_free)
        newest_free->next_free = thread;
    else
        oldest_free = thread;
    newest_free = thread;
}

static void note_owner(struct lh_race_thread *thread, uint32_t uid)
{
    struct slot *slot = &slots[thread->slot];

    if (!slot->owners)
        slot->owners = lh_pool_keep(OWNERS * sizeof *slot->owners);
    if (!slot->owners)
        return;
    slot->owners[slot->n_owners % OWNERS] =
        (struct owner){.first_clock = thread->clock, .uid = uid};
    slot->n_owners++;
}

static struct owner *owner_at(uint32_t number, uint32_t clock)
{
    struct slot *slot = &slots[number];
    uint32_t oldest = slot->n_owners > OWNERS ? slot->n_owners - OWNERS : 0;

    for (uint32_t i = slot->n_owners; slot->owners && i-- > oldest;) {
        if (slot->owners[i % OWNERS].first_clock <= clock)
            return &slot->owners[i % OWNERS];
    }
    return NULL;
}

static void record_owner(struct owner *owner)
{
    struct lh_self *self = lh_self_of_uid(owner->uid);
    struct lh_trace_thread_info *record;

    if (self) {
        lh_thread_record(self);
        owner->recorded = self->record != NULL;
        return;
    }
    record = lh_writer_record(&lh_writer, sizeof *record);
    if (!record) {
        lh_lost_record(LH_DROP_NO_SPACE);
        return;
    }
    *record = owner->info;
    lh_writer_commit(record, LH_RECORD_THREAD, sizeof *record);
    owner->recorded = true;
}

uint32_t lh_race_owner(uint32_t slot, uint32_t clock)
{
    struct owner *owner = slot <= lh_race_slots() ? owner_at(slot, clock) : NULL;

    if (!owner)
        return LH_NO_THREAD;
    if (!owner->recorded)
        record_owner(owner);
    return owner->uid;
}

/* ---- threads ---- */

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
        memset(clocks->at, 0, (n_slots + 1) * sizeof *clocks->at);
    if (past && past->width)
        memcpy(clocks->at, past->at, past->width * sizeof *clocks->at);
}

/* Nobody knows where the thread came from: all that was done so far counts as before it. */
static void learn_all(struct lh_race_thread *thread)
{
    for (uint32_t slot = 1; slot <= n_slots; slot++) {
        uint32_t clock = slots[slot].thread ? slots[slot].thread->clock : 0;
        thread->clocks.at[slot] = clock;
        thread->strict.at[slot] = clock;
    }
}

/* Under the race lock; `uid` in the trace. */
static bool begin(struct lh_hot *hot, const struct lh_race_past *past, uint32_t uid)
{
    struct lh_race_thread *thread = take_free(past);

    if (!thread)
        thread = new_slot();
    if (!thread)
        return false;
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
    note_owner(thread, uid);
    hot->thread = thread;
    hot->clocks = thread->clocks.at;
    hot->strict = thread->strict.at;
    hot->lockset_stale = true;
    set_epoch(hot);
    return true;
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
    /* Acquire pairs with the release in lh_race_past_take(). */
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

    past.clocks.width = past.strict.width = n_slots + 1;
    lh_race_lock();
    struct owner *owner = owner_at(old->slot, old->clock);
    if (!begin(hot, &past, owner ? owner->uid : LH_NO_THREAD))
        hot->epoch = 0;
    lh_race_unlock();
    if (!hot->epoch)
        hot->gone = true;
}

void lh_race_tick(struct lh_hot *hot)
{
    struct lh_race_thread *thread = hot->thread;

    lh_check_settle(hot);
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
        lh_check_settle(hot);
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

struct lh_race_past *lh_race_past_take(void)
{
    struct lh_hot *hot = &lh_hot;
    struct lh_race_past *past = NULL;

    /* Release pairs with the acquire in lh_race_watch(). */
    if (__atomic_load_n(&stage, __ATOMIC_RELAXED) == ALONE)
        __atomic_store_n(&stage, WATCHING, __ATOMIC_RELEASE);
    if (!lh_race_watch(hot) || !lh_hot_enter(hot))
        return NULL;
    past = take_past(hot);
    lh_hot_leave(hot);
    return past;
}

void lh_race_past_join(struct lh_race_past *past)
{
    struct lh_hot *hot = &lh_hot;

    if (past && lh_race_watch(hot) && lh_hot_enter(hot)) {
        lh_clocks_learn(&hot->thread->clocks, hot->thread->slot, &past->clocks);
        lh_clocks_learn(&hot->thread->strict, hot->thread->slot, &past->strict);
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

/* Keep what a report may have to say of it. */
static void remember(struct lh_race_thread *thread, const struct lh_self *self)
{
    struct owner *owner = owner_at(thread->slot, thread->clock);
    const struct lh_trace_thread *slot = self->slot;

    if (!owner || owner->uid != self->uid)
        return;
    owner->recorded = owner->recorded || self->record != NULL;
    owner->info = (struct lh_trace_thread_info){
        .uid = slot->uid,
        .tid = slot->tid,
        .creator = slot->creator,
        .create_stack = slot->create_stack,
        .start_routine = slot->start_routine,
    };
    memcpy(owner->info.name, slot->name, sizeof owner->info.name);
}

struct lh_race_past *lh_race_thread_end(struct lh_self *self)
{
    struct lh_hot *hot = &lh_hot;
    struct lh_race_thread *thread = hot->thread;
    struct lh_race_past *past = NULL;

    hot->gone = true;
    drop_frames(hot);
    if (!thread || !lh_hot_enter(hot))
        return NULL;
    past = take_past(hot);
    remember(thread, self);
    /* The C library gives the stack, and the thread's own variables above it, to another thread. */
    if (self->stack_high && self->node)
        lh_check_end(hot, self->stack_low, ((uintptr_t)pthread_self() | 4095) + 1, 0);
    hot->epoch = 0;
    hot->thread = NULL;
    lh_race_lock();
    give_back(thread);
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
    stage = ALONE;
    slots = NULL;
    n_slots = 0;
    oldest_free = newest_free = NULL;
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
    for (struct lh_frame *frame = hot->frames; frame < hot->frame; frame++)
        frame->context = 0;
}
