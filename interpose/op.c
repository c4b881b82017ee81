#include "op.h"

#include "recorder.h"

/* Between leaving and entering, a signal handler may have begun or ended nothing of ours. */
static void enter_again(struct lh_self *self)
{
    self->guard = 1;
    __atomic_signal_fence(__ATOMIC_SEQ_CST);
}

void lh_unblock(struct lh_op *op)
{
    uint64_t now = lh_now();

    enter_again(op->self);
    op->blocked = false;
    lh_wait_end(op->self);
    /* At least 1: 0 means that there was no wait. */
    op->waited = now > op->now ? now - op->now : 1;
    op->now = now;
}

void lh_op_abandon(struct lh_op *op)
{
    lh_unblock(op);
    lh_leave(op->self);
}

void lh_hold_account(struct lh_lock *lock, const struct lh_trace_held *held, uint64_t now)
{
    struct lh_trace_lock *slot = lock->slot;
    uint64_t held_for = now - held->since;
    uint64_t longest = __atomic_load_n(&slot->hold_max, __ATOMIC_RELAXED);

    __atomic_fetch_add(&slot->hold_total, held_for, __ATOMIC_RELAXED);
    __atomic_fetch_add(&slot->hold_samples, 1, __ATOMIC_RELAXED);
    while (held_for > longest) {
        if (__atomic_compare_exchange_n(&slot->hold_max, &longest, held_for, true,
                                        __ATOMIC_RELAXED, __ATOMIC_RELAXED)) {
            __atomic_store_n(&slot->hold_max_stack, held->stack, __ATOMIC_RELAXED);
            break;
        }
    }
}

struct lh_released lh_release_foreign(const void *object)
{
    struct lh_lock *lock = lh_lock_known(object);
    struct lh_released released = {.lock = lock};

    if (!lock)
        return released;
    /* Its owner finds out when it next looks at its held set (lh_held_purge()). */
    released.foreign = __atomic_exchange_n(&lock->owner, LH_NO_THREAD, __ATOMIC_RELAXED);
    if (!released.foreign)
        released.lock = NULL;
    return released;
}

static void hold_again(struct lh_self *self, const struct lh_released *released)
{
    struct lh_lock *lock = released->lock;

    if (lh_held_again(self, lock))
        return;
    if (released->mode == LH_MODE_EXCLUSIVE)
        __atomic_store_n(&lock->owner, self->uid, __ATOMIC_RELAXED);
    else
        __atomic_fetch_add(&lock->readers, 1, __ATOMIC_RELAXED);
    lh_held_push(self, lock, released->stack, released->mode, released->flags, 0);
}

void lh_release_unusual(struct lh_self *self, const struct lh_released *released, bool done)
{
    struct lh_lock *lock = released->lock;

    if (!lock)
        return;
    if (done)
        lh_event(self, LH_EVENT_RELEASE, lock->index, LH_NO_STACK, 0);
    else if (released->foreign)
        __atomic_store_n(&lock->owner, released->foreign, __ATOMIC_RELAXED);
    else
        hold_again(self, released);
}

void lh_begin_object(const void *object, enum lh_lock_kind kind, uint32_t flags,
                     struct lh_site site)
{
    struct lh_self *self = lh_enter();

    if (!self)
        return;
    uint32_t stack = lh_stack_of(self, site);
    lh_lock_begin(self, object, kind, flags, stack);
    lh_event(self, LH_EVENT_LOCK_INIT, 0, stack, 0);
    lh_leave(self);
}

void lh_end_object(const void *object)
{
    struct lh_self *self = lh_enter();

    if (!self)
        return;
    lh_lock_end(self, object);
    lh_leave(self);
}
