/* Why a wait does not end: one line for each thread. */
#include "stall.h"

#include <inttypes.h>

#include "futex_words.h"
#include "message.h"
#include "python_words.h"
#include "site.h"

#define OTHERS_SHOWN 3 /* threads that did something before, beside the last one */

const char *lh_stall_lock_text(const struct lh_finding *finding, uint32_t lock)
{
    return lh_process_lock(finding->process, lock)->uid ? lh_lock_text(finding, lock)
                                                        : "something that was not recorded";
}

/* Building a line: what was appended to NULL stays NULL. */
#define APPEND(pool, text, format, ...) \
    ((text) ? lh_pool_printf(pool, "%s" format, text, __VA_ARGS__) : NULL)

static const char *times_text(struct lh_pool *pool, uint64_t n)
{
    return n == 1 ? "once" : lh_pool_printf(pool, "%" PRIu64 " times", n);
}

/* What a thread is doing now: "has ended", "waits for ready (work.c:12)". */
static const char *now_text(struct lh_pool *pool, const struct lh_finding *finding, uint32_t uid)
{
    const struct lh_process *process = finding->process;
    const struct lh_thread *thread = lh_process_thread(process, uid);

    if (!thread->live)
        return "has ended";
    switch (thread->wait_kind) {
    case LH_WAIT_JOIN:
        return lh_pool_printf(pool, "waits for %s to end",
                              lh_thread_text(pool, process, thread->wait_other));
    case LH_WAIT_BARRIER:
        return lh_pool_printf(pool, "waits at %s", lh_stall_lock_text(finding, thread->wait_lock));
    default:
        return lh_pool_printf(pool, "waits for %s", lh_stall_lock_text(finding, thread->wait_lock));
    }
}

/* "thread 3 in notify (work.c:12)" */
static const char *by_text(struct lh_pool *pool, const struct lh_finding *finding,
                           const struct lh_thread *waiter, uint32_t uid, uint32_t stack)
{
    const struct lh_process *process = finding->process;
    const char *name =
        uid == waiter->uid ? "this thread itself" : lh_thread_text(pool, process, uid);

    return lh_pool_printf(pool, "%s in %s", name, lh_site_text(pool, process, stack));
}

/* What has become of one who is named above: "; thread 3 has ended". */
static const char *add_now(struct lh_pool *pool, const char *text, const struct lh_finding *finding,
                           const struct lh_thread *waiter, uint32_t uid)
{
    if (uid == waiter->uid)
        return text;
    return APPEND(pool, text, "; %s %s", lh_thread_text(pool, finding->process, uid),
                  now_text(pool, finding, uid));
}

static const struct lh_deed *find_deed(const struct lh_thread *thread, uint32_t lock,
                                       uint32_t event)
{
    for (size_t i = 0; i < thread->n_deeds; i++)
        if (thread->deeds[i].lock == lock && thread->deeds[i].event == event)
            return &thread->deeds[i];
    return NULL;
}

static const struct lh_deed *find_waking(const struct lh_thread *thread, uint32_t lock)
{
    const struct lh_deed *deed = find_deed(thread, lock, LH_EVENT_COND_SIGNAL);

    if (!deed)
        deed = find_deed(thread, lock, LH_EVENT_COND_BROADCAST);
    return deed ? deed : find_deed(thread, lock, LH_EVENT_SEM_POST);
}

const char *lh_stall_signalled(const struct lh_process *process, const struct lh_thread *waiter)
{
    const struct lh_waker *waker = lh_process_lock(process, waiter->wait_lock)->waker;

    return waker && waker->last_event == LH_EVENT_COND_BROADCAST ? "broadcast" : "signalled";
}

/* ", last by thread 3 in notify (work.c:12)" */
static const char *add_last(struct lh_pool *pool, const char *text,
                            const struct lh_finding *finding, const struct lh_thread *waiter)
{
    const struct lh_waker *waker = lh_process_lock(finding->process, waiter->wait_lock)->waker;

    if (waker->last.thread == LH_NO_THREAD)
        return text;
    return APPEND(pool, text, ", %sby %s", waker->count > 1 ? "last " : "",
                  by_text(pool, finding, waiter, waker->last.thread, waker->last.stack));
}

