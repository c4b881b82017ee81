/* Wrong uses of locks, as the shim noted them. */
#include "load.h"

static int fill_stacks(struct lh_loader *loader, const struct lh_record *record,
                       struct lh_misuse *misuse)
{
    const struct lh_trace_misuse *from = (const void *)record->record;
    void *stacks;
    int r;

    if (!lh_load_fits(loader, record, sizeof(*from), from->n_stacks, sizeof(from->stacks[0])))
        return 0;
    r = lh_load_array(loader, from->n_stacks, sizeof(uint32_t), &stacks);
    if (r < 0 || !stacks)
        return r;
    for (uint32_t i = 0; i < from->n_stacks; i++)
        ((uint32_t *)stacks)[i] = lh_load_stack_id(loader, from->stacks[i]);
    misuse->stacks = stacks;
    misuse->n_stacks = from->n_stacks;
    return 0;
}

static int visit_misuse(struct lh_loader *loader, const struct lh_record *record, void *data)
{
    const struct lh_trace_misuse *from = (const void *)record->record;
    struct lh_process *process = loader->process;

    size_t first = offsetof(struct lh_trace_misuse, n_stacks); /* a shorter record ends there */
    struct lh_misuse *misuse;

    (void)data;
    if (!lh_load_fits(loader, record, first, 0, 1))
        return 0;
    if (from->lock != LH_NO_LOCK && !lh_load_has_lock(loader, from->lock)) {
        lh_reader_note(loader->reader, "a wrong use of a lock has a lock that is missing");
        return 0;
    }
    if (process->n_misuses == loader->n_misuse_records)
        return 0;
    misuse = &process->misuses[process->n_misuses++];
    *misuse = (struct lh_misuse){
        .kind = from->kind,
        .thread = from->thread,
        .owner = from->owner,
        .lock = from->lock,
        .stack = lh_load_stack_id(loader, from->stack),
        .owner_stack = lh_load_stack_id(loader, from->owner_stack),
        .depth = from->depth,
        .other = from->other,
        .count = from->count,
    };
    if (record->record->size < sizeof(*from))
        return 0;
    misuse->owner_lock = from->owner_lock;
    return fill_stacks(loader, record, misuse);
}

int lh_load_misuses(struct lh_loader *loader)
{
    void *misuses;
    int r = lh_load_array(loader, loader->n_misuse_records, sizeof(struct lh_misuse), &misuses);

    if (r < 0 || !misuses)
        return r;
    loader->process->misuses = misuses;
    return lh_load_each_record(loader, LH_RECORD_MISUSE, visit_misuse, NULL);
}
