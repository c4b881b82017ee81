#include "circle.h"

#include "analyses.h"
#include "fingerprint.h"

/*
 * Was it a lock so far? It was given back at least once, or it could not have been taken twice.
 * Python's Lock is one until another thread has released it.
 */
static bool is_lock(uint32_t kind, uint32_t flags, uint64_t acquisitions)
{
    return kind != LH_LOCK_SEMAPHORE ||
           ((flags & (LH_LOCK_SEM_ONE | LH_LOCK_SEM_SIGNAL | LH_LOCK_PSHARED)) == LH_LOCK_SEM_ONE &&
            (acquisitions > 1 || (flags & LH_LOCK_PYTHON)));
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

/* 0: there is none, or it cannot be known. */
static uint64_t find(const char *path)
{
    struct lh_model *model = lh_model_new();
    struct lh_findings *findings = lh_findings_new();
    uint64_t hash = 0;

    if (model && findings && lh_model_load(model, path, NULL) == 0 &&
        lh_find_deadlocks(model, findings) == 0)
        for (size_t i = 0; i < findings->n_items && !hash; i++)
            if (findings->items[i].kind == LH_KIND_DEADLOCK && is_sound(&findings->items[i]))
                hash = hash_waits(&findings->items[i]);
    lh_findings_free(findings);
    lh_model_free(model);
    return hash;
}

bool lh_circle_look(struct lh_circle *circle, const struct lh_live *live, const char *path,
                    uint64_t now, uint64_t grace)
{
    uint64_t threads;

    if (now < circle->look)
        return false;
    circle->look = now + grace / 4;
    if (!has_candidate(live)) {
        *circle = (struct lh_circle){.look = circle->look};
        return false;
    }
    if (!circle->since) {
        circle->since = now;
        circle->pause = grace / 2;
    }
    if (now - circle->since < circle->pause)
        return false;
    threads = find(path);
    if (threads && threads == circle->threads)
        return true;
    /* A first sight of it; or a wait that is no circle, which is looked at ever more rarely. */
    circle->pause = now - circle->since + (threads ? grace / 2 : now - circle->since);
    circle->threads = threads;
    return false;
}
