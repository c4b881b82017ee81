/* Who signalled conditions and posted semaphores. */
#include <errno.h>

#include "load.h"

static struct lh_wake wake(struct lh_loader *loader, const struct lh_trace_wake *from)
{
    return (struct lh_wake){
        .thread = from->thread,
        .stack = lh_load_stack_id(loader, from->stack),
        .waiters = from->waiters,
        .mutex = lh_load_has_lock(loader, from->mutex) ? from->mutex : LH_NO_LOCK,
        .uses = from->uses,
        .time_ns = from->time,
    };
}

static int visit_waker(struct lh_loader *loader, const struct lh_record *record, void *data)
{
    const struct lh_trace_waker *from = (const void *)record->record;
    struct lh_waker waker;

    (void)data;
    if (!lh_load_fits(loader, record, sizeof(*from), 0, 1) || !lh_load_has_lock(loader, from->lock))
        return 0;
    waker.count = from->count;
    waker.last = wake(loader, &from->last);
    waker.unheard = wake(loader, &from->unheard);
    waker.last_event = from->last_event;
    if (from->version % 2)
        waker.last = waker.unheard = (struct lh_wake){0};
    loader->process->locks[from->lock].waker = lh_pool_copy(loader->pool, &waker, sizeof(waker));
    return loader->process->locks[from->lock].waker ? 0 : -ENOMEM;
}

int lh_load_wakers(struct lh_loader *loader)
{
    return lh_load_each_record(loader, LH_RECORD_WAKER, visit_waker, NULL);
}