/* Where else a signal or a post came from. */
static const char *add_others(struct lh_pool *pool, const char *text,
                              const struct lh_finding *finding, const struct lh_thread *waiter)
{
    const struct lh_process *process = finding->process;
    const struct lh_lock *lock = lh_process_lock(process, waiter->wait_lock);
    int shown = 0;

    for (size_t i = 0; text && i < process->n_threads && shown < OTHERS_SHOWN; i++) {
        const struct lh_thread *thread = &process->threads[i];
        const struct lh_deed *deed = find_waking(thread, waiter->wait_lock);
        if (!deed || thread->uid == lock->waker->last.thread)
            continue;
        text = APPEND(pool, text, "; before that by %s",
                      by_text(pool, finding, waiter, thread->uid, deed->stack));
        text = add_now(pool, text, finding, waiter, thread->uid);
        shown++;
    }
    return text;
}

/* ---- conditions ---- */

/* A waiter that was woken waits for its mutex: nothing in the trace tells it from one that was not.
 */
static const char *add_mutex(struct lh_pool *pool, const char *text,
                             const struct lh_finding *finding, const struct lh_thread *waiter)
{
    const struct lh_process *process = finding->process;

    for (size_t i = 0; i < process->n_threads; i++) {
        const struct lh_thread *holder = &process->threads[i];
        for (size_t k = 0; holder->live && holder != waiter && k < holder->n_held; k++)
            if (holder->held[k].lock == waiter->wait_other)
                return APPEND(pool, text,
                              "; if that woke it, it waits for %s, held by %s, which %s",
                              lh_stall_lock_text(finding, waiter->wait_other),
                              lh_thread_text(pool, process, holder->uid),
                              now_text(pool, finding, holder->uid));
    }
    return text;
}

static const char *heard_text(struct lh_pool *pool, const struct lh_wake *wake)
{
    if (wake->waiters == 0)
        return ", when nobody waited";
    if (wake->waiters == 1)
        return ", when one thread waited";
    return lh_pool_printf(pool, ", when %" PRIu32 " threads waited", wake->waiters);
}

static const char *why_cond(struct lh_pool *pool, const struct lh_finding *finding,
                            const struct lh_thread *waiter)
{
    const struct lh_process *process = finding->process;
    const struct lh_waker *waker = lh_process_lock(process, waiter->wait_lock)->waker;
    const struct lh_python_words *words = lh_python_words(process, waiter);
    const char *done = words ? words->done : lh_stall_signalled(process, waiter), *text;

    if (!done)
        return words->why;
    if (!waker || waker->count == 0)
        return lh_pool_printf(pool, "nobody ever %s it", done);
    text = add_last(pool, lh_pool_printf(pool, "%s %s", done, times_text(pool, waker->count)),
                    finding, waiter);
    if (waker->last.thread == LH_NO_THREAD)
        return text;
    text = APPEND(pool, text, "%s", heard_text(pool, &waker->last));
    if (lh_stall_is_lost(process, waiter))
        text = APPEND(pool, text, "%s", ", before this wait began");
    text = add_now(pool, text, finding, waiter, waker->last.thread);
    if (lh_stall_may_be_woken(process, waiter))
        text = add_mutex(pool, text, finding, waiter);
    return add_others(pool, text, finding, waiter);
}

/* ---- semaphores ---- */

bool lh_stall_is_limit(const struct lh_process *process, uint32_t semaphore)
{
    const struct lh_lock *lock = lh_process_lock(process, semaphore);

    if (lock->initial == 0)
        return false;
    return !lock->waker || find_deed(lh_process_thread(process, lock->waker->last.thread),
                                     semaphore, LH_EVENT_SEM_TAKEN);
}

