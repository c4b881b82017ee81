#include "held.h"

#include "race.h"
#include "recorder.h"

void lh_held_remove(struct lh_self *self, uint32_t i)
{
    for (uint32_t to = i; to + 1 < self->n_held; to++) {
        self->held[to] = self->held[to + 1];
        self->held_locks[to] = self->held_locks[to + 1];
        self->held[to].prefix =
            lh_held_prefix(to ? self->held[to - 1].prefix : 0, self->held_locks[to],
                           self->held[to].stack, self->held[to].mode);
    }
    lh_held_pop(self);
}

/* Still the lock that was taken, and this thread's, as far as anybody knows? */
static bool is_valid(const struct lh_self *self, uint32_t i)
{
    const struct lh_lock *lock = self->held_locks[i];

    if (lock->released || lock->index != self->held[i].lock)
        return false;
    return self->held[i].mode == LH_MODE_SHARED || lock->owner == self->uid;
}

/* An ended lock cannot be unlocked any more. What kept it was that it was held. */
static void give_up(struct lh_lock *lock, enum lh_hold_mode mode)
{
    if (mode == LH_MODE_SHARED)
        __atomic_fetch_sub(&lock->readers, 1, __ATOMIC_RELAXED);
    else
        __atomic_store_n(&lock->owner, LH_NO_THREAD, __ATOMIC_RELAXED);
    lh_deps_lock_ended(lock);
}

void lh_held_purge(struct lh_self *self)
{
    static uint32_t last_purge;
    uint32_t purge = ++last_purge;

    for (uint32_t i = self->n_held; i-- > 0;) {
        struct lh_lock *lock = self->held_locks[i];
        enum lh_hold_mode mode = self->held[i].mode;
        bool valid = is_valid(self, i);
        if ((!valid || lock->ended) && lh_racing())
            lh_race_held_changed();
        /* The second entry of a lock: unlocked by another thread and taken again since. */
        if (!valid || lock->ended || lock->purge == purge)
            lh_held_remove(self, i);
        if (valid && lock->ended)
            give_up(lock, mode);
        lock->purge = purge;
    }
}

int lh_held_index(const struct lh_self *self, const struct lh_lock *lock)
{
    for (uint32_t i = self->n_held; i-- > 0;) {
        if (self->held_locks[i] == lock)
            return (int)i;
    }
    return -1;
}

bool lh_held_again(struct lh_self *self, const struct lh_lock *lock)
{
    int i = lh_held_index(self, lock);

    if (i >= 0)
        self->held[i].depth++;
    return i >= 0;
}

void lh_held_tell(uint32_t uid)
{
    lh_recorder_lock();
    struct lh_self *owner = lh_self_of_uid(uid);
    /* The next wrapper that the owner enters takes the slow path of lh_begin_any(). */
    if (owner)
        __atomic_store_n(&owner->lowest_stack_lock, 0, __ATOMIC_RELAXED);
    lh_recorder_unlock();
}
