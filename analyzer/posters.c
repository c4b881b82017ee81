#include "posters.h"

#include <errno.h>
#include <stdlib.h>

#include "waits_for.h"

/* Who waits for a stuck thread is stuck: every edge is one that must go first. */
static bool spread(const struct lh_waits_for *graph, bool *stuck)
{
    bool changed = false;

    for (size_t i = 0; i < graph->n; i++) {
        const struct lh_wait_edge *edge = &graph->edges[i];
        if (stuck[edge->to] && !stuck[edge->from])
            changed = stuck[edge->from] = true;
    }
    return changed;
}

static int mark_stuck(const struct lh_finding *circle, bool *stuck)
{
    const struct lh_process *process = circle->process;
    struct lh_waits_for graph;
    int error = lh_waits_for_init(&graph, process);

    if (error)
        return error;
    for (size_t i = 0; i < circle->n_participants; i++)
        stuck[lh_process_thread(process, circle->participants[i].thread) - process->threads] = true;
    while (spread(&graph, stuck))
        ;
    lh_waits_for_done(&graph);
    return 0;
}

/* Two threads may have one bit: then there is a doubt too much. */
static uint64_t posters_of(const struct lh_finding *circle)
{
    uint64_t posters = 0;

    for (size_t i = 0; i < circle->n_locks; i++) {
        const struct lh_lock *lock = lh_process_lock(circle->process, circle->locks[i]);
        if (lock->kind == LH_LOCK_SEMAPHORE)
            posters |= lock->posters;
    }
    return posters;
}

int lh_find_poster(const struct lh_finding *circle, uint32_t *ret_thread)
{
    const struct lh_process *process = circle->process;
    uint64_t posters = posters_of(circle);
    bool *stuck;
    int error;

    *ret_thread = LH_NO_THREAD;
    if (!posters)
        return 0;
    stuck = calloc(process->n_threads, sizeof(*stuck));
    if (!stuck)
        return -ENOMEM;
    error = mark_stuck(circle, stuck);
    for (size_t i = 0; !error && i < process->n_threads && *ret_thread == LH_NO_THREAD; i++) {
        const struct lh_thread *thread = &process->threads[i];
        if (thread->live && !stuck[i] && (posters >> thread->uid % 64 & 1))
            *ret_thread = thread->uid;
    }
    free(stuck);
    return error;
}
