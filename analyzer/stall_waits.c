/* Who waits behind whom in a process that stands still, and why the first of them do. */
#include "stall.h"

#include <errno.h>
#include <stdlib.h>

#include "lock_graph.h"
#include "python_words.h"
#include "waits_for.h"

static bool waits_without_limit(const struct lh_thread *thread)
{
    return thread->wait_kind != LH_WAIT_NONE && thread->wait_kind < LH_WAIT_KINDS &&
           !(thread->wait_flags & LH_ATTEMPT_TIMED);
}

/* 0: there is one that does not wait without limit. */
static size_t count_stuck(const struct lh_process *process)
{
    size_t n = 0;

    for (size_t i = 0; i < process->n_threads; i++) {
        if (!process->threads[i].live)
            continue;
        if (!waits_without_limit(&process->threads[i]))
            return 0;
        n++;
    }
    return n;
}

static enum lh_kind kind_of_root(const struct lh_process *process, const struct lh_thread *thread)
{
    uint8_t python = lh_process_lock(process, thread->wait_lock)->python;

    switch (thread->wait_kind) {
    case LH_WAIT_BARRIER:
        return LH_KIND_STARVED_BARRIER;
    case LH_WAIT_SEM:
        return !python || lh_python_is_semaphore(python) ? LH_KIND_STARVED_SEMAPHORE
                                                         : LH_KIND_STALL;
    case LH_WAIT_COND:
        /* What an Event or a Queue announces does not pass. */
        return (!python || python == LH_PYTHON_CONDITION) && lh_stall_is_lost(process, thread)
                   ? LH_KIND_LOST_WAKEUP
                   : LH_KIND_STALL;
    default:
        return LH_KIND_STALL;
    }
}

static void collect(struct lh_stall *stall)
{
    const struct lh_process *process = stall->process;
    size_t at = 0;

    for (uint32_t i = 0; i < process->n_threads; i++)
        if (process->threads[i].live)
            stall->stuck[at++] =
                (struct lh_stuck){.thread = i,
                                  .behind = LH_NOBODY,
                                  .kind = kind_of_root(process, &process->threads[i])};
    stall->n = at;
}

/* Both are sorted by thread. Of several that it is behind, a writer of many readers, the first. */
static int put_in_line(struct lh_stall *stall)
{
    struct lh_waits_for graph;
    size_t at = 0;
    int error = lh_waits_for_init(&graph, stall->process);

    if (error)
        return error;
    for (size_t i = 0; i < graph.n; i++) {
        while (at < stall->n && stall->stuck[at].thread < graph.edges[i].from)
            at++;
        if (at == stall->n || stall->stuck[at].thread != graph.edges[i].from ||
            stall->stuck[at].behind != LH_NOBODY)
            continue;
        stall->stuck[at].behind = graph.edges[i].to;
        stall->stuck[at].hold = graph.edges[i].hold;
    }
    lh_waits_for_done(&graph);
    return 0;
}

const struct lh_stuck *lh_stall_locked_out(const struct lh_stall *stall,
                                           const struct lh_stuck *root)
{
    for (size_t i = 0; i < stall->n; i++) {
        const struct lh_stuck *stuck = &stall->stuck[i];
        if (stuck->behind == root->thread && stuck->hold != LH_NO_HOLD &&
            stall->process->threads[stuck->thread].wait_kind == LH_WAIT_LOCK)
            return stuck;
    }
    return NULL;
}

/* The lockout of nested monitors: who waits for the condition keeps a lock that another one wants.
 */
static void name_lockouts(struct lh_stall *stall)
{
    for (size_t i = 0; i < stall->n; i++) {
        struct lh_stuck *stuck = &stall->stuck[i];
        if (stuck->behind == LH_NOBODY && stuck->kind == LH_KIND_STALL &&
            stall->process->threads[stuck->thread].wait_kind == LH_WAIT_COND &&
            lh_stall_locked_out(stall, stuck))
            stuck->kind = LH_KIND_BLOCKING_WHILE_HELD;
    }
}

/* What the finding is called when roots differ: what says most comes first. */
static int rank(const struct lh_stuck *stuck)
{
    static const enum lh_kind ranks[] = {LH_KIND_LOST_WAKEUP, LH_KIND_STARVED_BARRIER,
                                         LH_KIND_STARVED_SEMAPHORE, LH_KIND_BLOCKING_WHILE_HELD,
                                         LH_KIND_STALL};
    int at = 0;

    if (stuck->behind != LH_NOBODY)
        return LH_KINDS;
    while (ranks[at] != stuck->kind && ranks[at] != LH_KIND_STALL)
        at++;
    return at;
}