/* Who has taken a place and not given it back. */
static const char *add_takers(struct lh_pool *pool, const char *text,
                              const struct lh_finding *finding, const struct lh_thread *waiter)
{
    const struct lh_process *process = finding->process;
    int shown = 0;

    for (size_t i = 0; text && i < process->n_threads && shown < OTHERS_SHOWN; i++) {
        const struct lh_thread *thread = &process->threads[i];
        const struct lh_deed *taken = find_deed(thread, waiter->wait_lock, LH_EVENT_SEM_TAKEN);
        const struct lh_deed *posted = find_deed(thread, waiter->wait_lock, LH_EVENT_SEM_POST);
        if (!taken || (posted && posted->number > taken->number))
            continue;
        text = APPEND(pool, text, "; taken and not %s since by %s",
                      lh_process_lock(process, waiter->wait_lock)->python ? "released" : "posted",
                      by_text(pool, finding, waiter, thread->uid, taken->stack));
        text = add_now(pool, text, finding, waiter, thread->uid);
        shown++;
    }
    return text;
}

static const char *why_semaphore(struct lh_pool *pool, const struct lh_finding *finding,
                                 const struct lh_thread *waiter)
{
    const struct lh_lock *lock = lh_process_lock(finding->process, waiter->wait_lock);
    const struct lh_waker *waker = lock->waker;
    const struct lh_python_words *words = lh_python_words(finding->process, waiter);
    const char *text = "value 0", *done = words && words->done ? words->done : "posted";

    if (words && !words->done)
        return words->why;
    if (lock->flags & LH_LOCK_INIT_SEEN)
        text = APPEND(pool, text, ", initially %" PRIu64, lock->initial);
    if (lock->acquisitions > 0)
        text = APPEND(pool, text, ", taken %s", times_text(pool, lock->acquisitions));
    if (!waker || waker->count == 0) {
        /* Posts by the thread that took it, as a lock is released, are not counted. */
        bool as_lock = lock->flags & LH_LOCK_SEM_ONE && lock->acquisitions > 0;
        text = APPEND(pool, text, "%s",
                      as_lock ? lh_pool_printf(pool, ", not %s since its last taker", done)
                              : lh_pool_printf(pool, ", never %s", done));
    } else {
        text = APPEND(pool, text, ", %s %s", done, times_text(pool, waker->count));
        text = add_last(pool, text, finding, waiter);
        if (waker->last.thread != LH_NO_THREAD)
            text = add_now(pool, text, finding, waiter, waker->last.thread);
        text = add_others(pool, text, finding, waiter);
    }
    return lh_stall_is_limit(finding->process, waiter->wait_lock)
               ? add_takers(pool, text, finding, waiter)
               : text;
}

/* ---- barriers ---- */

/* Who came to it before, and is not there now. */
static const char *add_missing(struct lh_pool *pool, const char *text,
                               const struct lh_finding *finding, uint32_t barrier)
{
    const struct lh_process *process = finding->process;
    int shown = 0;

    for (size_t i = 0; text && i < process->n_threads && shown < OTHERS_SHOWN; i++) {
        const struct lh_thread *thread = &process->threads[i];
        bool is_there =
            thread->live && thread->wait_kind == LH_WAIT_BARRIER && thread->wait_lock == barrier;
        if (is_there || !find_deed(thread, barrier, LH_EVENT_BARRIER_LEAVE))
            continue;
        text = APPEND(pool, text, "; %s came to it before and %s",
                      lh_thread_text(pool, process, thread->uid),
                      now_text(pool, finding, thread->uid));
        shown++;
    }
    return text;
}

