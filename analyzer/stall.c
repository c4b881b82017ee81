/*
 * Processes that stand still though no threads wait for each other in a circle: everybody waits,
 * and nobody is left to wake one. One finding a process.
 */
#include "stall.h"

#include <errno.h>

#include "analyses.h"
#include "pool.h"

#define PARTICIPANTS_MAX 64

/* All else that waits does so because of it. */
static bool has_deadlock(const struct lh_findings *findings, const struct lh_process *process)
{
    for (size_t i = 0; i < findings->n_items; i++) {
        enum lh_kind kind = findings->items[i].kind;
        if (findings->items[i].process == process &&
            (kind == LH_KIND_DEADLOCK || kind == LH_KIND_SELF_DEADLOCK ||
             kind == LH_KIND_UPGRADE_DEADLOCK))
            return true;
    }
    return false;
}

static const char *verb_of(const struct lh_thread *thread)
{
    switch (thread->wait_kind) {
    case LH_WAIT_COND:
    case LH_WAIT_SEM:
    case LH_WAIT_FUTEX:
        return "waits for";
    case LH_WAIT_BARRIER:
        return "waits at";
    default:
        return NULL;
    }
}

static int fill_participant(struct lh_participant *participant, struct lh_pool *pool,
                            const struct lh_thread *thread)
{
    bool joins = thread->wait_kind == LH_WAIT_JOIN;

    *participant = (struct lh_participant){
        .thread = thread->uid,
        .n_holds = thread->n_held,
        .has_wants = !joins,
        .wants = {.lock = joins ? LH_NO_LOCK : thread->wait_lock,
                  .stack = thread->wait_stack,
                  .mode = thread->wait_mode,
                  .flags = thread->wait_flags},
        .want_verb = verb_of(thread),
        .joins = joins ? thread->wait_other : LH_NO_THREAD,
        .cycle_hold = (uint32_t)thread->n_held,
    };
    if (!thread->n_held)
        return 0;
    participant->holds = lh_pool_copy(pool, thread->held, thread->n_held * sizeof(*thread->held));
    return participant->holds ? 0 : -ENOMEM;
}

static void add_lock(struct lh_finding *finding, const struct lh_participant *participant)
{
    uint32_t lock = participant->wants.lock;

    if (!participant->has_wants || !lh_process_lock(finding->process, lock)->uid)
        return;
    for (size_t i = 0; i < finding->n_locks; i++)
        if (finding->locks[i] == lock)
            return;
    finding->locks[finding->n_locks++] = lock;
}

static int fill(struct lh_finding *finding, struct lh_pool *pool, const struct lh_stall *stall)
{
    size_t n = stall->n < PARTICIPANTS_MAX ? stall->n : PARTICIPANTS_MAX;

    finding->participants = lh_pool_alloc(pool, n * sizeof(*finding->participants));
    finding->locks = lh_pool_alloc(pool, n * sizeof(*finding->locks));
    if (!finding->participants || !finding->locks)
        return -ENOMEM;
    for (size_t i = 0; i < n; i++) {
        const struct lh_thread *thread = &stall->process->threads[stall->stuck[i].thread];
        if (fill_participant(&finding->participants[i], pool, thread) < 0)
            return -ENOMEM;
        add_lock(finding, &finding->participants[i]);
    }
    finding->n_participants = n;
    finding->n_roots = stall->n_roots < n ? stall->n_roots : n;
    return 0;
}

/* The texts come last: how a lock is called depends on which others the finding has. */
static int fill_texts(struct lh_finding *finding, struct lh_pool *pool,
                      const struct lh_stall *stall)
{
    for (size_t i = 0; i < finding->n_participants; i++) {
        finding->participants[i].why = lh_stall_why(pool, finding, stall, &stall->stuck[i]);
        if (!finding->participants[i].why)
            return -ENOMEM;
    }
    finding->message = lh_stall_message(pool, finding, stall);
    finding->remedy = lh_stall_remedy(pool, finding, stall);
    return 0;
}

static int report(const struct lh_stall *stall, struct lh_findings *findings)
{
    const struct lh_process *process = stall->process;
    struct lh_finding *finding = lh_findings_add(findings);

    if (!finding)
        return -ENOMEM;
    finding->process = process;
    finding->kind = stall->stuck[0].kind;
    finding->severity = process->stalled ? LH_ERROR : LH_NOTE;
    if (fill(finding, findings->pool, stall) < 0 ||
        fill_texts(finding, findings->pool, stall) < 0) {
        findings->n_items--;
        return -ENOMEM;
    }
    lh_fingerprint(finding, finding->fingerprint);
    return lh_findings_finish(findings);
}

static int search_process(const struct lh_process *process, struct lh_findings *findings)
{
    struct lh_stall stall;
    int error;

    if (has_deadlock(findings, process))
        return 0;
    error = lh_stall_init(&stall, process);
    /* Without a root they wait in a circle that is no deadlock: a damaged trace. */
    if (!error && stall.n_roots > 0 && (lh_stall_was_seen(process) || lh_stall_is_certain(&stall)))
        error = report(&stall, findings);
    lh_stall_done(&stall);
    return error;
}

int lh_find_stalls(const struct lh_model *model, struct lh_findings *findings)
{
    for (size_t i = 0; i < model->n_processes; i++) {
        int error = search_process(model->processes[i], findings);
        if (error)
            return error;
    }
    return 0;
}
