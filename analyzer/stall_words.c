/* What a stall is told as, and what to change. Both speak of the first root. */
#include "stall.h"

#include <inttypes.h>

#include "futex_words.h"
#include "message.h"
#include "python_words.h"
#include "site.h"

static const struct lh_thread *first_waiter(const struct lh_stall *stall)
{
    return &stall->process->threads[stall->stuck[0].thread];
}

/* What nobody is left to do. */
static const char *missing_act(const struct lh_process *process, const struct lh_thread *waiter)
{
    const struct lh_python_words *words = lh_python_words(process, waiter);

    if (words)
        return words->act;
    switch (waiter->wait_kind) {
    case LH_WAIT_COND:
        return "signal it";
    case LH_WAIT_SEM:
        return "post it";
    case LH_WAIT_BARRIER:
        return "arrive there";
    case LH_WAIT_LOCK:
        return "release it";
    case LH_WAIT_FUTEX:
        return lh_futex_words(process, waiter)->act;
    default:
        return "wake it";
    }
}

static const char *lock_text(struct lh_pool *pool, const struct lh_finding *finding,
                             const char *who, const struct lh_thread *waiter)
{
    const struct lh_misuse *gone = lh_stall_gone_holder(finding->process, waiter->wait_lock);
    const char *lock = lh_stall_lock_text(finding, waiter->wait_lock);

    if (!gone)
        return lh_pool_printf(pool, "%s waits for %s, which no thread is known to hold", who, lock);
    return lh_pool_printf(pool, "%s waits for %s, which %s held when it ended", who, lock,
                          lh_thread_text(pool, finding->process, gone->owner));
}

static const char *barrier_text(struct lh_pool *pool, const struct lh_finding *finding,
                                const struct lh_stall *stall, const char *who, uint32_t barrier)
{
    uint64_t needed = lh_process_lock(finding->process, barrier)->initial;
    const char *lock = lh_stall_lock_text(finding, barrier);

    if (needed == 0)
        return lh_pool_printf(pool, "%s waits at %s, where not all arrive", who, lock);
    return lh_pool_printf(pool, "%s waits at %s, where %zu of %" PRIu64 " threads arrived", who,
                          lock, lh_stall_arrived(stall, barrier), needed);
}

/* "thread 2 waits for ready and keeps table, which thread 3 wants in fill (work.c:12)" */
static const char *lockout_text(struct lh_pool *pool, const struct lh_finding *finding,
                                const struct lh_stall *stall)
{
    const struct lh_process *process = finding->process;
    const struct lh_thread *waiter = first_waiter(stall);
    const struct lh_thread *other =
        &process->threads[lh_stall_locked_out(stall, &stall->stuck[0])->thread];

    return lh_pool_printf(
        pool, "%s waits for %s and keeps %s, which %s wants in %s",
        lh_thread_text(pool, process, waiter->uid), lh_stall_lock_text(finding, waiter->wait_lock),
        lh_stall_lock_text(finding, other->wait_lock), lh_thread_text(pool, process, other->uid),
        lh_site_text(pool, process, other->wait_stack));
}

static const char *lockout_remedy(struct lh_pool *pool, const struct lh_finding *finding,
                                  const struct lh_stall *stall)
{
    const struct lh_process *process = finding->process;
    const struct lh_thread *waiter = first_waiter(stall);
    const struct lh_stuck *out = lh_stall_locked_out(stall, &stall->stuck[0]);

    return lh_pool_printf(
        pool, "release %s, taken in %s, before %s waits: who signals needs it to get there",
        lh_stall_lock_text(finding, process->threads[out->thread].wait_lock),
        lh_site_text(pool, process, waiter->held[out->hold].stack),
        lh_site_text(pool, process, waiter->wait_stack));
}

