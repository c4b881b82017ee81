#include "slots.h"

#include <stddef.h>
#include <string.h>

#include "pool.h"
#include "recorder.h"
#include "self.h"
#include "thread_nodes.h"
#include "watched.h"

#define SOFT_LIMIT                                                                  \
    1024u /* slots; beyond it one may be used again by a thread that is not ordered \
             after its last one (that hides races between these two) */
#define MAX_TRIES 32
#define OWNERS    32u /* former threads of a slot that are remembered */

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

static struct slot *slots;
static uint32_t n_slots;                                 /* atomic */
static struct lh_race_thread *oldest_free, *newest_free; /* under the race lock */

uint32_t lh_race_slots(void)
{
    return __atomic_load_n(&n_slots, __ATOMIC_ACQUIRE);
}

struct lh_race_thread *lh_race_thread_of(uint32_t slot)
{
    return slots[slot].thread;
}

static bool ordered_after(const struct lh_race_thread *thread, const struct lh_clocks *past)
{
    return past && thread->slot < past->width && past->at[thread->slot] >= thread->clock;
}

static struct lh_race_thread *take_free(const struct lh_clocks *past)
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

struct lh_race_thread *lh_slot_take(const struct lh_clocks *past)
{
    struct lh_race_thread *thread = take_free(past);

    return thread ? thread : new_slot();
}

void lh_slot_give_back(struct lh_race_thread *thread)
{
    thread->live = false;
    thread->next_free = NULL;
    if (newest_free)
        newest_free->next_free = thread;
    else
        oldest_free = thread;
    newest_free = thread;
}

void lh_slot_own(struct lh_race_thread *thread, uint32_t uid)
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

uint32_t lh_slot_owner(const struct lh_race_thread *thread)
{
    const struct owner *owner = owner_at(thread->slot, thread->clock);

    return owner ? owner->uid : LH_NO_THREAD;
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
    struct owner found = {.uid = LH_NO_THREAD, .recorded = true};

    lh_race_lock();
    struct owner *owner = slot <= lh_race_slots() ? owner_at(slot, clock) : NULL;
    if (owner)
        found = *owner;
    lh_race_unlock();
    if (found.recorded)
        return found.uid;
    record_owner(&found);
    lh_race_lock();
    if (owner->uid == found.uid)
        owner->recorded = found.recorded;
    lh_race_unlock();
    return found.uid;
}

void lh_slot_describe(struct lh_race_thread *thread, const struct lh_trace_thread_info *info)
{
    struct owner *owner = owner_at(thread->slot, thread->clock);

    if (!owner || owner->uid != info->uid)
        return;
    if (info->create_stack || !owner->info.uid)
        owner->info = *info;
    memcpy(owner->info.name, info->name, sizeof owner->info.name);
}

void lh_slot_remember(const struct lh_race_thread *thread, const struct lh_self *self)
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

void lh_slots_forked(void)
{
    slots = NULL;
    n_slots = 0;
    oldest_free = newest_free = NULL;
}
