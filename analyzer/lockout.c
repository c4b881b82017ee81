/*
 * Nested-monitor lockout: a thread waits for a condition and keeps a lock, and whoever signals that
 * condition holds that lock. While the wait lasts, nobody can come to signal.
 *
 * The shim notes a wait that keeps locks, and a signal made with locks held, as dependencies that
 * want the condition. A signal without any lock is in no dependency: so the signals of the
 * dependencies that hold the lock are added up, and where there were more, nothing is said.
 */
#include "analyses.h"

#include <errno.h>
#include <stdlib.h>

#include "lock_graph.h"
#include "message.h"
#include "pool.h"
#include "segments.h"
#include "site.h"

struct search {
    const struct lh_process *process;
    struct lh_findings *findings;
    struct lh_segments *segments;
    const struct lh_dep **deps; /* that want a condition, sorted by it */
    size_t n;
};

static bool is_signal_dep(const struct lh_dep *dep)
{
    return dep->wanted.flags & LH_ATTEMPT_SIGNAL;
}

static uint64_t signals_of(const struct lh_lock *cond)
{
    return cond->waker && cond->waker->count ? cond->waker->count : cond->acquisitions_shared;
}

/* The place of the lock in the held set, if holding it there keeps the other from having it. */
static const struct lh_held *conflicting(const struct lh_dep *dep, const struct lh_held *held)
{
    for (size_t i = 0; i < dep->n_held; i++)
        if (dep->held[i].lock == held->lock &&
            !(dep->held[i].mode == LH_MODE_SHARED && held->mode == LH_MODE_SHARED))
            return &dep->held[i];
    return NULL;
}

/* ---- the pair ---- */

struct lockout {
    const struct lh_dep *wait, *signal;
    const struct lh_held *kept, *needed; /* the lock, by the waiter and by the one who signals */
    uint32_t waiter, signaller;          /* uids */
};

/* Occurrences of the two in different threads that nothing orders. */
static bool run_beside(const struct search *search, struct lockout *lockout)
{
    const struct lh_dep *wait = lockout->wait, *signal = lockout->signal;

    for (size_t i = 0; i < wait->n_seen; i++)
        for (size_t k = 0; k < signal->n_seen; k++) {
            if (wait->seen[i].thread == signal->seen[k].thread ||
                !lh_segments_parallel(search->segments, wait->seen[i].segment,
                                      signal->seen[k].segment))
                continue;
            lockout->waiter = wait->seen[i].thread;
            lockout->signaller = signal->seen[k].thread;
            return true;
        }
    return false;
}

/* Does every signal of the condition need the lock, and one of them from beside the wait? */
static bool find_signal(const struct search *search, size_t begin, size_t end,
                        struct lockout *lockout)
{
    uint64_t counted = 0;
    bool found = false;

    for (size_t i = begin; i < end; i++) {
        const struct lh_dep *dep = search->deps[i];
        const struct lh_held *needed = is_signal_dep(dep) ? conflicting(dep, lockout->kept) : NULL;
        if (!needed)
            continue;
        for (size_t k = 0; k < dep->n_seen; k++)
            counted += dep->seen[k].count;
        if (found)
            continue;
        lockout->signal = dep;
        lockout->needed = needed;
        found = run_beside(search, lockout);
    }
    return found &&
           counted >= signals_of(lh_process_lock(search->process, lockout->wait->wanted.lock));
}

/* ---- the finding ---- */

static int fill_participant(struct lh_participant *participant, struct lh_pool *pool,
                            const struct lh_dep *dep, uint32_t thread, const struct lh_held *hold,
                            const char *verb)
{
    *participant = (struct lh_participant){
        .thread = thread,
        .n_holds = dep->n_held,
        .has_wants = true,
        .wants = dep->wanted,
        .want_verb = verb,
        .cycle_hold = (uint32_t)(hold - dep->held),
    };
    participant->holds = lh_pool_copy(pool, dep->held, dep->n_held * sizeof(*dep->held));
    return participant->holds ? 0 : -ENOMEM;
}

static int fill(struct lh_finding *finding, struct lh_pool *pool, const struct lockout *lockout)
{
    const uint32_t locks[] = {lockout->kept->lock, lockout->wait->wanted.lock};

    finding->n_locks = finding->n_participants = 2;
    finding->locks = lh_pool_copy(pool, locks, sizeof(locks));
    finding->participants = lh_pool_alloc(pool, 2 * sizeof(*finding->participants));
    if (!finding->locks || !finding->participants ||
        fill_participant(&finding->participants[0], pool, lockout->wait, lockout->waiter,
                         lockout->kept, "waits for") < 0)
        return -ENOMEM;
    return fill_participant(&finding->participants[1], pool, lockout->signal, lockout->signaller,
                            lockout->needed, "signals");
}