/* The wait that keeps the others: "thread 2 waits for ready (work.c:12), which ..." */
static const char *root_text(struct lh_pool *pool, const struct lh_finding *finding,
                             const struct lh_stall *stall)
{
    const struct lh_process *process = finding->process;
    const struct lh_thread *waiter = first_waiter(stall);
    const struct lh_lock *lock = lh_process_lock(process, waiter->wait_lock);
    const char *who = lh_thread_text(pool, process, waiter->uid);
    const char *what = lh_stall_lock_text(finding, waiter->wait_lock);
    const struct lh_python_words *words = lh_python_words(process, waiter);

    if (finding->kind == LH_KIND_LOST_WAKEUP)
        return lh_pool_printf(pool, "%s waits for %s, which %s %s in %s when nobody waited yet",
                              who, what, lh_thread_text(pool, process, lock->waker->last.thread),
                              words && words->done ? words->done
                                                   : lh_stall_signalled(process, waiter),
                              lh_site_text(pool, process, lock->waker->last.stack));
    if (words && waiter->wait_kind != LH_WAIT_LOCK)
        return lh_pool_printf(pool, "%s waits for %s, which nobody %s", who, what,
                              lock->waker ? words->again : words->never);
    switch (waiter->wait_kind) {
    case LH_WAIT_BARRIER:
        return barrier_text(pool, finding, stall, who, waiter->wait_lock);
    case LH_WAIT_SEM:
        return lh_pool_printf(pool, "%s waits for %s, which nobody %s", who, what,
                              lock->waker || (lock->flags & LH_LOCK_SEM_ONE) ? "posts any more"
                                                                             : "ever posted");
    case LH_WAIT_COND:
        return lh_pool_printf(pool, "%s waits for %s, which nobody %s", who, what,
                              lock->waker ? "signals any more" : "ever signalled");
    case LH_WAIT_FUTEX:
        return lh_pool_printf(pool, "%s waits for %s, %s, which nobody %s", who, what,
                              lh_futex_words(process, waiter)->what,
                              lh_futex_words(process, waiter)->never);
    case LH_WAIT_JOIN:
        if (waiter->wait_other == LH_NO_THREAD)
            return lh_pool_printf(pool, "%s waits for a thread to end that was not seen to begin",
                                  who);
        return lh_pool_printf(pool, "%s waits for %s to end, which is not known to be alive", who,
                              lh_thread_text(pool, process, waiter->wait_other));
    default:
        return lock_text(pool, finding, who, waiter);
    }
}

static const char *all_text(struct lh_pool *pool, const struct lh_stall *stall)
{
    bool watched = lh_stall_was_seen(stall->process);
    const char *waits = watched ? "wait" : "waited when the recording ended";

    if (stall->n == 1)
        return watched ? "It is the only thread"
                       : "It was the only thread when the recording ended";
    if (stall->n == 2)
        return lh_pool_printf(pool, "Both threads %s", waits);
    return lh_pool_printf(pool, "All %zu threads %s", stall->n, waits);
}

/* Who has a lock that is made of a futex is not recorded. */
static bool may_be_deadlock(const struct lh_stall *stall)
{
    for (size_t i = 0; i < stall->n; i++) {
        const struct lh_thread *waiter = &stall->process->threads[stall->stuck[i].thread];
        if (waiter->wait_kind == LH_WAIT_FUTEX &&
            lh_futex_words(stall->process, waiter)->may_be_held &&
            lh_futex_initializer(stall->process, waiter) == LH_NO_THREAD)
            return true;
    }
    return false;
}

static const char *kind_text(const struct lh_stall *stall)
{
    if (!may_be_deadlock(stall))
        return "this is no deadlock, in which threads wait for each other's locks";
    return stall->n == 1
               ? "who holds a lock made of a futex is not recorded, so it may wait for itself"
               : "who holds a lock made of a futex is not recorded, so they may wait for each "
                 "other";
}

const char *lh_stall_message(struct lh_pool *pool, const struct lh_finding *finding,
                             const struct lh_stall *stall)
{
    const char *doubt = stall->process->doubt;
    const char *shown = "";

    if (finding->n_participants < stall->n)
        shown = lh_pool_printf(pool, " (%zu of them are shown)", finding->n_participants);
    if (finding->kind == LH_KIND_BLOCKING_WHILE_HELD)
        return lh_pool_printf(pool,
                              "%s. %s%s: whoever should signal is among those who are locked out, "
                              "or gone%s%s",
                              lockout_text(pool, finding, stall), all_text(pool, stall), shown,
                              doubt ? "; in doubt, as " : "", doubt ? doubt : "");
    return lh_pool_printf(pool, "%s. %s%s; %s: %s is left to %s%s%s",
                          root_text(pool, finding, stall), all_text(pool, stall), shown,
                          kind_text(stall), stall->process->stalled ? "nobody" : "no thread",
                          missing_act(stall->process, first_waiter(stall)),
                          doubt ? "; in doubt, as " : "", doubt ? doubt : "");
}

