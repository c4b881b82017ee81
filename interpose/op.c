#include "op.h"

#include "inherited.h"
#include "lock_memory.h"
#include "misuse_memory.h"
#include "recorder.h"
#include "resting.h"
#include "verdict.h"

struct lh_block lh_block_begin(struct lh_self *self, enum lh_wait_kind kind, struct lh_lock *lock,
                               uint32_t other, uint32_t stack, uint32_t mode_and_flags)
{
    struct lh_block block = {self, lh_now(), lock ? lock->uid : 0};

    if (kind == LH_WAIT_LOCK)
        lh_event(self, LH_EVENT_BLOCK, lock ? lock->index : LH_NO_LOCK, stack, block.since);
    lh_wait_begin(self, kind, lock, other, stack, mode_and_flags >> 8, mode_and_flags & 0xff,
                  block.since);
    if (kind == LH_WAIT_LOCK)
        lh_inherited_wait(self, lock, stack, mode_and_flags & 0xff);
    if (lh_may_close_deadlock(self, kind, mode_and_flags & 0xff))
        lh_verdict_check(self);
    lh_leave(self);
    return block;
}

uint64_t lh_block_end(struct lh_block *block, uint64_t *ret_now)
{
    struct lh_self *self = block->self;
    uint64_t now = lh_now();

    self->guard = (uintptr_t)__builtin_frame_address(0);
    /* As in lh_enter(): a signal handler must see the guard first. */
    __atomic_signal_fence(__ATOMIC_SEQ_CST);
    lh_wait_end(self);
    block->self = NULL;
    *ret_now = now;
    return now > block->since ? now - block->since : 1;
}

void lh_block_abandon(struct lh_block *block)
{
    struct lh_self *self = block->self;
    uint64_t now;

    lh_block_end(block, &now);
    lh_leave(self);
}

void lh_catch_up(struct lh_self *self, struct lh_site site)
{
    struct lh_freed freed;

    lh_freed_begin(&freed, true);
    /* First, as it takes back the sign that the held set is to be looked at. */
    lh_locks_end_frames(self, site.sp, &freed);
    if (freed.n)
        lh_freed_note(self, &freed, LH_MISUSE_FRAME_LEFT_WHILE_HELD, lh_stack_of(self, site));
    lh_recorder_lock();
    lh_held_purge(self);
    lh_recorder_unlock();
}

void lh_acquired_again(struct lh_self *self, const struct lh_lock *lock, uint32_t stack,
                       uint32_t flags)
{
    lh_held_again(self, lock);
    if (!(flags & LH_ATTEMPT_REACQUIRE))
        lh_event(self, LH_EVENT_ACQUIRE_AGAIN, lock->index, stack, 0);
}

void lh_released_one(struct lh_self *self, struct lh_trace_held *held, enum lh_lock_kind kind)
{
    held->depth--;
    if (kind)
        lh_event(self, LH_EVENT_RELEASE_ONE, held->lock, LH_NO_STACK, 0);
}

