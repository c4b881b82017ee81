/*
 * Noting an event: into the flight recorder, or with --full into the thread's event stream.
 */
#ifndef LH_INTERPOSE_EVENTS_H
#define LH_INTERPOSE_EVENTS_H

#include "self.h"
#include "recorder.h"

/* Room for the next event of a full trace; NULL: none. */
struct lh_trace_event *lh_event_grow(struct lh_self *self);

/* The event that this thread noted `back` events ago, 0: the last one. NULL: it is not kept. */
const struct lh_trace_event *lh_event_back(const struct lh_self *self, uint32_t back);

/* Into a full trace, from under the recorder lock; else nowhere. Any state of the thread. */
void lh_event_locked(struct lh_self *self, enum lh_event_type type, uint32_t lock);

/* `time`: as lh_now() gives it, 0: not measured. */
static inline void lh_event(struct lh_self *self, enum lh_event_type type, uint32_t lock,
                            uint32_t stack, uint64_t time)
{
    if (__builtin_expect(self->full, 0)) {
        struct lh_trace_event *event =
            self->events < self->events_end ? self->events : lh_event_grow(self);
        if (!event)
            return;
        self->events = event + 1;
        event->lock = lock;
        event->stack = stack;
        /* The type last: a reader takes an event of type 0 for the end of the stream. */
        __atomic_store_n(&event->time_type, (time ? time : lh_now()) << 8 | type, __ATOMIC_RELEASE);
        return;
    }
    struct lh_trace_thread *slot = self->slot;
    uint64_t count = slot->flight_count;
    slot->flight[count & (LH_FLIGHT_SLOTS - 1)] =
        (struct lh_trace_event){time << 8 | type, lock, stack};
    /* Release: a reader that sees the count sees the event. */
    __atomic_store_n(&slot->flight_count, count + 1, __ATOMIC_RELEASE);
}

#endif
