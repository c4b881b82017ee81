#include "waits_for.h"

#include <errno.h>
#include <stdlib.h>

#include "futex_words.h"
#include "lock_graph.h"
#include "pool.h"

/* A lock that a live thread holds, or waits to write. */
struct claim {
    uint32_t lock;
    uint32_t thread; /* index */
    uint32_t hold;   /* LH_NO_HOLD: waits as a writer */
    uint8_t mode;
};

struct claims {
    struct claim *items;
    size_t n, capacity;
};

static bool waits_for_lock(const struct lh_process *process, const struct lh_thread *thread)
{
    bool kind = thread->wait_kind == LH_WAIT_LOCK || thread->wait_kind == LH_WAIT_SEM ||
                thread->wait_kind == LH_WAIT_ONCE;

    return thread->live && kind && !(thread->wait_flags & LH_ATTEMPT_TIMED) &&
           lh_is_lock(lh_process_lock(process, thread->wait_lock));
}

static bool waits_for_thread(const struct lh_thread *thread)
{
    return thread->live && thread->wait_kind == LH_WAIT_JOIN &&
           !(thread->wait_flags & LH_ATTEMPT_TIMED);
}

static int add_claim(struct claims *claims, struct claim claim)
{
    if (lh_grow(&claims->items, &claims->capacity, claims->n + 1, sizeof(*claims->items)) < 0)
        return -ENOMEM;
    claims->items[claims->n++] = claim;
    return 0;
}

static int collect_claims(const struct lh_process *process, uint32_t index, struct claims *claims)
{
    const struct lh_thread *thread = &process->threads[index];
    int error = 0;

    if (!thread->live)
        return 0;
    for (uint32_t i = 0; !error && i < thread->n_held; i++)
        error =
            add_claim(claims, (struct claim){thread->held[i].lock, index, i, thread->held[i].mode});
    if (!error && waits_for_lock(process, thread) && thread->wait_mode != LH_MODE_SHARED)
        error = add_claim(claims,
                          (struct claim){thread->wait_lock, index, LH_NO_HOLD, thread->wait_mode});
    return error;
}

static int compare_claims(const void *left, const void *right)
{
    const struct claim *a = left, *b = right;

    if (a->lock != b->lock)
        return a->lock < b->lock ? -1 : 1;
    if (a->thread != b->thread)
        return a->thread < b->thread ? -1 : 1;
    return (a->hold > b->hold) - (a->hold < b->hold);
}