void lh_refused(struct lh_self *self, struct lh_lock *lock, uint32_t stack, int result)
{
    lh_event(self, LH_EVENT_TRY_FAILED, lock->index, stack, 0);
    lh_misuse_refused(self, lock, stack, result);
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

static void hold_again(struct lh_self *self, struct lh_released released)
{
    struct lh_lock *lock = released.lock;

    if (lh_held_again(self, lock))
        return;
    if (released.mode == LH_MODE_EXCLUSIVE)
        __atomic_store_n(&lock->owner, self->uid, __ATOMIC_RELAXED);
    else
        __atomic_fetch_add(&lock->readers, 1, __ATOMIC_RELAXED);
    lh_held_push(self, lock, released.stack, released.mode, released.flags, 0);
}

void lh_release_unusual(struct lh_self *self, struct lh_released released, bool done)
{
    struct lh_lock *lock = released.lock;

    if (!lock)
        return;
    if (done) {
        lh_event(self, LH_EVENT_RELEASE, lock->index, LH_NO_STACK, 0);
        lh_held_tell(released.foreign);
    } else if (released.foreign)
        __atomic_store_n(&lock->owner, released.foreign, __ATOMIC_RELAXED);
    else
        hold_again(self, released);
}

/* The GIL and its like, which all threads of Python take all the time. */
static void mark_interpreters(const void *object)
{
    struct lh_lock *lock = lh_lock_known(object);

    if (lock)
        lock->slot->python = LH_PYTHON_INTERNAL;
}

void lh_begin_counted(const void *object, enum lh_lock_kind kind, uint32_t flags, uint64_t initial,
                      struct lh_site site)
{
    struct lh_self *self = lh_enter();

    if (!self)
        return;
    uint32_t stack =
        kind == LH_LOCK_SEMAPHORE ? lh_stack_of_any(self, site) : lh_stack_of(self, site);
    uint32_t lock = lh_lock_begin(self, object, kind, flags, initial, stack);
    if (kind != LH_LOCK_SEMAPHORE && lh_python_calls(site))
        mark_interpreters(object);
    lh_event(self, LH_EVENT_LOCK_INIT, lock, stack, 0);
    lh_leave(self);
}

void lh_end_object(const void *object, enum lh_lock_kind kind, struct lh_site site)
{
    struct lh_self *self = lh_enter();

    if (!self)
        return;
    lh_misuse_destroyed(self, object, kind, site);
    lh_leave(self);
}

void lh_forget_object(const void *object)
{
    struct lh_self *self = lh_enter();

    if (!self)
        return;
    struct lh_lock *lock = lh_lock_near(self, (uintptr_t)object);
    if (!lock || !lh_rest(self, lock, (uintptr_t)object, NULL))
        lh_lock_end(object);
    lh_leave(self);
}

/*
 * For certain, by what this thread has at hand: nobody holds the object, or it is no lock at the
 * moment.
 */
static inline bool nobody_holds(const struct lh_self *self, const void *object)
{
    uintptr_t addr = (uintptr_t)object;

    if (!self || self->guard)
        return false;
    const struct lh_lock *lock = lh_lock_cached_at(self, addr);
    return lh_rests_at(lock, addr) ||
           (lock && __atomic_load_n(&lock->addr, __ATOMIC_RELAXED) == addr && !lock->owner &&
            !__atomic_load_n(&lock->readers, __ATOMIC_RELAXED));
}

static __attribute__((noinline)) void look_at_destroy(const void *object, enum lh_lock_kind kind,
                                                      struct lh_site site)
{
    struct lh_self *self = lh_enter();

    if (!self)
        return;
    lh_misuse_destroy(self, object, kind, site);
    lh_leave(self);
}

void lh_destroying(const void *object, enum lh_lock_kind kind, struct lh_site site)
{
    if (!nobody_holds(lh_self, object))
        look_at_destroy(object, kind, site);
}

static __attribute__((noinline)) void look_at_init(const void *object, enum lh_lock_kind kind,
                                                   struct lh_site site)
{
    struct lh_self *self = lh_enter();

    if (!self)
        return;
    /* What lay here in a frame that has ended is gone, and told as that. Relaxed: as in op.h. */
    if (site.sp > __atomic_load_n(&self->lowest_stack_lock, __ATOMIC_RELAXED))
        lh_catch_up(self, site);
    lh_misuse_init(self, object, kind, site);
    lh_leave(self);
}

void lh_initializing(const void *object, enum lh_lock_kind kind, struct lh_site site)
{
    /* Relaxed: as in op.h. */
    if (!nobody_holds(lh_self, object) ||
        site.sp > __atomic_load_n(&lh_self->lowest_stack_lock, __ATOMIC_RELAXED))
        look_at_init(object, kind, site);
}
