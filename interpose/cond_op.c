#include "cond_op.h"

#include <errno.h>

#include "misuse_wait.h"
#include "wakers.h"

bool lh_cond_begin(struct lh_cond_op *op, const void *cond, const void *mutex, uint32_t flags,
                   struct lh_site site)
{
    if (!lh_begin_any(&op->cond, cond, LH_LOCK_COND, site))
        return false;
    struct lh_op *wait = &op->cond;
    struct lh_self *self = wait->self;
    wait->flags = (uint8_t)flags;
    op->mutex_object = mutex;
    op->mutex = lh_lock_of(self, mutex, LH_LOCK_MUTEX, wait->stack);
    if (op->mutex)
        lh_misuse_wait(self, wait->lock, op->mutex, wait->stack, flags);
    /* A mutex taken more than once is not released by the wait's end of it: only once. */
    op->released = lh_release(self, mutex, 0, site);
    /* The mutex is wanted again at the end, with all else held: noted before it can block. */
    if (op->mutex)
        lh_dep_note(self, op->mutex, wait->stack, LH_MODE_EXCLUSIVE, LH_ATTEMPT_REACQUIRE);
    lh_wait_cond_begin(self, wait->lock, op->mutex);
    /* Who signals may want what is kept here. */
    if (wait->lock && !(flags & LH_ATTEMPT_TIMED))
        lh_dep_note(self, wait->lock, wait->stack, LH_MODE_EXCLUSIVE, 0);
    uint32_t cond_index = wait->lock ? wait->lock->index : LH_NO_LOCK;
    lh_event(self, LH_EVENT_COND_WAIT, cond_index, wait->stack, lh_now());
    op->block = lh_block_begin(self, LH_WAIT_COND, wait->lock,
                               op->mutex ? op->mutex->index : LH_NO_LOCK, wait->stack, flags);
    return true;
}

static void end_wait(struct lh_cond_op *op, bool waited)
{
    struct lh_op *wait = &op->cond;

    lh_unblock(wait, &op->block);
    if (wait->lock) {
        lh_wait_cond_end(wait->lock);
        lh_wait_account(wait->lock, wait->waited, wait->stack);
    }
    lh_event(wait->self, LH_EVENT_COND_WAKE, wait->lock ? wait->lock->index : 0, wait->stack,
             wait->now);
    struct lh_op again = {
        .self = wait->self,
        .lock = op->mutex,
        .object = op->mutex_object,
        .stack = wait->stack,
        .mode = LH_MODE_EXCLUSIVE,
        .flags = LH_ATTEMPT_REACQUIRE,
    };
    if (waited && lh_racing())
        lh_race_woken(wait->object);
    if (waited)
        lh_acquired(&again);
    else
        lh_release_unusual(wait->self, op->released, false);
    lh_leave(wait->self);
}

int lh_cond_end(struct lh_cond_op *op, bool waited, int result)
{
    /* As in mutex.c: the hold of a mutex whose owner died is measured. */
    if (result == EOWNERDEAD)
        op->cond.self->sample = 1;
    end_wait(op, waited);
    return result;
}

void lh_cond_cleanup(struct lh_cond_op *op)
{
    /* Cancelled: the C library has taken the mutex again by now. */
    if (op->block.self)
        end_wait(op, true);
}

void lh_cond_note(const void *cond, enum lh_event_type type, struct lh_site site)
{
    struct lh_op op;

    if (lh_racing())
        lh_race_signal(cond);
    if (!lh_begin_any(&op, cond, LH_LOCK_COND, site))
        return;
    if (op.lock) {
        __atomic_fetch_add(&op.lock->slot->acquisitions_shared, 1, __ATOMIC_RELAXED);
        lh_waker_note(op.self, op.lock, type, op.stack);
        lh_dep_note(op.self, op.lock, op.stack, LH_MODE_EXCLUSIVE, LH_ATTEMPT_SIGNAL);
        lh_event(op.self, type, op.lock->index, op.stack, 0);
    }
    lh_leave(op.self);
}
