#include "waits.h"

#include "recorder.h"

void lh_wait_begin(struct lh_self *self, enum lh_wait_kind kind, struct lh_lock *lock,
                   uint32_t other, uint32_t stack, enum lh_hold_mode mode, uint32_t flags,
                   uint64_t now)
{
    struct lh_trace_thread *slot = self->slot;

    slot->wait_lock = lock ? lock->index : LH_NO_LOCK;
    /* Never NULL again: another thread may be looking at the wait before this one (verdict.c). */
    self->wait_lock = lock ? lock : &lh_no_lock;
    slot->wait_other = other;
    slot->wait_stack = stack;
    slot->wait_mode = (uint8_t)mode;
    slot->wait_flags = (uint8_t)flags;
    slot->wait_since = now;
    slot->wait_number++;
    /* Release: a reader that sees the kind sees the rest. */
    __atomic_store_n(&slot->wait_kind, kind, __ATOMIC_RELEASE);
}

void lh_wait_end(struct lh_self *self)
{
    if (self->judged_wait == self->slot->wait_number) {
        self->judged_wait = 0;
        lh_writer_told(&lh_writer, -1);
    }
    __atomic_store_n(&self->slot->wait_kind, LH_WAIT_NONE, __ATOMIC_RELEASE);
}

void lh_wait_cond_begin(struct lh_self *self, struct lh_lock *cond, const struct lh_lock *mutex)
{
    self->slot->wait_uses = mutex ? mutex->slot->acquisitions : 0;
    if (cond)
        __atomic_fetch_add(&cond->waiters, 1, __ATOMIC_RELAXED);
}
