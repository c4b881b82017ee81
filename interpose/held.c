#include "held.h"

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

/* Still held by this thread, as far as anybody knows? */
static bool valid(const struct lh_self *self, uint32_t i)
{
    const struct lh_lock *lock = self->held_locks[i];

    if (lock->released || lock->index != self->held[i].lock)
        return false;
    return self->held[i].mode == LH_MODE_SHARED || lock->owner == self->uid;
}

void lh_held_purge(struct lh_self *self)
{
    for (uint32_t i = self->n_held; i-- > 0;) {
        if (!valid(self, i))
            lh_held_remove(self, i);
    }
}

bool lh_held_has(const struct lh_self *self, const struct lh_lock *lock)
{
    for (uint32_t i = 0; i < self->n_held; i++) {
        if (self->held_locks[i] == lock)
            return true;
    }
    return false;
}

bool lh_held_again(struct lh_self *self, const struct lh_lock *lock)
{
    for (uint32_t i = self->n_held; i-- > 0;) {
        if (self->held_locks[i] == lock) {
            self->held[i].depth++;
            return true;
        }
    }
    return false;
}
