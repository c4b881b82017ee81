/*
 * Wrong uses of locks: from the shim's notes to findings. The first participant did it; the second,
 * if there is one, is the thread that held the lock.
 */
#include "analyses.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "by_design.h"
#include "misuse_text.h"
#include "pool.h"

static const struct misuse_kind {
    enum lh_misuse_kind misuse;
    enum lh_kind kind;
    const char *verb; /* what the thread does to the lock */
} kinds[] = {
#define MISUSE(name, number, kind, text) {LH_MISUSE_##name, LH_KIND_##kind, text},
#include "misuses.def"
#undef MISUSE
};

/* NULL: written by a newer Lockhound. */
static const struct misuse_kind *find_kind(uint32_t misuse)
{
    for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
        if (kinds[i].misuse == misuse)
            return &kinds[i];
    return NULL;
}

/* ---- who did what ---- */

static enum lh_severity severity_of(const struct lh_misuse *misuse)
{
    switch (misuse->kind) {
    case LH_MISUSE_USE_AFTER_DESTROY_AS_NEW:
    case LH_MISUSE_JOIN_WHILE_HELD:
    case LH_MISUSE_WAIT_WHILE_RECURSIVE:
        return LH_WARNING;
    case LH_MISUSE_FREED_WHILE_HELD:
    case LH_MISUSE_FRAME_LEFT_WHILE_HELD:
        /* Who frees a lock that only he holds harms nobody yet. */
        return misuse->owner == misuse->thread && !misuse->other ? LH_WARNING : LH_ERROR;
    case LH_MISUSE_HELD_AT_PROCESS_EXIT:
        return LH_NOTE;
    default:
        return LH_ERROR;
    }
}

static struct lh_participant *add_participant(struct lh_finding *finding, uint32_t thread)
{
    struct lh_participant *participant = &finding->participants[finding->n_participants++];

    participant->thread = thread;
    return participant;
}

static void add_lock(struct lh_finding *finding, uint32_t lock)
{
    if (lh_process_lock(finding->process, lock)->uid)
        finding->locks[finding->n_locks++] = lock;
}

/* A thread that does something to a lock at a place. */
static struct lh_participant *add_doer(struct lh_finding *finding, uint32_t thread, uint32_t lock,
                                       uint32_t stack, const char *verb)
{
    struct lh_participant *participant = add_participant(finding, thread);

    participant->has_wants = true;
    participant->wants = (struct lh_held){.lock = lock, .stack = stack};
    participant->want_verb = verb;
    return participant;
}

static struct lh_participant *add_joiner(struct lh_finding *finding, uint32_t thread,
                                         uint32_t other, uint32_t stack)
{
    struct lh_participant *participant = add_participant(finding, thread);

    participant->joins = other;
    participant->wants.stack = stack;
    return participant;
}

/* What the owner holds: once for each acquisition, where these are known one by one. */
static int fill_holds(struct lh_participant *participant, struct lh_pool *pool,
                      const struct lh_misuse *misuse)
{
    bool each = misuse->kind == LH_MISUSE_UNBALANCED_RECURSIVE && misuse->n_stacks > 0;
    size_t n = each ? misuse->n_stacks : 1;

    participant->holds = lh_pool_alloc(pool, n * sizeof(*participant->holds));
    if (!participant->holds)
        return -ENOMEM;
    participant->n_holds = n;
    for (size_t i = 0; i < n; i++)
        participant->holds[i] = (struct lh_held){
            .lock = misuse->lock,
            .stack = each ? misuse->stacks[i] : misuse->owner_stack,
            .depth = each ? 1 : misuse->depth,
        };
    return 0;
}

/* Who had locked it, in the same thread or another. */
static int add_holder(struct lh_finding *finding, struct lh_pool *pool,
                      const struct lh_misuse *misuse)
{
    if (misuse->owner == LH_NO_THREAD)
        return 0;
    if (finding->n_participants && finding->participants[0].thread == misuse->owner)
        return fill_holds(&finding->participants[0], pool, misuse);
    return fill_holds(add_participant(finding, misuse->owner), pool, misuse);
}

static int fill_joins(struct lh_finding *finding, struct lh_pool *pool,
                      const struct lh_misuse *misuse)
{
    struct lh_participant *first =
        add_joiner(finding, misuse->thread, misuse->other, misuse->stack);

    if (misuse->kind == LH_MISUSE_JOIN_WHILE_HELD)
        return fill_holds(first, pool, misuse);
    if (misuse->kind == LH_MISUSE_JOIN_EACH_OTHER)
        add_joiner(finding, misuse->owner, misuse->thread, misuse->owner_stack);
    return 0;
}

