#include "filters.h"

#include <errno.h>
#include <stdlib.h>

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

/* The thread does not block. (A lock taken by trylock is held like any other.) */
static bool no_trylock(const struct lh_filter_facts *facts, const struct lh_link *a,
                       const struct lh_link *b)
{
    (void)facts;
    return !((a->way->want_flags | b->way->want_flags) & LH_ATTEMPT_TRY);
}

/* Does the thread that wants way->to block at the one that holds it in `held`? */
static bool blocks(const struct lh_filter_facts *facts, const struct lh_way *wanting,
                   const struct lh_way *holding)
{
    if (wanting->to != holding->from)
        return true; /* not neighbours in the cycle */
    if (wanting->want_mode != LH_MODE_SHARED || holding->hold_mode != LH_MODE_SHARED)
        return true;
    return facts->writer_blocks && facts->writer_blocks[wanting->to];
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

static bool may_run_together(const struct lh_filter_facts *facts, const struct lh_link *a,
                             const struct lh_link *b)
{
    return lh_segments_parallel(facts->segments, a->instance->segment, b->instance->segment);
}

#define RULE(name, of_instances, function) \
    [LH_FILTER_##name] = {LH_FILTER_##name, of_instances, function}

const struct lh_filter_rule lh_filter_rules[LH_FILTERS] = {
    RULE(SAME_THREAD, true, different_threads),
    RULE(SIGNAL_SEMAPHORE, false, no_signal),
    RULE(TRYLOCK, false, no_trylock),
    RULE(READERS, false, modes_conflict),
    RULE(GATE_LOCK, false, no_gate),
    RULE(CREATE_JOIN, true, may_run_together),
};

/*
 * A reader blocks at a reader if the lock lets waiting writers go first and somebody writes: the
 * first reader is in, the writer waits for it, the second reader waits behind the writer.
 */
static int find_writers(struct lh_filter_facts *facts)
{
    const struct lh_process *process = facts->process;
    bool *blocked = calloc(process->n_locks + 1, sizeof(*blocked));
    bool any = false;

    if (!blocked)
        return -ENOMEM;
    for (size_t i = 0; i < process->n_locks; i++) {
        const struct lh_lock *lock = &process->locks[i];
        bool first = lock->kind == LH_LOCK_RWLOCK && (lock->flags & LH_LOCK_WRITER_FIRST);
        any = any || first;
        blocked[i] = first && lock->acquisitions > 0;
    }
    for (size_t i = 0; any && i < process->n_deps; i++) {
        const struct lh_held *wanted = &process->deps[i].wanted;
        const struct lh_lock *lock = lh_process_lock(process, wanted->lock);
        if (process->deps[i].id && lock->uid && wanted->mode == LH_MODE_EXCLUSIVE &&
            lock->kind == LH_LOCK_RWLOCK && (lock->flags & LH_LOCK_WRITER_FIRST) &&
            !(wanted->flags & LH_ATTEMPT_TRY))
            blocked[wanted->lock] = true;
    }
    facts->writer_blocks = blocked;
    return 0;
}

int lh_filter_facts_init(struct lh_filter_facts *facts, const struct lh_process *process)
{
    *facts = (struct lh_filter_facts){.process = process};
    facts->segments = lh_segments_new(process);
    if (!facts->segments || find_writers(facts) < 0) {
        lh_filter_facts_done(facts);
        return -ENOMEM;
    }
    return 0;
}

void lh_filter_facts_done(struct lh_filter_facts *facts)
{
    lh_segments_free(facts->segments);
    free((void *)facts->writer_blocks);
    *facts = (struct lh_filter_facts){0};
}
