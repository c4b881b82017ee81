#include "filters.h"

#include <errno.h>

#include "writers.h"

/* One thread cannot wait for itself at two places. */
static bool different_threads(const struct lh_filter_facts *facts, const struct lh_link *a,
                              const struct lh_link *b)
{
    (void)facts;
    return a->instance->thread != b->instance->thread;
}

static bool is_order(const struct lh_filter_facts *facts, const struct lh_way *way)
{
    return !lh_is_signal(lh_process_lock(facts->process, way->from)) &&
           !lh_is_signal(lh_process_lock(facts->process, way->to));
}

/* Whoever waits for a signal waits for any thread that may send it, not for one that holds it. */
static bool no_signal(const struct lh_filter_facts *facts, const struct lh_link *a,
                      const struct lh_link *b)
{
    return is_order(facts, a->way) && is_order(facts, b->way);
}

/*
 * With the light switch of a room, the first who comes takes the room for all, under the lock of
 * their counter, and the last who goes gives it back, under that lock: whoever comes under the lock
 * and waits for the room knows by the counter that none of them has it.
 */
static bool no_switch(const struct lh_filter_facts *facts, const struct lh_link *a,
                      const struct lh_link *b)
{
    (void)facts;
    return !a->way->is_switch && !b->way->is_switch;
}

/* The thread does not block. (A lock taken by trylock is held like any other.) */
static bool no_trylock(const struct lh_filter_facts *facts, const struct lh_link *a,
                       const struct lh_link *b)
{
    (void)facts;
    return !((a->way->want_flags | b->way->want_flags) & LH_ATTEMPT_TRY);
}

bool lh_needs_writer(const struct lh_way *wanting, const struct lh_way *holding)
{
    return wanting->to == holding->from && wanting->want_mode == LH_MODE_SHARED &&
           holding->hold_mode == LH_MODE_SHARED;
}

/* Does the thread that wants way->to block at the one that holds it in `held`? */
static bool blocks(const struct lh_filter_facts *facts, const struct lh_way *wanting,
                   const struct lh_way *holding)
{
    uint32_t n_writers;

    if (!lh_needs_writer(wanting, holding))
        return true;
    lh_writers_of(facts->writers, wanting->to, &n_writers);
    return n_writers != 0;
}

static bool modes_conflict(const struct lh_filter_facts *facts, const struct lh_link *a,
                           const struct lh_link *b)
{
    return blocks(facts, a->way, b->way) && blocks(facts, b->way, a->way);
}

/* A lock held by both, not by both as readers, keeps one of them away. Both sets are sorted. */
static bool no_gate(const struct lh_filter_facts *facts, const struct lh_link *a,
                    const struct lh_link *b)
{
    const uint32_t *one = a->way->held, *other = b->way->held;
    uint32_t i = 0, k = 0;

    (void)facts;
    while (i < a->way->n_held && k < b->way->n_held) {
        uint32_t left = one[i] >> 1, right = other[k] >> 1;
        if (left == right && !(one[i] & other[k] & 1))
            return false;
        /* Equal and both shared: step in the set that may list the lock once more, as exclusive. */
        if (left < right || (left == right && one[i] <= other[k]))
            i++;
        else
            k++;
    }
    return true;
}

/* This is not about two: chain.c counts. */
static bool any_two(const struct lh_filter_facts *facts, const struct lh_link *a,
                    const struct lh_link *b)
{
    (void)facts;
    (void)a;
    (void)b;
    return true;
}

static bool has_unit(const struct lh_way *way, uint32_t semaphore)
{
    for (uint32_t i = 0; i < way->n_units; i++)
        if (way->units[i] == semaphore)
            return true;
    return false;
}

/* None but its takers ever gave back a unit of these semaphores (ways.c). */
bool lh_units_suffice(const struct lh_filter_facts *facts, const struct lh_link *links, size_t n,
                      const struct lh_way *way)
{
    for (uint32_t i = 0; i < way->n_units; i++) {
        uint64_t takers = 1;
        for (size_t k = 0; k < n; k++)
            takers += has_unit(links[k].way, way->units[i]);
        if (takers > lh_process_lock(facts->process, way->units[i])->initial)
            return false;
    }
    return true;
}

static bool may_run_together(const struct lh_filter_facts *facts, const struct lh_link *a,
                             const struct lh_link *b)
{
    return lh_segments_parallel(facts->segments, a->instance->segment, b->instance->segment);
}

#define RULE(name, of_instances, function) \
    [LH_FILTER_##name] = {LH_FILTER_##name, of_instances, function}

const struct lh_filter_rule lh_filter_rules[LH_CYCLE_FILTERS] = {
    RULE(SAME_THREAD, true, different_threads), RULE(SIGNAL_SEMAPHORE, false, no_signal),
    RULE(LIGHT_SWITCH, false, no_switch),       RULE(TRYLOCK, false, no_trylock),
    RULE(READERS, false, modes_conflict),       RULE(GATE_LOCK, false, no_gate),
    RULE(SEMAPHORE_LIMIT, false, any_two),      RULE(CREATE_JOIN, true, may_run_together),
};

int lh_filter_facts_init(struct lh_filter_facts *facts, const struct lh_process *process)
{
    *facts = (struct lh_filter_facts){.process = process};
    facts->segments = lh_segments_new(process);
    facts->writers = lh_writers_new(process);
    if (!facts->segments || !facts->writers) {
        lh_filter_facts_done(facts);
        return -ENOMEM;
    }
    return 0;
}

void lh_filter_facts_done(struct lh_filter_facts *facts)
{
    lh_segments_free(facts->segments);
    lh_writers_free(facts->writers);
    *facts = (struct lh_filter_facts){0};
}
