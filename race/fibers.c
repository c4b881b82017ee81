#include "fibers.h"

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

#include "entry.h"
#include "pool.h"
#include "race.h"
#include "recorder.h"
#include "renewal.h"
#include "report.h"
#include "self.h"
#include "slots.h"
#include "stored.h"
#include "thread_nodes.h"
#include "watched.h"

#define CHUNK   64u
#define NO_SYNC 1u /* flag of ThreadSanitizer's: a switch that orders nothing */

/* What a fiber is while it does not run; then all of it is in lh_hot. */
struct lh_fiber {
    struct lh_race_thread *thread; /* NULL: not watched */
    struct lh_frame *frames, *frame, *frame_end;
    uint32_t frames_lost, ignore_reads, ignore_writes;
    uint32_t process; /* number of the process, from fork to fork, that `thread` is of */
    struct lh_fiber *next_free;
};

static struct lh_fiber *free_fibers; /* under the race lock */
static uint32_t process;

/* ---- memory ---- */

/* Not of the pool: in the child of a fork all fibers are still there. Under the race lock. */
static void make_some(void)
{
    struct lh_fiber *some = lh_pages_alloc(CHUNK * sizeof *some);

    for (uint32_t i = 0; some && i < CHUNK; i++) {
        some[i].next_free = free_fibers;
        free_fibers = &some[i];
    }
}

static struct lh_fiber *new_fiber(void)
{
    lh_race_lock();
    if (!free_fibers)
        make_some();
    struct lh_fiber *fiber = free_fibers;
    if (fiber)
        free_fibers = fiber->next_free;
    lh_race_unlock();
    if (fiber)
        *fiber = (struct lh_fiber){.process = process};
    return fiber;
}

static void free_fiber(struct lh_fiber *fiber)
{
    lh_race_lock();
    fiber->next_free = free_fibers;
    free_fibers = fiber;
    lh_race_unlock();
}

/* ---- from and to lh_hot ---- */

static void save(struct lh_hot *hot, struct lh_fiber *fiber)
{
    fiber->thread = hot->thread;
    fiber->process = process;
    fiber->frames = hot->frames;
    fiber->frame = hot->frame;
    fiber->frame_end = hot->frame_end;
    fiber->frames_lost = hot->frames_lost;
    fiber->ignore_reads = hot->ignore_reads;
    fiber->ignore_writes = hot->ignore_writes;
}

/* The contexts that it was in have no numbers in the child of a fork. */
static void forget_contexts(struct lh_frame *from, const struct lh_frame *end)
{
    for (; from < end; from++)
        from->context = 0;
}

static void load(struct lh_hot *hot, struct lh_fiber *fiber)
{
    bool is_older = fiber->process != process;

    if (is_older)
        forget_contexts(fiber->frames, fiber->frame);
    hot->fiber = fiber;
    lh_race_bind(hot, is_older ? NULL : fiber->thread);
    hot->frames = fiber->frames;
    hot->frame = fiber->frame;
    hot->frame_end = fiber->frame_end;
    if (!hot->frames)
        lh_race_no_frames(hot);
    hot->frames_lost = fiber->frames_lost;
    hot->ignore_reads = fiber->ignore_reads;
    hot->ignore_writes = fiber->ignore_writes;
}

/* The one that runs; at first it is the thread itself. NULL: no memory. */
static struct lh_fiber *current(struct lh_hot *hot)
{
    if (!hot->fiber)
        hot->fiber = hot->own_fiber = new_fiber();
    return hot->fiber;
}

/* ---- making and ending ---- */

static void describe(struct lh_race_thread *thread, const char *name)
{
    struct lh_trace_thread_info info = {.uid = lh_slot_owner(thread)};

    memcpy(info.name, name, strnlen(name, sizeof info.name - 1));
    lh_race_lock();
    lh_slot_describe(thread, &info);
    lh_race_unlock();
}

/* A fiber is a thread of the trace: reports tell of it like of one. */
static struct lh_race_thread *new_thread(struct lh_hot *hot, uintptr_t pc)
{
    uint32_t stack = lh_report_stack(hot, pc), creator = lh_slot_owner(hot->thread);
    struct lh_self *self = lh_enter();