static const char *why_barrier(struct lh_pool *pool, const struct lh_finding *finding,
                               const struct lh_stall *stall, const struct lh_thread *waiter)
{
    uint64_t needed = lh_process_lock(finding->process, waiter->wait_lock)->initial;
    uint64_t arrived = lh_stall_arrived(stall, waiter->wait_lock);
    const char *text;

    if (needed == 0)
        text = lh_pool_printf(pool, "%" PRIu64 " arrived; for how many it waits is not known",
                              arrived);
    else
        text = lh_pool_printf(pool, "%" PRIu64 " of %" PRIu64 " arrived", arrived, needed);
    if (needed == arrived + 1)
        text = APPEND(pool, text, "%s", "; it waits for one more");
    else if (needed > arrived)
        text = APPEND(pool, text, "; it waits for %" PRIu64 " more", needed - arrived);
    return add_missing(pool, text, finding, waiter->wait_lock);
}

/* ---- futexes ---- */

static const char *why_futex(struct lh_pool *pool, const struct lh_finding *finding,
                             const struct lh_thread *waiter)
{
    const struct lh_process *process = finding->process;
    const struct lh_waker *waker = lh_process_lock(process, waiter->wait_lock)->waker;
    const char *text;

    if (lh_futex_initializer(process, waiter) == waiter->uid)
        return "its initialization comes back to itself";
    if (!waker || waker->count == 0)
        return "nobody woke it since it was first waited for";
    text = add_last(pool, lh_pool_printf(pool, "woken %s", times_text(pool, waker->count)), finding,
                    waiter);
    if (waker->last.thread != LH_NO_THREAD)
        text = add_now(pool, text, finding, waiter, waker->last.thread);
    return text;
}

/* ---- locks and ends of threads ---- */

static const char *why_behind(struct lh_pool *pool, const struct lh_finding *finding,
                              const struct lh_stuck *stuck)
{
    const struct lh_process *process = finding->process;
    const struct lh_thread *waiter = &process->threads[stuck->thread];
    const struct lh_thread *holder = &process->threads[stuck->behind];
    const char *name = lh_thread_text(pool, process, holder->uid);
    const char *now = now_text(pool, finding, holder->uid);

    if (waiter->wait_kind == LH_WAIT_JOIN)
        return lh_pool_printf(pool, "%s has not ended: it %s", name, now);
    if (waiter->wait_kind == LH_WAIT_FUTEX)
        return lh_pool_printf(pool, "initialized by %s, which %s", name, now);
    if (stuck->hold >= holder->n_held)
        return lh_pool_printf(pool, "%s waits for it as a writer and goes first", name);
    return lh_pool_printf(pool, "%s by %s since %s, which %s",
                          waiter->wait_kind == LH_WAIT_ONCE ? "run" : "held", name,
                          lh_site_text(pool, process, holder->held[stuck->hold].stack), now);
}

static const char *why_lock(struct lh_pool *pool, const struct lh_finding *finding,
                            const struct lh_thread *waiter)
{
    const struct lh_process *process = finding->process;
    const struct lh_misuse *gone = lh_stall_gone_holder(process, waiter->wait_lock);

    if (!gone)
        return "no thread is known to hold it";
    return lh_pool_printf(pool, "held by %s since %s, which has ended without releasing it",
                          lh_thread_text(pool, process, gone->owner),
                          lh_site_text(pool, process, gone->owner_stack));
}

const char *lh_stall_why(struct lh_pool *pool, const struct lh_finding *finding,
                         const struct lh_stall *stall, const struct lh_stuck *stuck)
{
    const struct lh_process *process = finding->process;
    const struct lh_thread *waiter = &process->threads[stuck->thread];

    if (stuck->behind != LH_NOBODY)
        return why_behind(pool, finding, stuck);
    switch (waiter->wait_kind) {
    case LH_WAIT_COND:
        return why_cond(pool, finding, waiter);
    case LH_WAIT_SEM:
        return why_semaphore(pool, finding, waiter);
    case LH_WAIT_FUTEX:
        return why_futex(pool, finding, waiter);
    case LH_WAIT_BARRIER:
        return why_barrier(pool, finding, stall, waiter);
    case LH_WAIT_JOIN:
        return "that thread is not known to be alive";
    default:
        return why_lock(pool, finding, waiter);
    }
}