static void say(struct lh_finding *finding, struct lh_pool *pool, const struct lockout *lockout)
{
    const struct lh_process *process = finding->process;
    const char *lock = lh_lock_text(finding, lockout->kept->lock);
    const char *cond = lh_lock_text(finding, lockout->wait->wanted.lock);

    finding->message = lh_pool_printf(
        pool,
        "%s waits for %s and keeps %s, which every signal of it was made with: nobody can wake it",
        lh_thread_text(pool, process, lockout->waiter), cond, lock);
    finding->remedy = lh_pool_printf(
        pool, "release %s, taken in %s, before the wait in %s, or signal %s without it in %s", lock,
        lh_site_text(pool, process, lockout->kept->stack),
        lh_site_text(pool, process, lockout->wait->wanted.stack), cond,
        lh_site_text(pool, process, lockout->signal->wanted.stack));
}

static int report(const struct search *search, const struct lockout *lockout)
{
    struct lh_findings *findings = search->findings;
    struct lh_finding *finding = lh_findings_add(findings);

    if (!finding)
        return -ENOMEM;
    finding->kind = LH_KIND_BLOCKING_WHILE_HELD;
    finding->severity = LH_WARNING;
    finding->process = search->process;
    if (fill(finding, findings->pool, lockout) < 0) {
        findings->n_items--;
        return -ENOMEM;
    }
    say(finding, findings->pool, lockout);
    lh_fingerprint(finding, finding->fingerprint);
    return lh_findings_finish(findings);
}

/* ---- the search ---- */

/* A recursive mutex of the condition itself is a finding of its own (misuse.c). */
static bool is_told(const struct search *search, const struct lh_dep *wait, uint32_t lock)
{
    for (size_t i = 0; i < search->process->n_misuses; i++) {
        const struct lh_misuse *misuse = &search->process->misuses[i];
        if (misuse->kind == LH_MISUSE_WAIT_WHILE_RECURSIVE && misuse->lock == lock &&
            misuse->other == wait->wanted.lock)
            return true;
    }
    return false;
}

static int look_at_wait(const struct search *search, const struct lh_dep *wait, size_t begin,
                        size_t end)
{
    for (size_t i = 0; i < wait->n_held; i++) {
        struct lockout lockout = {.wait = wait, .kept = &wait->held[i]};
        if (!lh_is_lock(lh_process_lock(search->process, wait->held[i].lock)) ||
            is_told(search, wait, wait->held[i].lock) || !find_signal(search, begin, end, &lockout))
            continue;
        int error = report(search, &lockout);
        if (error)
            return error;
    }
    return 0;
}

/* begin to end: the dependencies that want one condition. */
static int look_at_cond(const struct search *search, size_t begin, size_t end)
{
    int error = 0;

    for (size_t i = begin; !error && i < end; i++)
        if (!is_signal_dep(search->deps[i]))
            error = look_at_wait(search, search->deps[i], begin, end);
    return error;
}

static int compare_wanted(const void *left, const void *right)
{
    const struct lh_dep *a = *(const struct lh_dep *const *)left;
    const struct lh_dep *b = *(const struct lh_dep *const *)right;

    if (a->wanted.lock != b->wanted.lock)
        return a->wanted.lock < b->wanted.lock ? -1 : 1;
    return (a->id > b->id) - (a->id < b->id);
}

static int collect(struct search *search)
{
    const struct lh_process *process = search->process;

    search->deps = calloc(process->n_deps + 1, sizeof(*search->deps));
    if (!search->deps)
        return -ENOMEM;
    for (size_t i = 0; i < process->n_deps; i++) {
        const struct lh_dep *dep = &process->deps[i];
        if (dep->id && dep->n_seen &&
            lh_process_lock(process, dep->wanted.lock)->kind == LH_LOCK_COND)
            search->deps[search->n++] = dep;
    }
    if (search->n)
        qsort(search->deps, search->n, sizeof(*search->deps), compare_wanted);
    return 0;
}

static int search_process(const struct lh_process *process, struct lh_findings *findings)
{
    struct search search = {.process = process, .findings = findings};
    int error = collect(&search);

    if (!error && search.n) {
        search.segments = lh_segments_new(process);
        error = search.segments ? 0 : -ENOMEM;
    }
    for (size_t begin = 0, end; !error && begin < search.n; begin = end) {
        for (end = begin + 1;
             end < search.n && search.deps[end]->wanted.lock == search.deps[begin]->wanted.lock;)
            end++;
        error = look_at_cond(&search, begin, end);
    }
    lh_segments_free(search.segments);
    free(search.deps);
    return error;
}

int lh_find_lockouts(const struct lh_model *model, struct lh_findings *findings)
{
    for (size_t i = 0; i < model->n_processes; i++) {
        int error = search_process(model->processes[i], findings);
        if (error)
            return error;
    }
    return 0;
}