/* The first claim on a lock or a greater one. */
static size_t first_claim(const struct claims *claims, uint32_t lock)
{
    size_t low = 0, high = claims->n;

    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (claims->items[middle].lock < lock)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static bool blocks(const struct lh_process *process, const struct lh_thread *waiter,
                   const struct claim *claim)
{
    const struct lh_lock *lock = lh_process_lock(process, waiter->wait_lock);
    bool reads = waiter->wait_mode == LH_MODE_SHARED;

    if (claim->hold == LH_NO_HOLD)
        return reads && lock->kind == LH_LOCK_RWLOCK && (lock->flags & LH_LOCK_WRITER_FIRST);
    return !reads || claim->mode != LH_MODE_SHARED;
}

bool lh_was_lock(uint32_t kind, uint32_t flags, uint64_t acquisitions)
{
    return kind != LH_LOCK_SEMAPHORE ||
           (lh_semaphore_is_lock(flags) && (acquisitions > 1 || (flags & LH_LOCK_PYTHON)));
}

/*
 * Waiting for what one holds is for ever, but for recursive locks; and where it is a semaphore,
 * nobody may be left who could post it. Of Python's Lock it is enough that a with statement took
 * it.
 */
static bool is_self(const struct lh_process *process, const struct lh_thread *waiter, uint32_t hold)
{
    const struct lh_lock *lock = lh_process_lock(process, waiter->wait_lock);

    if (lock->flags & LH_LOCK_RECURSIVE)
        return false;
    if (lock->python && (waiter->held[hold].flags & LH_ATTEMPT_SCOPED))
        return true;
    return lock->kind != LH_LOCK_SEMAPHORE ||
           (process->stalled && lh_was_lock(lock->kind, lock->flags, lock->acquisitions));
}

static int add_edge(struct lh_waits_for *graph, uint32_t from, uint32_t to, uint32_t hold)
{
    if (lh_grow(&graph->edges, &graph->capacity, graph->n + 1, sizeof(*graph->edges)) < 0)
        return -ENOMEM;
    graph->edges[graph->n++] = (struct lh_wait_edge){from, to, hold};
    return 0;
}

static int add_self(struct lh_waits_for *graph, uint32_t thread, uint32_t hold)
{
    if (lh_grow(&graph->selves, &graph->selves_capacity, graph->n_selves + 1,
                sizeof(*graph->selves)) < 0)
        return -ENOMEM;
    graph->selves[graph->n_selves++] = (struct lh_wait_edge){thread, thread, hold};
    return 0;
}

/* A thread that waits for itself needs no other to be stuck: it gets no edges. */
static int add_lock_edges(struct lh_waits_for *graph, const struct lh_process *process,
                          uint32_t index, const struct claims *claims)
{
    const struct lh_thread *waiter = &process->threads[index];
    size_t first = first_claim(claims, waiter->wait_lock), end = first;
    int error = 0;

    /* A program that ends in order leaves whoever waits for a kick, and anybody could have given
     * it. */
    if (process->state == LH_STATE_EXITED &&
        lh_process_lock(process, waiter->wait_lock)->kind == LH_LOCK_SEMAPHORE)
        return 0;

    for (; end < claims->n && claims->items[end].lock == waiter->wait_lock; end++) {
        const struct claim *claim = &claims->items[end];
        if (claim->thread == index && claim->hold != LH_NO_HOLD &&
            is_self(process, waiter, claim->hold) && blocks(process, waiter, claim))
            return add_self(graph, index, claim->hold);
    }
    for (size_t i = first; !error && i < end; i++)
        if (claims->items[i].thread != index && blocks(process, waiter, &claims->items[i]))
            error = add_edge(graph, index, claims->items[i].thread, claims->items[i].hold);
    return error;
}

static int add_join_edge(struct lh_waits_for *graph, const struct lh_process *process,
                         uint32_t index)
{
    uint32_t uid = process->threads[index].wait_other;
    const struct lh_thread *joined = lh_process_thread(process, uid);

    if (joined->uid != uid || !uid || !joined->live)
        return 0;
    if (joined == &process->threads[index])
        return 0;
    return add_edge(graph, index, (uint32_t)(joined - process->threads), LH_NO_HOLD);
}

/* Of a static variable's first use; which thread is at it, its stack tells. */
static int add_initializer_edge(struct lh_waits_for *graph, const struct lh_process *process,
                                uint32_t index)
{
    uint32_t uid = lh_futex_initializer(process, &process->threads[index]);
    const struct lh_thread *initializer = lh_process_thread(process, uid);

    if (uid == LH_NO_THREAD || initializer == &process->threads[index])
        return 0;
    return add_edge(graph, index, (uint32_t)(initializer - process->threads), LH_NO_HOLD);
}

int lh_waits_for_init(struct lh_waits_for *graph, const struct lh_process *process)
{
    struct claims claims = {0};
    int error = 0;

    *graph = (struct lh_waits_for){0};
    for (uint32_t i = 0; !error && i < process->n_threads; i++)
        error = collect_claims(process, i, &claims);
    if (!error && claims.n)
        qsort(claims.items, claims.n, sizeof(*claims.items), compare_claims);
    for (uint32_t i = 0; !error && i < process->n_threads; i++) {
        if (waits_for_lock(process, &process->threads[i]))
            error = add_lock_edges(graph, process, i, &claims);
        else if (waits_for_thread(&process->threads[i]))
            error = add_join_edge(graph, process, i);
        else if (process->threads[i].live && process->threads[i].wait_kind == LH_WAIT_FUTEX)
            error = add_initializer_edge(graph, process, i);
    }
    free(claims.items);
    if (error)
        lh_waits_for_done(graph);
    return error;
}

void lh_waits_for_done(struct lh_waits_for *graph)
{
    free(graph->edges);
    free(graph->selves);
    *graph = (struct lh_waits_for){0};
}
