#include "lock_slots.h"

#include <string.h>

#include "arena.h"
#include "hash.h"
#include "locks.h"
#include "map64.h"
#include "recorder.h"
#include "times.h"

#define MANY_LOCKS 4096u /* beyond that, extents are bigger */

/* Of a free slot `addr` points to the next one, `initial` is its index. */
static struct lh_trace_lock *free_slots;
static uint32_t slot_of_extent, slots_in_extent;
static struct lh_trace_extent *slot_extent;
static struct lh_map64 sums; /* struct lh_lock_sum */

static uint32_t slot_index(const struct lh_trace_lock *slot)
{
    const struct lh_trace_extent *extent = slot_extent;
    return extent->first_index + (uint32_t)(slot - (const struct lh_trace_lock *)(extent + 1));
}

static bool new_extent(void)
{
    bool many = lh_writer.next_lock > MANY_LOCKS;
    size_t size = lh_writer.next_lock == 1 ? LH_UNIT : (many ? 16 : 4) * LH_UNIT;
    struct lh_trace_extent *extent =
        lh_writer_extent(&lh_writer, LH_EXTENT_LOCKS, size, lh_writer.next_lock, 0);

    if (!extent)
        return false;
    if (many)
        lh_fault_in(extent);
    slot_extent = extent;
    slot_of_extent = 0;
    slots_in_extent = (uint32_t)((extent->size - sizeof *extent) / sizeof(struct lh_trace_lock));
    lh_writer.next_lock += slots_in_extent;
    return true;
}

uint32_t lh_lock_slots_new(uint32_t most, struct lh_trace_lock **ret, uint32_t *ret_index)
{
    if (slot_of_extent == slots_in_extent && !new_extent())
        return 0;
    uint32_t left = slots_in_extent - slot_of_extent, count = left < most ? left : most;
    *ret = (struct lh_trace_lock *)(slot_extent + 1) + slot_of_extent;
    *ret_index = slot_index(*ret);
    slot_of_extent += count;
    return count;
}

struct lh_trace_lock *lh_lock_slot_new(uint32_t *ret_index)
{
    struct lh_trace_lock *slot = free_slots;

    if (!slot)
        return lh_lock_slots_new(1, &slot, ret_index) ? slot : NULL;
    free_slots = (struct lh_trace_lock *)(uintptr_t)slot->addr;
    *ret_index = (uint32_t)slot->initial;
    memset(slot, 0, sizeof *slot);
    return slot;
}

void lh_lock_slot_free(struct lh_trace_lock *slot, uint32_t index)
{
    /* Zero first: a reader takes a slot with uid 0 for free. */
    __atomic_store_n(&slot->uid, 0, __ATOMIC_RELEASE);
    slot->addr = (uintptr_t)free_slots;
    slot->initial = index;
    free_slots = slot;
}

static struct lh_lock_sum *new_sum(uint64_t key)
{
    struct lh_lock_sum *sum = lh_arena_alloc(sizeof *sum);

    if (!sum)
        return NULL;
    sum->slot = lh_lock_slot_new(&sum->index);
    if (!sum->slot)
        return NULL;
    if (lh_map64_add(&sums, key, sum))
        return sum;
    lh_lock_slot_free(sum->slot, sum->index);
    return NULL;
}

void lh_lock_sum_begin(struct lh_trace_lock *sum, const struct lh_trace_lock *like)
{
    sum->kind = like->kind;
    sum->flags = like->flags | LH_LOCK_AGGREGATE | LH_LOCK_ENDED;
    sum->birth_stack = like->birth_stack;
    sum->birth_thread = like->birth_thread;
    sum->epoch = like->epoch;
    sum->addr = like->addr;
    __atomic_store_n(&sum->uid, lh_lock_new_uids(1), __ATOMIC_RELEASE);
}

/* The sum that ended instances of one kind and birth go into. NULL: no room. */
static struct lh_lock_sum *sum_of(const struct lh_trace_lock *slot)
{
    uint32_t flags = slot->flags & ~(uint32_t)LH_LOCK_AGGREGATE;
    uint64_t key = lh_join(lh_join(slot->kind, slot->birth_stack), flags);
    struct lh_lock_sum *sum = lh_map64_find(&sums, key);

    if (sum)
        return sum;
    sum = new_sum(key);
    if (sum)
        lh_lock_sum_begin(sum->slot, slot);
    return sum;
}

void lh_lock_slot_fold(const struct lh_trace_lock *slot, struct lh_trace_times **times)
{
    struct lh_lock_sum *sum = sum_of(slot);

    if (sum)
        lh_lock_sum_add(sum->slot, slot);
    else
        lh_lost_record(LH_DROP_NO_SPACE);
    lh_times_fold(times, sum ? sum->index : LH_NO_LOCK, sum ? sum->times : NULL);
}

void lh_lock_slots_forked(void)
{
    free_slots = NULL;
    slot_of_extent = slots_in_extent = 0;
    slot_extent = NULL;
    sums = (struct lh_map64){0};
}