/* The wrong call comes first, what set it up second. */
static int fill_participants(struct lh_finding *finding, struct lh_pool *pool,
                             const struct lh_misuse *misuse)
{
    const char *verb = find_kind(misuse->kind)->verb;
    uint32_t further = misuse->n_stacks ? misuse->stacks[0] : LH_NO_STACK;
    int error = 0;

    switch (misuse->kind) {
    case LH_MISUSE_HELD_AT_THREAD_EXIT:
    case LH_MISUSE_UNBALANCED_RECURSIVE:
    case LH_MISUSE_HELD_AT_PROCESS_EXIT:
        return add_holder(finding, pool, misuse);
    case LH_MISUSE_JOIN_SELF:
    case LH_MISUSE_JOIN_EACH_OTHER:
    case LH_MISUSE_JOIN_WHILE_HELD:
        return fill_joins(finding, pool, misuse);
    case LH_MISUSE_FREED_WHILE_HELD:
        /* A thread that ended with its stack is at no place. */
        if (!misuse->stack)
            add_participant(finding, misuse->thread);
        break;
    default:
        break;
    }
    if (!finding->n_participants)
        add_doer(finding, misuse->thread, misuse->lock, misuse->stack, verb);
    switch (misuse->kind) {
    case LH_MISUSE_USE_AFTER_DESTROY:
    case LH_MISUSE_USE_AFTER_DESTROY_AS_NEW:
        if (misuse->owner)
            add_doer(finding, misuse->owner, misuse->lock, misuse->owner_stack, "destroyed");
        break;
    case LH_MISUSE_RELEASED_TOO_OFTEN:
        if (misuse->owner)
            add_doer(finding, misuse->owner, misuse->lock, misuse->owner_stack, "took last");
        break;
    case LH_MISUSE_COND_TWO_MUTEXES:
        add_doer(finding, misuse->owner, misuse->owner_lock, misuse->owner_stack, verb);
        break;
    default:
        error = add_holder(finding, pool, misuse);
    }
    if (misuse->kind == LH_MISUSE_FORK_WHILE_HELD && misuse->other && further)
        add_doer(finding, misuse->other, misuse->lock, further, "forked with");
    else if (misuse->other && further)
        add_doer(finding, misuse->other, misuse->lock, further, "waits for");
    return error;
}

static bool names_condition(const struct lh_misuse *misuse)
{
    return misuse->kind == LH_MISUSE_WAIT_WITHOUT_LOCK ||
           misuse->kind == LH_MISUSE_COND_TWO_MUTEXES ||
           misuse->kind == LH_MISUSE_WAIT_WHILE_RECURSIVE;
}

static int fill(struct lh_finding *finding, struct lh_pool *pool, const struct lh_misuse *misuse)
{
    finding->locks = lh_pool_alloc(pool, 3 * sizeof(*finding->locks));
    finding->participants = lh_pool_alloc(pool, 3 * sizeof(*finding->participants));
    if (!finding->locks || !finding->participants)
        return -ENOMEM;
    memset(finding->participants, 0, 3 * sizeof(*finding->participants));
    add_lock(finding, misuse->lock);
    if (names_condition(misuse))
        add_lock(finding, misuse->other);
    if (misuse->kind == LH_MISUSE_COND_TWO_MUTEXES)
        add_lock(finding, misuse->owner_lock);
    return fill_participants(finding, pool, misuse);
}

/*
 * A Lock of Python may be handed to another thread, which releases it. Joining a thread with a lock
 * held is wrong where that thread, or one like it, wants the lock.
 */
static bool is_misuse(const struct lh_process *process, const struct lh_misuse *misuse)
{
    const struct lh_lock *lock = lh_process_lock(process, misuse->lock);
    /* All threads of Python begin in the same function. */
    uint64_t routine = lock->python ? 0 : lh_process_thread(process, misuse->other)->start_routine;

    /* Another thread released it later: that is a signal. */
    if (lock->python && (lock->flags & LH_LOCK_SEM_SIGNAL))
        return false;
    if (misuse->kind != LH_MISUSE_JOIN_WHILE_HELD)
        return true;
    for (size_t i = 0; i < process->n_deps; i++) {
        const struct lh_dep *dep = &process->deps[i];
        if (!dep->id || dep->wanted.lock != misuse->lock || dep->wanted.flags & LH_ATTEMPT_TRY)
            continue;
        for (size_t k = 0; k < dep->n_seen; k++)
            if (dep->seen[k].thread == misuse->other ||
                (routine && dep->seen[k].thread != misuse->thread &&
                 lh_process_thread(process, dep->seen[k].thread)->start_routine == routine))
                return true;
    }
    return false;
}

static int report(const struct lh_process *process, const struct lh_misuse *misuse,
                  struct lh_findings *findings)
{
    const struct misuse_kind *kind = find_kind(misuse->kind);
    struct lh_finding *finding;

    if (!kind || !is_misuse(process, misuse))
        return 0;
    finding = lh_findings_add(findings);
    if (!finding)
        return -ENOMEM;
    finding->kind = kind->kind;
    finding->severity = severity_of(misuse);
    finding->process = process;
    finding->similar = misuse->count > 0 ? misuse->count - 1 : 0;
    if (fill(finding, findings->pool, misuse) < 0) {
        findings->n_items--;
        return -ENOMEM;
    }
    lh_misuse_say(finding, findings->pool, misuse);
    lh_fingerprint(finding, finding->fingerprint);
    if (lh_is_by_design(finding))
        return lh_findings_filter_last(findings, LH_FILTER_BY_DESIGN);
    /* The same at other places of the same functions is counted. */
    return lh_findings_finish(findings);
}

int lh_find_misuses(const struct lh_model *model, struct lh_findings *findings)
{
    for (size_t i = 0; i < model->n_processes; i++) {
        const struct lh_process *process = model->processes[i];
        for (size_t k = 0; k < process->n_misuses; k++) {
            int error = report(process, &process->misuses[k], findings);
            if (error)
                return error;
        }
    }
    return 0;
}
