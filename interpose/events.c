#include "events.h"

#include "recorder.h"

#define EVENT_EXTENT (4u * LH_UNIT)

struct lh_trace_event *lh_event_grow(struct lh_self *self)
{
    lh_recorder_lock();
    struct lh_trace_extent *extent = lh_writer_extent(&lh_writer, LH_EXTENT_EVENTS, EVENT_EXTENT,
                                                      self->event_extents, self->uid);
    if (extent) {
        self->event_extents++;
        self->events = (struct lh_trace_event *)(extent + 1);
        self->events_end =
            self->events + (extent->size - sizeof *extent) / sizeof(struct lh_trace_event);
    } else {
        lh_lost_record(LH_DROP_NO_SPACE);
    }
    lh_recorder_unlock();
    return extent ? self->events : NULL;
}
