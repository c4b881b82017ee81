#include "misuse_wait.h"

#include "glibc_state.h"
#include "held.h"
#include "recorder.h"
#include "resting.h"
#include "thread_nodes.h"
#include "verdict.h"

static bool note_with_cond(struct lh_self *self, struct lh_lock *cond, struct lh_lock *mutex,
                           struct lh_misuse *misuse)
{
    misuse->other = cond ? cond->index : LH_NO_LOCK;
    if (!lh_misuse_note(self, mutex, misuse))
        return false;
    if (cond && lh_lock_keep(cond))
        cond->named = true;
    return true;
}

static void look_at_mutex(struct lh_self *self, struct lh_lock *cond, struct lh_lock *mutex,
                          uint32_t stack)
{
    const void *object = (const void *)mutex->addr;
    struct lh_misuse misuse = {.kind = LH_MISUSE_WAIT_WITHOUT_LOCK, .stack = stack};

    if (!object)
        return;
    if (lh_glibc_mutex_fault(object) != LH_MUTEX_GOOD) {
        lh_misuse_refused(self, mutex, stack, 0);
        return;
    }
    enum lh_state_of state = lh_glibc_state(object, LH_LOCK_MUTEX, self->slot->tid);
    if (state == LH_IS_MINE)
        return;
    lh_recorder_lock();
    if (state == LH_IS_OTHERS)
        lh_misuse_find_owner(mutex, &misuse);
    note_with_cond(self, cond, mutex, &misuse);
    lh_recorder_unlock();
}

/* A wait gives back one acquisition. */
static void note_still_held(struct lh_self *self, struct lh_lock *cond, struct lh_lock *mutex,
                            uint32_t stack, const struct lh_trace_held *held)
{
    lh_recorder_lock();
    note_with_cond(self, cond, mutex,
                   &(struct lh_misuse){
                       .kind = LH_MISUSE_WAIT_WHILE_RECURSIVE,
                       .stack = stack,
                       .owner = self->uid,
                       .owner_stack = held->stack,
                       .depth = held->depth,
                   });
    lh_recorder_unlock();
}

/*
 * Does this thread wait for the condition with another mutex? One that was woken and has not come
 * back yet looks the same: so nobody may have signalled since, and it must sleep in the kernel;
 * where its time may be over, not for its mutex.
 */
static bool waits_otherwise(const struct lh_self *thread, const struct lh_lock *cond,
                            const struct lh_lock *mutex)
{
    const struct lh_trace_thread *slot = thread->slot;

    /* Acquire pairs with the release in lh_wait_begin(). */
    if (__atomic_load_n(&slot->wait_kind, __ATOMIC_ACQUIRE) != LH_WAIT_COND ||
        thread->wait_lock != cond || slot->wait_other == mutex->index ||
        slot->wait_other == LH_NO_LOCK)
        return false;
    uint32_t number = slot->wait_number;
    if (slot->wait_flags & LH_ATTEMPT_TIMED ||
        thread->wait_signals !=
            __atomic_load_n(&cond->slot->acquisitions_shared, __ATOMIC_RELAXED) ||
        !lh_verdict_is_in_its_wait(thread))
        return false;
    __atomic_thread_fence(__ATOMIC_ACQUIRE);
    return slot->wait_kind == LH_WAIT_COND && slot->wait_number == number;
}

static void look_for_others(struct lh_self *self, struct lh_lock *cond, struct lh_lock *mutex,
                            uint32_t stack)
{
    /* Other processes' threads wait, and signal, unseen. */
    if (cond->slot->flags & LH_LOCK_PSHARED)
        return;
    lh_recorder_lock();
    for (struct lh_self *thread = lh_self_all(); thread; thread = thread->next) {
        if (thread == self || !waits_otherwise(thread, cond, mutex))
            continue;
        struct lh_misuse misuse = {
            .kind = LH_MISUSE_COND_TWO_MUTEXES,
            .stack = stack,
            .owner = thread->uid,
            .owner_stack = thread->slot->wait_stack,
            .owner_lock = thread->slot->wait_other,
        };
        if (note_with_cond(self, cond, mutex, &misuse) && lh_lock_keep(thread->wait_mutex))
            thread->wait_mutex->named = true;
        break;
    }
    lh_recorder_unlock();
}

void lh_misuse_wait_look(struct lh_self *self, struct lh_lock *cond, struct lh_lock *mutex,
                         uint32_t stack, uint32_t flags)
{
    int i = lh_held_index(self, mutex);

    if (i < 0)
        look_at_mutex(self, cond, mutex, stack);
    else if (self->held[i].depth > 1 && !(flags & LH_ATTEMPT_TIMED))
        note_still_held(self, cond, mutex, stack, &self->held[i]);
    /* Relaxed: two that change it at the same moment may both miss each other. */
    if (cond && __atomic_exchange_n(&cond->wait_mutex, mutex->index, __ATOMIC_RELAXED))
        look_for_others(self, cond, mutex, stack);
}

void lh_misuse_join(struct lh_self *self, const struct lh_thread_node *node, uint32_t stack)
{
    lh_held_purge(self);
    for (uint32_t i = 0; i < self->n_held; i++) {
        struct lh_lock *lock = self->held_locks[i];
        const void *object = lh_held_object(lock);
        if (!object || (lock->kind != LH_LOCK_MUTEX && lock->kind != LH_LOCK_RWLOCK) ||
            lh_glibc_state(object, lock->kind, self->slot->tid) != LH_IS_MINE)
            continue;
        if (node->self)
            lh_thread_record(node->self);
        lh_misuse_note(self, lock,
                       &(struct lh_misuse){
                           .kind = LH_MISUSE_JOIN_WHILE_HELD,
                           .stack = stack,
                           .owner = self->uid,
                           .owner_stack = self->held[i].stack,
                           .depth = self->held[i].depth,
                           .other = node->uid,
                       });
    }
}

void lh_misuse_join_refused(struct lh_self *self, const struct lh_thread_node *node, uint32_t stack)
{
    struct lh_misuse misuse = {.kind = LH_MISUSE_JOIN_SELF, .stack = stack, .other = self->uid};

    lh_recorder_lock();
    const struct lh_self *other = node ? node->self : NULL;
    if (other && other != self) {
        misuse.kind = LH_MISUSE_JOIN_EACH_OTHER;
        misuse.other = misuse.owner = other->uid;
        if (other->slot->wait_kind == LH_WAIT_JOIN && other->slot->wait_other == self->uid)
            misuse.owner_stack = other->slot->wait_stack;
    }
    if (other)
        lh_misuse_note(self, NULL, &misuse);
    lh_recorder_unlock();
}
