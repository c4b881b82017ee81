/* Data races, with the sets of locks and the heap blocks that they refer to. */
#include <errno.h>
#include <stddef.h>
#include <string.h>

#include "load.h"

/* ---- sets of locks ---- */

static int fill_lockset(struct lh_loader *loader, const struct lh_trace_lockset *from,
                        struct lh_lockset *lockset)
{
    void *held;
    int r = lh_load_array(loader, from->count, sizeof(struct lh_held), &held);

    if (r < 0)
        return r;
    lockset->id = from->id;
    lockset->held = held;
    for (uint32_t i = 0; i < from->count; i++) {
        const struct lh_trace_dep_held *one = &from->held[i];

        /* LH_NO_LOCK: one that had ended when this was written. */
        if (one->lock != LH_NO_LOCK && !lh_load_has_lock(loader, one->lock)) {
            lh_reader_note(loader->reader, "the set of locks %u has a lock that is missing",
                           from->id);
            continue;
        }
        lockset->held[lockset->n_held++] = (struct lh_held){
            .lock = one->lock,
            .stack = lh_load_stack_id(loader, one->stack),
            .mode = one->mode,
            .flags = one->flags,
            .depth = 1,
        };
    }
    return 0;
}

static int visit_lockset(struct lh_loader *loader, const struct lh_record *record, void *data)
{
    const struct lh_trace_lockset *from = (const void *)record->record;
    struct lh_process *process = loader->process;

    (void)data;
    if (!lh_load_fits(loader, record, sizeof(*from), 0, 1) || from->id == 0 ||
        from->id >= process->n_locksets ||
        !lh_load_fits(loader, record, sizeof(*from), from->count, sizeof(from->held[0])))
        return 0;
    if (process->locksets[from->id].id == 0)
        return fill_lockset(loader, from, &process->locksets[from->id]);
    lh_reader_note(loader->reader, "the set of locks number %u occurs twice", from->id);
    return 0;
}

static int load_locksets(struct lh_loader *loader)
{
    void *locksets;
    int r =
        lh_load_array(loader, loader->process->n_locksets, sizeof(struct lh_lockset), &locksets);

    if (r < 0)
        return r;
    loader->process->locksets = locksets;
    return lh_load_each_record(loader, LH_RECORD_LOCKSET, visit_lockset, NULL);
}

/* ---- blocks ---- */

/* Older writers have less to say of a block, or a race. */
static uint64_t late_field(const struct lh_record *record, size_t offset)
{
    uint64_t value = 0;

    if (record->size >= offset + sizeof(value))
        memcpy(&value, (const char *)record->record + offset, sizeof(value));
    return value;
}

static int visit_block(struct lh_loader *loader, const struct lh_record *record, void *data)
{
    const struct lh_trace_block *from = (const void *)record->record;
    struct lh_process *process = loader->process;

    (void)data;
    if (!lh_load_fits(loader, record, offsetof(struct lh_trace_block, code), 0, 1) ||
        from->id == 0 || from->id >= process->n_blocks)
        return 0;
    if (process->blocks[from->id].id != 0) {
        lh_reader_note(loader->reader, "the block number %u occurs twice", from->id);
        return 0;
    }
    process->blocks[from->id] = (struct lh_block){
        .id = from->id,
        .kind = from->kind,
        .thread = from->thread,
        .stack = lh_load_stack_id(loader, from->stack),
        .addr = from->addr,
        .size = from->size,
        .code = late_field(record, offsetof(struct lh_trace_block, code)),
        .pc = late_field(record, offsetof(struct lh_trace_block, pc)),
    };
    return 0;
}

static int load_blocks(struct lh_loader *loader)
{
    void *blocks;
    int r = lh_load_array(loader, loader->process->n_blocks, sizeof(struct lh_block), &blocks);

    if (r < 0)
        return r;
    loader->process->blocks = blocks;
    return lh_load_each_record(loader, LH_RECORD_BLOCK, visit_block, NULL);
}

/* ---- races ---- */

static uint32_t lockset_id(struct lh_loader *loader, uint32_t id)
{
    if (id == 0 || lh_process_lockset(loader->process, id)->id == id)
        return id;
    lh_reader_note(loader->reader, "the set of locks %u is missing", id);
    return 0;
}

static uint32_t block_id(struct lh_loader *loader, uint32_t id)
{
    if (id == 0 || lh_process_block(loader->process, id)->id == id)
        return id;
    lh_reader_note(loader->reader, "the block %u is missing", id);
    return 0;
}

/* Its index may belong to another lock by now. */
static bool has_ended(const struct lh_loader *loader, uint32_t index, uint64_t uid)
{
    return uid != 0 && index != LH_NO_LOCK &&
           (!lh_load_has_lock(loader, index) ||
            lh_process_lock(loader->process, index)->uid != uid);
}

static uint32_t guard_index(struct lh_loader *loader, uint32_t index, bool ended)
{
    if (ended)
        return LH_NO_LOCK;
    if (index == LH_NO_LOCK || lh_load_has_lock(loader, index))
        return index;
    lh_reader_note(loader->reader, "a race has a guard that is missing");
    return LH_NO_LOCK;
}

static struct lh_access access_of(struct lh_loader *loader, const struct lh_trace_access *from)
{
    return (struct lh_access){
        .thread = from->thread,
        .stack = lh_load_stack_id(loader, from->stack),
        .lockset = lockset_id(loader, from->lockset),
        .flags = from->flags,
        .addr = from->addr,
        .size = from->size,
    };
}

static int visit_race(struct lh_loader *loader, const struct lh_record *record, void *data)
{
    const struct lh_trace_race *from = (const void *)record->record;
    struct lh_process *process = loader->process;

    (void)data;
    if (!lh_load_fits(loader, record, offsetof(struct lh_trace_race, guard_uid), 0, 1) ||
        process->n_races == loader->n_race_records)
        return 0;
    bool ended = has_ended(loader, from->guard,
                           late_field(record, offsetof(struct lh_trace_race, guard_uid)));
    process->races[process->n_races++] = (struct lh_race){
        .kind = from->kind,
        .block = block_id(loader, from->block),
        .earlier = access_of(loader, &from->earlier),
        .later = access_of(loader, &from->later),
        .count = from->count,
        .guard = guard_index(loader, from->guard, ended),
        .guard_ended = ended,
        .doubt = from->doubt,
        .reads = from->reads,
        .writes = from->writes,
        .guarded_reads = from->guarded_reads,
        .guarded_writes = from->guarded_writes,
    };
    return 0;
}

int lh_load_races(struct lh_loader *loader)
{
    void *races = NULL;
    int r = load_locksets(loader);

    if (r == 0)
        r = load_blocks(loader);
    if (r == 0)
        r = lh_load_array(loader, loader->n_race_records, sizeof(struct lh_race), &races);
    if (r < 0)
        return r;
    loader->process->races = races;
    return lh_load_each_record(loader, LH_RECORD_RACE, visit_race, NULL);
}
