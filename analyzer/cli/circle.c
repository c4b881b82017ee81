#include "circle.h"

#include "analyses.h"
#include "fingerprint.h"
#include "posters.h"
#include "waits_for.h"

/* Another process would be able to post it. */
static bool is_lock(uint32_t kind, uint32_t flags, uint64_t acquisitions)
{
    return lh_was_lock(kind, flags, acquisitions) &&
           (kind != LH_LOCK_SEMAPHORE || !(flags & LH_LOCK_PSHARED));
}

static bool waits_for_semaphore(const struct lh_live_thread *thread, const struct lh_live *live)
{
    struct lh_trace_lock lock;

    return thread->state == LH_THREAD_LIVE && thread->wait_kind == LH_WAIT_LOCK &&
           !(thread->wait_flags & (LH_ATTEMPT_TIMED | LH_ATTEMPT_TRY)) &&
           lh_live_lock(live, thread->wait_lock, &lock) && lock.kind == LH_LOCK_SEMAPHORE &&
           is_lock(lock.kind, lock.flags, lock.acquisitions);
}

/* The cheap look: the circles of other locks were found by the threads in them. */
static bool has_candidate(const struct lh_live *live)
{
    size_t places = lh_live_places(live);

    for (size_t place = 0; place < places; place++) {
        struct lh_live_thread thread = lh_live_thread(live, place);
        if (waits_for_semaphore(&thread, live))
            return true;
    }
    return false;
}

static bool is_sound(const struct lh_finding *finding)
{
    bool semaphore = false;

    for (size_t i = 0; i < finding->n_locks; i++) {
        const struct lh_lock *lock = lh_process_lock(finding->process, finding->locks[i]);
        if (!is_lock(lock->kind, lock->flags, lock->acquisitions))
            return false;
        semaphore = semaphore || lock->kind == LH_LOCK_SEMAPHORE;
    }
    return semaphore && finding->n_participants > 1;
}

/* Who waits in the circle, and in which of its waits. */
static uint64_t hash_waits(const struct lh_finding *finding)
{
    uint64_t hash = LH_HASH_START;

    for (size_t i = 0; i < finding->n_participants; i++) {
        const struct lh_thread *thread =
            lh_process_thread(finding->process, finding->participants[i].thread);
        hash = lh_hash_number(lh_hash_number(hash, thread->uid), thread->wait_number);
    }
    return hash ? hash : 1;
}

/*
 * 0: there is none, or it cannot be known. *ret_doubt: somebody may come and post. One that is in
 * no doubt goes first.
 */
static uint64_t choose(const struct lh_findings *findings, bool *ret_doubt)
{
    uint64_t hash = 0;

    *ret_doubt = true;
    for (size_t i = 0; i < findings->n_items && *ret_doubt; i++) {
        const struct lh_finding *finding = &findings->items[i];
        if (finding->kind != LH_KIND_DEADLOCK || !is_sound(finding))
            continue;
        *ret_doubt = finding->severity != LH_ERROR;
        hash = hash_waits(finding);
    }
    return hash;
}

static uint64_t find(const char *path, bool *ret_doubt)
{
    struct lh_model *model = lh_model_new();
    struct lh_findings *findings = lh_findings_new();
    uint64_t hash = 0;

    if (model && findings && lh_model_load(model, path, NULL) == 0 &&
        lh_find_deadlocks(model, findings) == 0)
        hash = choose(findings, ret_doubt);
    lh_findings_free(findings);
    lh_model_free(model);
    return hash;
}

enum lh_circling lh_circle_look(struct lh_circle *circle, const struct lh_live *live,
                                const char *path, uint64_t now, uint64_t grace)
{
    bool doubt = false;
    uint64_t threads;

    if (now < circle->look)
        return LH_CIRCLE_NONE;
    circle->look = now + grace / 4;
    if (!has_candidate(live)) {
        *circle = (struct lh_circle){.look = circle->look};
        return LH_CIRCLE_NONE;
    }
    if (!circle->since) {
        circle->since = now;
        circle->pause = grace / 2;
    }
    if (now - circle->since < circle->pause)
        return LH_CIRCLE_NONE;
    threads = find(path, &doubt);
    if (threads && threads == circle->threads && !doubt)
        return LH_CIRCLE_STANDS;
    /* A first sight of it; or what is no circle, or one in doubt: looked at ever more rarely. */
    circle->pause = now - circle->since + (threads && !doubt ? grace / 2 : now - circle->since);
    doubt = doubt && threads && threads == circle->threads;
    circle->threads = threads;
    return doubt ? LH_CIRCLE_IN_DOUBT : LH_CIRCLE_NONE;
}
