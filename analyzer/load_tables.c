/* Locks with their names, stacks, segments. */
#include <errno.h>
#include <string.h>

#include "load.h"

/* ---- locks ---- */

static void fill_lock(struct lh_loader *loader, const struct lh_trace_lock *from,
                      struct lh_lock *lock)
{
    lock->uid = from->uid;
    lock->addr = from->addr;
    lock->kind = from->kind;
    lock->flags = from->flags;
    lock->python = from->python < LH_PYTHON_CLASSES ? from->python : 0;
    lock->birth_stack = lh_load_stack_id(loader, from->birth_stack);
    lock->birth_thread = from->birth_thread;
    lock->epoch = from->epoch;
    lock->instances = from->instances;
    lock->acquisitions = from->acquisitions;
    lock->acquisitions_shared = from->acquisitions_shared;
    lock->contended = from->contended;
    lock->wait_total_ns = lh_load_ns(loader, from->wait_total);
    lock->wait_max_ns = lh_load_ns(loader, from->wait_max);
    lock->hold_total_ns = lh_load_ns(loader, from->hold_total);
    lock->hold_max_ns = lh_load_ns(loader, from->hold_max);
    lock->hold_samples = from->hold_samples;
    lock->wait_max_stack = lh_load_stack_id(loader, from->wait_max_stack);
    lock->hold_max_stack = lh_load_stack_id(loader, from->hold_max_stack);
    lock->initial = from->initial;
    lock->posters = from->posters;
}

static int visit_locks(struct lh_loader *loader, const struct lh_extent *extent, void *data)
{
    struct lh_process *process = loader->process;
    size_t slots = lh_reader_lock_slots(loader->reader, extent);
    struct lh_trace_lock slot;

    (void)data;
    for (size_t i = 0; i < slots; i++) {
        uint64_t index = (uint64_t)extent->first_index + i;

        if (index >= process->n_locks)
            break;
        lh_reader_lock_slot(loader->reader, extent, i, &slot);
        if (slot.uid == 0)
            continue;
        if (index == LH_NO_LOCK || slot.kind == 0 || slot.kind >= LH_LOCK_KINDS)
            lh_reader_note(loader->reader, "the lock number %ju is of the kind %u",
                           (uintmax_t)index, slot.kind);
        else if (process->locks[index].uid != 0)
            lh_reader_note(loader->reader, "the lock number %ju occurs twice", (uintmax_t)index);
        else
            fill_lock(loader, &slot, &process->locks[index]);
    }
    return 0;
}

int lh_load_locks(struct lh_loader *loader)
{
    void *locks;
    int r = lh_load_array(loader, loader->process->n_locks, sizeof(struct lh_lock), &locks);

    if (r < 0)
        return r;
    loader->process->locks = locks;
    return lh_load_each_extent(loader, LH_EXTENT_LOCKS, visit_locks, NULL);
}

static int visit_name(struct lh_loader *loader, const struct lh_record *record, void *data)
{
    const struct lh_trace_name *from = (const void *)record->record;
    struct lh_lock *lock;

    (void)data;
    if (!lh_load_fits(loader, record, sizeof(*from), 0, 1) ||
        !lh_load_fits(loader, record, sizeof(*from), from->size, 1))
        return 0;
    /* The name of a lock that ended may outlive it. */
    if (!lh_load_has_lock(loader, from->lock))
        return 0;
    lock = &loader->process->locks[from->lock];
    lock->name = lh_pool_strndup(loader->pool, from->text, from->size);
    return lock->name ? 0 : -ENOMEM;
}

int lh_load_names(struct lh_loader *loader)
{
    return lh_load_each_record(loader, LH_RECORD_NAME, visit_name, NULL);
}

/* ---- stacks ---- */

static int visit_stack(struct lh_loader *loader, const struct lh_record *record, void *data)
{
    const struct lh_trace_stack *from = (const void *)record->record;
    struct lh_process *process = loader->process;
    struct lh_stack *stack;

    (void)data;
    if (!lh_load_fits(loader, record, sizeof(*from), 0, 1) || from->id == 0 ||
        from->id >= process->n_stacks ||
        !lh_load_fits(loader, record, sizeof(*from), from->count, sizeof(from->pcs[0])))
        return 0;
    stack = &process->stacks[from->id];
    if (stack->id != 0) {
        lh_reader_note(loader->reader, "the stack number %u occurs twice", from->id);
        return 0;
    }
    stack->pcs = lh_pool_copy(loader->pool, from->pcs, from->count * sizeof(from->pcs[0]));
    if (!stack->pcs)
        return -ENOMEM;
    stack->n_pcs = from->count;
    stack->epoch = from->epoch;
    stack->cut = from->flags & LH_STACK_CUT;
    stack->id = from->id;
    return 0;
}

int lh_load_stacks(struct lh_loader *loader)
{
    void *stacks;
    int r = lh_load_array(loader, loader->process->n_stacks, sizeof(struct lh_stack), &stacks);

    if (r < 0)
        return r;
    loader->process->stacks = stacks;
    return lh_load_each_record(loader, LH_RECORD_STACK, visit_stack, NULL);
}

/* ---- segments ---- */

static int visit_segment(struct lh_loader *loader, const struct lh_record *record, void *data)
{
    const struct lh_trace_segment *from = (const void *)record->record;
    struct lh_process *process = loader->process;
    struct lh_segment *segment;

    (void)data;
    if (!lh_load_fits(loader, record, sizeof(*from), 0, 1) || from->id == 0 ||
        from->id >= process->n_segments ||
        !lh_load_fits(loader, record, sizeof(*from), from->count, sizeof(from->parents[0])))
        return 0;
    segment = &process->segments[from->id];
    if (segment->id != 0) {
        lh_reader_note(loader->reader, "the segment number %u occurs twice", from->id);
        return 0;
    }
    segment->parents =
        lh_pool_copy(loader->pool, from->parents, from->count * sizeof(from->parents[0]));
    if (!segment->parents)
        return -ENOMEM;
    segment->n_parents = from->count;
    segment->thread = from->thread;
    segment->began = from->began;
    segment->ended = from->ended;
    segment->id = from->id;
    return 0;
}

int lh_load_segments(struct lh_loader *loader)
{
    void *segments;
    int r =
        lh_load_array(loader, loader->process->n_segments, sizeof(struct lh_segment), &segments);

    if (r < 0)
        return r;
    loader->process->segments = segments;
    return lh_load_each_record(loader, LH_RECORD_SEGMENT, visit_segment, NULL);
}