/* ---- what to change ---- */

static const char *python_remedy(struct lh_pool *pool, const struct lh_finding *finding,
                                 const struct lh_thread *waiter,
                                 const struct lh_python_words *words)
{
    const char *name = lh_stall_lock_text(finding, waiter->wait_lock);
    const char *at = lh_site_text(pool, finding->process, waiter->wait_stack);

    if (words->advice)
        return words->advice;
    if (!words->remedy)
        return lh_pool_printf(pool, "see that somebody is left to %s while %s waits", words->act,
                              at);
    if (waiter->wait_kind == LH_WAIT_SEM)
        return lh_pool_printf(pool,
                              "%s %s once for each time it was taken, on every way out: a "
                              "with statement does",
                              words->remedy, name);
    return lh_pool_printf(pool, "%s %s on every way that ends what %s waits for", words->remedy,
                          name, at);
}

static const char *cond_remedy(struct lh_pool *pool, const struct lh_finding *finding,
                               const struct lh_thread *waiter)
{
    const struct lh_process *process = finding->process;
    const struct lh_waker *waker = lh_process_lock(process, waiter->wait_lock)->waker;
    const char *cond = lh_stall_lock_text(finding, waiter->wait_lock);
    const char *mutex = lh_stall_lock_text(finding, waiter->wait_other);
    const char *at = lh_site_text(pool, process, waiter->wait_stack);
    bool is_python = lh_process_lock(process, waiter->wait_lock)->python;

    if (finding->kind == LH_KIND_LOST_WAKEUP)
        return lh_pool_printf(
            pool,
            "let %s set a state under %s before it %s, and wait in %s in a loop, only while the "
            "state is not set: then a %s that comes first is not missed",
            lh_site_text(pool, process, waker->last.stack), is_python ? cond : mutex,
            is_python ? "notifies" : "signals", at, is_python ? "notify()" : "signal");
    if (!waker || waker->count == 0)
        return lh_pool_printf(pool, "signal %s wherever the state is set that %s waits for", cond,
                              at);
    return lh_pool_printf(pool,
                          "before the last one who signals %s ends or waits itself, let it set a "
                          "state under %s that ends the wait in %s, and broadcast",
                          cond, mutex, at);
}

static const char *semaphore_remedy(struct lh_pool *pool, const struct lh_finding *finding,
                                    const struct lh_thread *waiter)
{
    const struct lh_lock *lock = lh_process_lock(finding->process, waiter->wait_lock);
    const char *name = lh_stall_lock_text(finding, waiter->wait_lock);
    const char *at = lh_site_text(pool, finding->process, waiter->wait_stack);

    if (lh_stall_is_limit(finding->process, waiter->wait_lock))
        return lh_pool_printf(pool, "post %s once for each time it was taken, on every way out",
                              name);
    if (!lock->waker || lock->waker->count == 0)
        return lh_pool_printf(pool, "post %s where that is done which %s waits for", name, at);
    return lh_pool_printf(pool, "post %s as often as it is taken: %s comes once more than that",
                          name, at);
}

static const char *barrier_remedy(struct lh_pool *pool, const struct lh_finding *finding,
                                  uint32_t barrier)
{
    const struct lh_lock *lock = lh_process_lock(finding->process, barrier);

    return lh_pool_printf(pool,
                          "initialize %s in %s with the number of threads that come to it every "
                          "time, or see that as many come",
                          lh_stall_lock_text(finding, barrier),
                          lh_site_text(pool, finding->process, lock->birth_stack));
}

static bool is_waited_for(const struct lh_process *process, uint32_t lock)
{
    for (size_t i = 0; i < process->n_threads; i++) {
        const struct lh_thread *thread = &process->threads[i];
        if (thread->live && thread->wait_kind != LH_WAIT_NONE && thread->wait_lock == lock)
            return true;
    }
    return false;
}