static int compare(const void *left, const void *right)
{
    const struct lh_stuck *a = left, *b = right;
    int order = rank(a) - rank(b);

    return order ? order : (a->thread > b->thread) - (a->thread < b->thread);
}

int lh_stall_init(struct lh_stall *stall, const struct lh_process *process)
{
    size_t n = count_stuck(process);
    int error;

    *stall = (struct lh_stall){.process = process};
    if (n == 0)
        return 0;
    stall->stuck = calloc(n, sizeof(*stall->stuck));
    if (!stall->stuck)
        return -ENOMEM;
    collect(stall);
    error = put_in_line(stall);
    if (error) {
        lh_stall_done(stall);
        return error;
    }
    name_lockouts(stall);
    qsort(stall->stuck, stall->n, sizeof(*stall->stuck), compare);
    while (stall->n_roots < stall->n && stall->stuck[stall->n_roots].behind == LH_NOBODY)
        stall->n_roots++;
    return 0;
}

void lh_stall_done(struct lh_stall *stall)
{
    free(stall->stuck);
    *stall = (struct lh_stall){0};
}

size_t lh_stall_arrived(const struct lh_stall *stall, uint32_t barrier)
{
    size_t n = 0;

    for (size_t i = 0; i < stall->n; i++) {
        const struct lh_thread *thread = &stall->process->threads[stall->stuck[i].thread];
        n += thread->wait_kind == LH_WAIT_BARRIER && thread->wait_lock == barrier;
    }
    return n;
}

const struct lh_misuse *lh_stall_gone_holder(const struct lh_process *process, uint32_t lock)
{
    for (size_t i = 0; i < process->n_misuses; i++) {
        const struct lh_misuse *misuse = &process->misuses[i];
        if (misuse->lock == lock && (misuse->kind == LH_MISUSE_HELD_AT_THREAD_EXIT ||
                                     misuse->kind == LH_MISUSE_UNBALANCED_RECURSIVE))
            return misuse;
    }
    return NULL;
}

/* ---- nobody watched: could one have been about to go on? ---- */

/* What is posted by its taker is not counted: of a semaphore of 1 the value is not known. */
static bool is_empty(const struct lh_lock *semaphore)
{
    uint64_t posts = semaphore->waker ? semaphore->waker->count : 0;

    return (semaphore->flags & LH_LOCK_INIT_SEEN) && !(semaphore->flags & LH_LOCK_SEM_ONE) &&
           semaphore->initial <= semaphore->acquisitions &&
           posts <= semaphore->acquisitions - semaphore->initial;
}

static bool is_certain(const struct lh_stall *stall, const struct lh_stuck *stuck)
{
    const struct lh_process *process = stall->process;
    const struct lh_thread *thread = &process->threads[stuck->thread];
    const struct lh_lock *lock = lh_process_lock(process, thread->wait_lock);

    if (stuck->behind != LH_NOBODY)
        return true;
    if (!lock->uid || (lock->flags & (LH_LOCK_PSHARED | LH_LOCK_NAMED)))
        return false;
    switch (thread->wait_kind) {
    case LH_WAIT_COND:
        return !lh_stall_may_be_woken(process, thread);
    case LH_WAIT_SEM:
        return is_empty(lock);
    case LH_WAIT_BARRIER:
        return lh_stall_arrived(stall, thread->wait_lock) < lock->initial;
    case LH_WAIT_LOCK:
        /* A robust mutex goes on to the next when its holder ends. */
        return lh_stall_gone_holder(process, thread->wait_lock) && !(lock->flags & LH_LOCK_ROBUST);
    default:
        return false;
    }
}

/* All that happened is known. */
static bool is_whole(const struct lh_process *process)
{
    uint64_t lost = 0;

    for (size_t i = LH_DROP_FIRST; i < LH_COUNTERS; i++)
        lost += process->counters[i];
    return process->state == LH_STATE_RUNNING && !process->damaged && lost == 0;
}

bool lh_stall_is_certain(const struct lh_stall *stall)
{
    if (!is_whole(stall->process))
        return false;
    for (size_t i = 0; i < stall->n; i++)
        if (!is_certain(stall, &stall->stuck[i]))
            return false;
    return true;
}
