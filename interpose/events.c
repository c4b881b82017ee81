#include "events.h"

#include "recorder.h"

#define GROWTHS_MAX 4 /* extents of a thread become larger so many times */

static struct lh_trace_event *grow(struct lh_self *self)
{
    uint32_t growths = self->event_extents < GROWTHS_MAX ? self->event_extents : GROWTHS_MAX;
    struct lh_trace_extent *extent = lh_writer_extent(
        &lh_writer, LH_EXTENT_EVENTS, LH_UNIT << growths, self->event_extents, self->uid);

    if (!extent) {
        lh_lost_record(LH_DROP_NO_SPACE);
        return NULL;
    }
    /* Not those of the first extents, for most threads fill no more. */
    if (growths > 1)
        lh_fault_in(extent);
    self->event_extents++;
    self->events = self->events_begin = (struct lh_trace_event *)(extent + 1);
    self->events_end =
        self->events + (extent->size - sizeof *extent) / sizeof(struct lh_trace_event);
    return self->events;
}

/* Of a full trace, the current extent's. */
static const struct lh_trace_event *full_back(const struct lh_self *self, uint32_t back)
{
    return back < (size_t)(self->events - self->events_begin) ? self->events - 1 - back : NULL;
}

const struct lh_trace_event *lh_event_back(const struct lh_self *self, uint32_t back)
{
    const struct lh_trace_thread *slot = self->slot;

    if (self->full)
        return full_back(self, back);
    if (back >= LH_FLIGHT_SLOTS || back >= slot->flight_count)
        return NULL;
    return &slot->flight[(slot->flight_count - 1 - back) & (LH_FLIGHT_SLOTS - 1)];
}

struct lh_trace_event *lh_event_grow(struct lh_self *self)
{
    lh_recorder_lock();
    struct lh_trace_event *event = grow(self);
    lh_recorder_unlock();
    return event;
}

void lh_event_locked(struct lh_self *self, enum lh_event_type type, uint32_t lock)
{
    /* lh_event() would take the recorder lock to grow. */
    if (self && self->full && (self->events < self->events_end || grow(self)))
        lh_event(self, type, lock, LH_NO_STACK, 0);
}
