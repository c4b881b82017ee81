/*
 * Was a wakeup lost? A condition has no memory: who signals when nobody waits signals in vain. That
 * alone is no fault. A program that keeps a state under the mutex signals in vain all the time, and
 * whoever comes later sees the state and does not wait. So what is looked for is a thread that
 * began to wait *although* the last signal had come, with nobody in between who could have used up
 * what it announced:
 *
 *   - the last signal before the wait found nobody, and none came after it;
 *   - it came from another thread: who signals and then waits itself waits for an answer;
 *   - between the signaller's hold of the mutex and the waiter's there was no other: had there been
 *     one, that thread may have taken the item, the turn, the token, and this one waits for the
 *     next. (The producers of a bounded buffer that starve at its end come one after the other:
 *     only the first comes right after the signal, and it found room.) A mutex that was acquired
 *     once only, by the waiter, says the same of a signaller who never takes it;
 *   - no third thread took part that is now elsewhere: one condition that serves several threads
 *     and several states carries signals which were meant for others.
 *
 * What remains undecided is a waiter that uses up the state and waits again without releasing the
 * mutex in between: it looks like one that never looked at a state.
 */
#include "stall.h"

/* The mutex was held by none between signaller and waiter. */
static bool none_between(const struct lh_thread *waiter, const struct lh_wake *wake)
{
    if (waiter->wait_uses == 1)
        return true;
    return wake->mutex != LH_NO_LOCK && wake->mutex == waiter->wait_other &&
           waiter->wait_uses >= wake->uses && waiter->wait_uses - wake->uses <= 1;
}

static bool waits_for(const struct lh_thread *thread, uint32_t cond)
{
    return thread->live && thread->wait_kind == LH_WAIT_COND && thread->wait_lock == cond;
}

static bool took_part(const struct lh_thread *thread, uint32_t cond)
{
    for (size_t i = 0; i < thread->n_deeds; i++)
        if (thread->deeds[i].lock == cond)
            return true;
    return false;
}

/* Somebody else used the condition, and does not wait for it now. */
static bool has_third(const struct lh_process *process, uint32_t cond, uint32_t signaller)
{
    for (size_t i = 0; i < process->n_threads; i++) {
        const struct lh_thread *thread = &process->threads[i];
        if (thread->uid != signaller && !waits_for(thread, cond) && took_part(thread, cond))
            return true;
    }
    return false;
}

bool lh_stall_is_lost(const struct lh_process *process, const struct lh_thread *waiter)
{
    const struct lh_lock *cond = lh_process_lock(process, waiter->wait_lock);
    const struct lh_wake *last = cond->waker ? &cond->waker->last : NULL;

    if (waiter->wait_kind != LH_WAIT_COND || !last)
        return false;
    return last->thread != LH_NO_THREAD && last->thread != waiter->uid && last->waiters == 0 &&
           none_between(waiter, last) && !has_third(process, waiter->wait_lock, last->thread);
}

bool lh_stall_may_be_woken(const struct lh_process *process, const struct lh_thread *waiter)
{
    const struct lh_lock *cond = lh_process_lock(process, waiter->wait_lock);

    if (waiter->wait_kind != LH_WAIT_COND || !cond->waker)
        return false;
    const struct lh_wake *last = &cond->waker->last;
    if (last->thread == LH_NO_THREAD)
        return cond->waker->count > 0;
    /* The mutex was acquired again after the signal: the wait began after it. */
    if (last->mutex != LH_NO_LOCK && last->mutex == waiter->wait_other &&
        waiter->wait_uses > last->uses)
        return false;
    return last->waiters > 0;
}
