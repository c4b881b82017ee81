/*
 * Wrong uses of locks: from the shim's notes to findings. The first participant did it; the second,
 * if there is one, is the thread that held the lock.
 */
#include "analyses.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "message.h"
#include "pool.h"
#include "site.h"

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

static bool ends_the_thread(const struct lh_misuse *misuse)
{
    return misuse->kind == LH_MISUSE_HELD_AT_THREAD_EXIT ||
           misuse->kind == LH_MISUSE_UNBALANCED_RECURSIVE;
}

static int fill_holder(struct lh_participant *participant, struct lh_pool *pool,
                       const struct lh_misuse *misuse)
{
    const struct lh_held held = {
        .lock = misuse->lock, .stack = misuse->owner_stack, .depth = misuse->depth};

    participant->thread = misuse->owner;
    participant->holds = lh_pool_copy(pool, &held, sizeof(held));
    participant->n_holds = 1;
    return participant->holds ? 0 : -ENOMEM;
}

static int fill_participants(struct lh_finding *finding, struct lh_pool *pool,
                             const struct lh_misuse *misuse)
{
    struct lh_participant *participants = lh_pool_alloc(pool, 2 * sizeof(*participants));

    finding->locks = lh_pool_copy(pool, &misuse->lock, sizeof(misuse->lock));
    finding->participants = participants;
    if (!participants || !finding->locks)
        return -ENOMEM;
    finding->n_locks = 1;
    finding->n_participants = 1;
    if (ends_the_thread(misuse))
        return fill_holder(&participants[0], pool, misuse);
    participants[0].thread = misuse->thread;
    participants[0].has_wants = true;
    participants[0].wants = (struct lh_held){.lock = misuse->lock, .stack = misuse->stack};
    participants[0].want_verb = find_kind(misuse->kind)->verb;
    if (misuse->owner == LH_NO_THREAD)
        return 0;
    if (misuse->owner == misuse->thread)
        return fill_holder(&participants[0], pool, misuse);
    finding->n_participants = 2;
    return fill_holder(&participants[1], pool, misuse);
}

/* ---- what is said ---- */

struct words {
    const char *thread, *owner, *lock, *at, *taken;
};

static void say_unlock(struct lh_finding *finding, struct lh_pool *pool, const struct words *words)
{
    if (finding->kind == LH_KIND_UNLOCK_NOT_LOCKED) {
        finding->message =
            lh_pool_printf(pool, "%s unlocks %s, which is not locked", words->thread, words->lock);
        finding->remedy = lh_pool_printf(
            pool, "find the way to %s that comes without the lock, or comes twice", words->at);
        return;
    }
    finding->message = lh_pool_printf(pool, "%s unlocks %s, which %s has locked", words->thread,
                                      words->lock, words->owner);
    finding->remedy =
        lh_pool_printf(pool,
                       "unlock %s in the thread that locked it in %s; to wake another thread use "
                       "a condition or a semaphore",
                       words->lock, words->taken);
}

static void say_thread_end(struct lh_finding *finding, struct lh_pool *pool,
                           const struct lh_misuse *misuse, const struct words *words)
{
    if (finding->kind == LH_KIND_UNBALANCED_RECURSIVE)
        finding->message = lh_pool_printf(
            pool, "%s ended with %s locked: it was released %" PRIu32 " time%s less than acquired",
            words->owner, words->lock, misuse->depth, misuse->depth == 1 ? "" : "s");
    else
        finding->message =
            lh_pool_printf(pool, "%s ended while it held %s", words->owner, words->lock);
    finding->remedy =
        lh_pool_printf(pool, "release %s, taken in %s, on every way out of the thread's function",
                       words->lock, words->taken);
}

static void say(struct lh_finding *finding, struct lh_pool *pool, const struct lh_misuse *misuse)
{
    const struct lh_process *process = finding->process;
    const struct words words = {
        .thread = lh_thread_text(pool, process, misuse->thread),
        .owner = lh_thread_text(pool, process, misuse->owner),
        .lock = lh_lock_text(finding, misuse->lock),
        .at = lh_site_text(pool, process, misuse->stack),
        .taken = lh_site_text(pool, process, misuse->owner_stack),
    };

    if (ends_the_thread(misuse)) {
        say_thread_end(finding, pool, misuse, &words);
    } else if (finding->kind == LH_KIND_DESTROY_WHILE_HELD) {
        finding->message =
            misuse->owner == misuse->thread
                ? lh_pool_printf(pool, "%s destroys %s, which it holds", words.thread, words.lock)
                : lh_pool_printf(pool, "%s destroys %s while %s holds it", words.thread, words.lock,
                                 words.owner);
        finding->remedy =
            lh_pool_printf(pool, "release %s, taken in %s, before it is destroyed in %s",
                           words.lock, words.taken, words.at);
    } else {
        say_unlock(finding, pool, &words);
    }
}

static int report(const struct lh_process *process, const struct lh_misuse *misuse,
                  struct lh_findings *findings)
{
    const struct misuse_kind *kind = find_kind(misuse->kind);
    struct lh_finding *finding;

    if (!kind)
        return 0;
    finding = lh_findings_add(findings);
    if (!finding)
        return -ENOMEM;
    finding->kind = kind->kind;
    finding->severity = LH_ERROR;
    finding->process = process;
    finding->similar = misuse->count > 0 ? misuse->count - 1 : 0;
    if (fill_participants(finding, findings->pool, misuse) < 0) {
        findings->n_items--;
        return -ENOMEM;
    }
    say(finding, findings->pool, misuse);
    lh_fingerprint(finding, finding->fingerprint);
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