/* It signalled or posted something else, for which nobody waits. NULL: it did not. */
static const struct lh_deed *unheard_deed(const struct lh_process *process,
                                          const struct lh_thread *thread)
{
    for (size_t i = 0; i < thread->n_deeds; i++) {
        const struct lh_deed *deed = &thread->deeds[i];
        bool wakes = deed->event == LH_EVENT_COND_SIGNAL ||
                     deed->event == LH_EVENT_COND_BROADCAST || deed->event == LH_EVENT_SEM_POST;
        const struct lh_waker *waker = lh_process_lock(process, deed->lock)->waker;
        if (wakes && waker && deed->lock != thread->wait_lock &&
            waker->last.thread == thread->uid && waker->last.waiters == 0 &&
            !is_waited_for(process, deed->lock))
            return deed;
    }
    return NULL;
}

/*
 * The way of a pool whose tasks wait for tasks: a worker hands something on, waits for its outcome,
 * and nobody is left to take it. The first of the roots to which that happened tells.
 */
static const char *handed_on_remedy(struct lh_pool *pool, const struct lh_finding *finding,
                                    const struct lh_stall *stall)
{
    const struct lh_process *process = stall->process;

    for (size_t i = 0; i < stall->n_roots && finding->kind != LH_KIND_LOST_WAKEUP; i++) {
        const struct lh_thread *waiter = &process->threads[stall->stuck[i].thread];
        const struct lh_deed *deed = unheard_deed(process, waiter);
        bool waits = waiter->wait_kind == LH_WAIT_COND || waiter->wait_kind == LH_WAIT_SEM ||
                     waiter->wait_kind == LH_WAIT_FUTEX;
        if (!deed || !waits || !waiter->start_routine)
            continue;
        return lh_pool_printf(
            pool,
            "%s %s %s in %s and then waits in %s, and no thread is left that comes for it: where "
            "tasks of a pool wait for tasks of the same pool, let who waits run them meanwhile, or "
            "have more threads than can wait at once; where threads fill each other's queues, let "
            "one of them take while it waits for room, or one queue grow",
            lh_thread_text(pool, process, waiter->uid),
            deed->event == LH_EVENT_SEM_POST ? "posts" : "signals",
            lh_stall_lock_text(finding, deed->lock), lh_site_text(pool, process, deed->stack),
            lh_site_text(pool, process, waiter->wait_stack));
    }
    return NULL;
}

const char *lh_stall_remedy(struct lh_pool *pool, const struct lh_finding *finding,
                            const struct lh_stall *stall)
{
    const struct lh_thread *waiter = first_waiter(stall);
    const struct lh_python_words *words = lh_python_words(stall->process, waiter);
    const struct lh_misuse *gone;
    const char *pool_advice;

    if (finding->kind == LH_KIND_BLOCKING_WHILE_HELD)
        return lockout_remedy(pool, finding, stall);
    if (words && waiter->wait_kind != LH_WAIT_LOCK && finding->kind != LH_KIND_LOST_WAKEUP)
        return python_remedy(pool, finding, waiter, words);
    pool_advice = handed_on_remedy(pool, finding, stall);
    if (pool_advice)
        return pool_advice;
    switch (waiter->wait_kind) {
    case LH_WAIT_FUTEX:
        return lh_futex_words(finding->process, waiter)->remedy;
    case LH_WAIT_COND:
        return cond_remedy(pool, finding, waiter);
    case LH_WAIT_SEM:
        return semaphore_remedy(pool, finding, waiter);
    case LH_WAIT_BARRIER:
        return barrier_remedy(pool, finding, waiter->wait_lock);
    case LH_WAIT_LOCK:
        gone = lh_stall_gone_holder(finding->process, waiter->wait_lock);
        if (!gone)
            return NULL;
        return lh_pool_printf(pool,
                              "release %s, taken in %s, on every way out of the thread's "
                              "function",
                              lh_stall_lock_text(finding, waiter->wait_lock),
                              lh_site_text(pool, finding->process, gone->owner_stack));
    default:
        return NULL;
    }
}