    if (!self)
        return NULL;
    lh_recorder_lock();
    struct lh_trace_thread_info info = {.uid = lh_self_new_uid(),
                                        .tid = self->slot->tid,
                                        .creator = creator,
                                        .create_stack = stack,
                                        .name = "fiber"};
    lh_recorder_unlock();
    lh_leave(self);
    struct lh_race_thread *thread = lh_race_thread_new(hot, info.uid);
    if (thread) {
        lh_race_lock();
        lh_slot_describe(thread, &info);
        lh_race_unlock();
    }
    return thread;
}

static struct lh_fiber *create(uintptr_t pc)
{
    struct lh_hot *hot = &lh_hot;
    struct lh_fiber *fiber = NULL;

    lh_race_watch_from_now();
    if (!lh_race_watch(hot) || !lh_hot_enter(hot))
        return new_fiber();
    fiber = new_fiber();
    if (fiber)
        fiber->thread = new_thread(hot, pc);
    lh_hot_leave(hot);
    return fiber;
}

static void destroy(struct lh_fiber *fiber)
{
    struct lh_hot *hot = &lh_hot;

    if (!fiber || fiber == hot->fiber || fiber == hot->own_fiber || !lh_hot_enter(hot))
        return;
    if (fiber->thread && fiber->process == process) {
        lh_renewals_end(hot, fiber->thread);
        lh_race_lock();
        lh_slot_give_back(fiber->thread);
        lh_race_unlock();
    }
    /* Another thread may be looking for a frame (own_memory.c). */
    lh_race_lock();
    lh_race_free_frames(fiber->frames);
    lh_race_unlock();
    free_fiber(fiber);
    lh_hot_leave(hot);
}

/* ---- switching ---- */

static void switch_to(struct lh_hot *hot, struct lh_fiber *fiber, bool sync)
{
    struct lh_fiber *from = current(hot);
    struct lh_race_past *past = NULL;

    if (!from || from == fiber)
        return;
    if (hot->thread)
        lh_settle(hot);
    if (sync && hot->thread)
        past = lh_race_past_of(hot);
    save(hot, from);
    load(hot, fiber);
    if (past && hot->thread)
        lh_race_past_learn(hot, past);
    lh_race_past_drop(past);
}

void lh_fibers_end(struct lh_hot *hot)
{
    struct lh_fiber *own = hot->own_fiber;

    if (!own)
        return;
    if (hot->fiber != own) {
        save(hot, hot->fiber);
        load(hot, own);
    }
    hot->fiber = hot->own_fiber = NULL;
    free_fiber(own);
}

/* What the fibers knew is forgotten, as what all threads knew. */
void lh_fibers_forked(struct lh_hot *hot)
{
    process++;
    forget_contexts(hot->frames, hot->frame);
}

/* ---- what programs call: ThreadSanitizer's interface ---- */

LH_ENTRY void *__tsan_get_current_fiber(void);
LH_ENTRY void *__tsan_get_current_fiber(void)
{
    struct lh_hot *hot = &lh_hot;
    struct lh_fiber *fiber = hot->fiber;

    if (!fiber && lh_hot_enter(hot)) {
        fiber = current(hot);
        lh_hot_leave(hot);
    }
    return fiber;
}

LH_ENTRY void *__tsan_create_fiber(unsigned flags);
LH_ENTRY void *__tsan_create_fiber(unsigned flags)
{
    (void)flags;
    return create(LH_CALLER);
}

LH_ENTRY void __tsan_destroy_fiber(void *fiber);
LH_ENTRY void __tsan_destroy_fiber(void *fiber)
{
    destroy(fiber);
}

LH_ENTRY void __tsan_switch_to_fiber(void *fiber, unsigned flags);
LH_ENTRY void __tsan_switch_to_fiber(void *fiber, unsigned flags)
{
    struct lh_hot *hot = &lh_hot;

    if (!fiber || !lh_hot_enter(hot))
        return;
    switch_to(hot, fiber, !(flags & NO_SYNC));
    lh_hot_leave(hot);
}

LH_ENTRY void __tsan_set_fiber_name(void *fiber, const char *name);
LH_ENTRY void __tsan_set_fiber_name(void *fiber, const char *name)
{
    struct lh_hot *hot = &lh_hot;
    struct lh_fiber *named = fiber;

    if (!named || !name || named == hot->own_fiber || !lh_hot_enter(hot))
        return;
    struct lh_race_thread *thread = named == hot->fiber ? hot->thread : named->thread;
    if (thread && named->process == process)
        describe(thread, name);
    lh_hot_leave(hot);
}
