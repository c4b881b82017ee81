/* What threads did lately at conditions, semaphores and barriers: from their flight recorders. */
#include <string.h>

#include "load.h"

/* Enough for what one report says; who uses more of them at once keeps the newest. */
#define DEEDS_MAX  32
#define EVENTS_MAX 4096u /* looked at, of one thread; the writer's recorder is shorter */

struct deeds {
    struct lh_deed items[DEEDS_MAX];
    size_t n;
};

static bool is_deed(uint32_t event)
{
    return event == LH_EVENT_COND_SIGNAL || event == LH_EVENT_COND_BROADCAST ||
           event == LH_EVENT_COND_WAKE || event == LH_EVENT_SEM_POST ||
           event == LH_EVENT_SEM_TAKEN || event == LH_EVENT_BARRIER_LEAVE;
}

static bool is_known(const struct deeds *deeds, uint32_t event, uint32_t lock)
{
    for (size_t i = 0; i < deeds->n; i++)
        if (deeds->items[i].event == event && deeds->items[i].lock == lock)
            return true;
    return false;
}

static void take(struct lh_loader *loader, const struct lh_trace_event *from, uint64_t number,
                 struct deeds *deeds)
{
    uint32_t event = from->time_type & 0xff;

    if (!is_deed(event) || !lh_load_has_lock(loader, from->lock) ||
        is_known(deeds, event, from->lock))
        return;
    deeds->items[deeds->n++] = (struct lh_deed){
        .event = event,
        .lock = from->lock,
        /* The process may have been killed between the event and its stack. */
        .stack = lh_process_stack(loader->process, from->stack)->id,
        .number = number,
    };
}

/* NULL: the slot was written before there was one, or what it says is out of place. */
static const struct lh_trace_event *flight(struct lh_loader *loader,
                                           const struct lh_trace_thread *slot)
{
    uint32_t slots = slot->flight_slots;

    if (slots == 0 || (slots & (slots - 1)) != 0 || slot->flight_offset % LH_RECORD_ALIGN != 0)
        return NULL;
    return lh_reader_range(loader->reader, slot->flight_offset, slots,
                           sizeof(struct lh_trace_event));
}

int lh_load_deeds(struct lh_loader *loader, const struct lh_trace_thread *slot,
                  struct lh_thread *thread)
{
    const struct lh_trace_event *events = flight(loader, slot);
    uint64_t count = slot->flight_count, n = slot->flight_slots;
    struct deeds deeds = {.n = 0};
    void *copy;
    int r;

    if (!events)
        return 0;
    n = n > EVENTS_MAX ? EVENTS_MAX : n;
    for (uint64_t i = count; i > 0 && count - i < n && deeds.n < DEEDS_MAX; i--)
        take(loader, &events[(i - 1) & (slot->flight_slots - 1)], i, &deeds);
    r = lh_load_array(loader, deeds.n, sizeof(struct lh_deed), &copy);
    if (r < 0 || !copy)
        return r;
    memcpy(copy, deeds.items, deeds.n * sizeof(deeds.items[0]));
    thread->deeds = copy;
    thread->n_deeds = deeds.n;
    return 0;
}
