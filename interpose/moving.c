#include "moving.h"

#include "destroyed.h"
#include "lock_memory.h"
#include "lock_pages.h"
#include "lock_table.h"
#include "locks.h"
#include "recorder.h"
#include "self.h"

struct lh_lock *lh_moving_begin(const void *start, size_t size, struct lh_freed *freed)
{
    if (!size || !lh_pages_may_hold_locks((uintptr_t)start, size))
        return NULL;
    if (lh_locks_in((uintptr_t)start, size, NULL, 0) == 0 &&
        !lh_destroyed_may_be_in((uintptr_t)start, size))
        return NULL;
    /* A thread may work on its last memory after its last destructor. */
    struct lh_self *self = lh_self_is_gone() ? NULL : lh_enter();
    if (!self && !lh_self_is_gone())
        return NULL;
    lh_recorder_lock();
    struct lh_lock *locks = lh_locks_park(self, (uintptr_t)start, size, freed);
    lh_recorder_unlock();
    if (self)
        lh_leave(self);
    return locks;
}

void lh_moving_end(struct lh_lock *locks, uintptr_t kept_end)
{
    if (!locks)
        return;
    struct lh_self *self = lh_self_is_gone() ? NULL : lh_enter();
    lh_recorder_lock();
    lh_locks_unpark(locks, kept_end);
    lh_recorder_unlock();
    if (self)
        lh_leave(self);
}
