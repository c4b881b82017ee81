/*
 * Who was woken from a condition and waits for its mutex now. The C library takes the mutex again
 * inside of pthread_cond_wait(), so the trace still says that such a thread waits for the
 * condition; but what keeps it is the holder of the mutex, and a circle through that is a deadlock.
 *
 * It is certain that a thread was woken when it waited already as the signaller took the mutex, and
 * when it either was alone in waiting or was woken with all others.
 */
#include "load.h"

static const struct lh_deed *find_deed(const struct lh_thread *thread, uint32_t event,
                                       uint32_t lock)
{
    for (size_t i = 0; i < thread->n_deeds; i++)
        if (thread->deeds[i].event == event && thread->deeds[i].lock == lock)
            return &thread->deeds[i];
    return NULL;
}

/* What the thread did to the condition last was a broadcast. */
static bool has_broadcast(const struct lh_thread *thread, uint32_t cond)
{
    const struct lh_deed *all = find_deed(thread, LH_EVENT_COND_BROADCAST, cond);
    const struct lh_deed *one = find_deed(thread, LH_EVENT_COND_SIGNAL, cond);

    return all && (!one || all->number > one->number);
}

static bool was_woken(const struct lh_process *process, const struct lh_thread *waiter)
{
    const struct lh_waker *waker = lh_process_lock(process, waiter->wait_lock)->waker;

    if (!waiter->live || waiter->wait_kind != LH_WAIT_COND || !waker ||
        waker->last.thread == LH_NO_THREAD || waker->last.waiters == 0)
        return false;
    return waker->last.mutex != LH_NO_LOCK && waker->last.mutex == waiter->wait_other &&
           waker->last.uses > waiter->wait_uses &&
           (waker->last.waiters == 1 ||
            has_broadcast(lh_process_thread(process, waker->last.thread), waiter->wait_lock));
}

static bool is_held_by_another(const struct lh_process *process, const struct lh_thread *waiter)
{
    for (size_t i = 0; i < process->n_threads; i++) {
        const struct lh_thread *thread = &process->threads[i];
        for (size_t k = 0; thread->live && thread != waiter && k < thread->n_held; k++)
            if (thread->held[k].lock == waiter->wait_other)
                return true;
    }
    return false;
}

int lh_load_woken(struct lh_loader *loader)
{
    struct lh_process *process = loader->process;

    for (size_t i = 0; i < process->n_threads; i++) {
        struct lh_thread *thread = &process->threads[i];
        if (!was_woken(process, thread) || !is_held_by_another(process, thread))
            continue;
        thread->wait_kind = LH_WAIT_LOCK;
        thread->wait_lock = thread->wait_other;
        thread->wait_other = 0;
        thread->wait_mode = LH_MODE_EXCLUSIVE;
        /* Also when the wait for the condition had a limit: this one has none. */
        thread->wait_flags = LH_ATTEMPT_REACQUIRE;
    }
    return 0;
}
