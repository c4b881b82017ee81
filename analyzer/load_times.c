/* How long locks were waited for and held. */
#include <errno.h>
#include <math.h>

#include "load.h"
#include "times.h"

/* Places of ticks are places of nanoseconds, some further up or down: two for each power of two. */
static int shift_of(double ns_per_tick)
{
    return (int)lround(2 * log2(ns_per_tick));
}

static int visit_times(struct lh_loader *loader, const struct lh_record *record, void *data)
{
    const struct lh_trace_times *from = (const void *)record->record;
    const int *shift = data;

    if (!lh_load_fits(loader, record, sizeof(*from), 0, 1) ||
        !lh_load_fits(loader, record, sizeof(*from), from->count, sizeof(from->counts[0])) ||
        !lh_load_has_lock(loader, from->lock) || from->kind >= LH_TIMES_KINDS)
        return 0;
    struct lh_lock *lock = &loader->process->locks[from->lock];
    struct lh_times **times = from->kind == LH_TIMES_WAIT ? &lock->wait_times : &lock->hold_times;
    if (*times == NULL)
        *times = lh_pool_alloc(loader->pool, sizeof(**times));
    if (*times == NULL)
        return -ENOMEM;
    for (int i = 0; i < from->count; i++)
        lh_times_add(*times, i + *shift, from->counts[i]);
    return 0;
}

int lh_load_times(struct lh_loader *loader)
{
    int shift = shift_of(loader->process->ns_per_tick);

    return lh_load_each_record(loader, LH_RECORD_TIMES, visit_times, &shift);
}
