/* Wrong uses of locks, as the shim noted them. */
#include "load.h"

static int visit_misuse(struct lh_loader *loader, const struct lh_record *record, void *data)
{
    const struct lh_trace_misuse *from = (const void *)record->record;
    struct lh_process *process = loader->process;

    (void)data;
    if (!lh_load_fits(loader, record, sizeof(*from), 0, 1))
        return 0;
    if (!lh_load_has_lock(loader, from->lock)) {
        lh_reader_note(loader->reader, "a wrong use of a lock has a lock that is missing");
        return 0;
    }
    if (process->n_misuses == loader->n_misuse_records)
        return 0;
    process->misuses[process->n_misuses++] = (struct lh_misuse){
        .kind = from->kind,
        .thread = from->thread,
        .owner = from->owner,
        .lock = from->lock,
        .stack = lh_load_stack_id(loader, from->stack),
        .owner_stack = lh_load_stack_id(loader, from->owner_stack),
        .depth = from->depth,
        .count = from->count,
    };
    return 0;
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
