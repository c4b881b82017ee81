#include "units.h"

#include "hash.h"
#include "recorder.h"

/* Other processes take and give without being seen. */
static bool do_units_tell(const struct lh_lock *semaphore)
{
    /* Relaxed: the analyzer looks at the flag once more. */
    uint32_t flags = __atomic_load_n(&semaphore->slot->flags, __ATOMIC_RELAXED);

    return semaphore->slot->initial > 1 && (flags & LH_LOCK_INIT_SEEN) &&
           !(flags & (LH_LOCK_PSHARED | LH_LOCK_SEM_GIVEN));
}

/* Their order does not matter. */
static uint64_t key_of(const struct lh_unit *unit)
{
    return lh_mix(unit->uid);
}

static void take_out(struct lh_self *self, uint32_t i)
{
    self->units_key -= key_of(&self->units[i]);
    self->units[i] = self->units[--self->n_units];
}

void lh_units_purge(struct lh_self *self)
{
    for (uint32_t i = self->n_units; i-- > 0;) {
        const struct lh_lock *semaphore = self->units[i].semaphore;
        if (semaphore->uid != self->units[i].uid || semaphore->ended || semaphore->released)
            take_out(self, i);
    }
}

void lh_unit_taken(struct lh_self *self, struct lh_lock *semaphore, uint32_t stack)
{
    if (!do_units_tell(semaphore))
        return;
    if (self->n_units == LH_UNITS_MAX) {
        lh_recorder_lock();
        lh_units_purge(self);
        lh_recorder_unlock();
    }
    /* No room: when it gives this one back, it will count as another's. */
    if (self->n_units == LH_UNITS_MAX)
        return;
    self->units[self->n_units] = (struct lh_unit){semaphore, semaphore->uid, stack};
    self->units_key += key_of(&self->units[self->n_units++]);
}

void lh_unit_given(struct lh_self *self, struct lh_lock *semaphore)
{
    if (!do_units_tell(semaphore))
        return;
    for (uint32_t i = self->n_units; i-- > 0;) {
        if (self->units[i].uid != semaphore->uid)
            continue;
        take_out(self, i);
        return;
    }
    lh_units_unknown(semaphore);
}

void lh_units_unknown(struct lh_lock *semaphore)
{
    __atomic_fetch_or(&semaphore->slot->flags, LH_LOCK_SEM_GIVEN, __ATOMIC_RELAXED);
}
