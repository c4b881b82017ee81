/* Wrappers of pthread_barrier_*. */
#include <pthread.h>

#include "export.h"
#include "op.h"
#include "real.h"

LH_EXPORT int pthread_barrier_wait(pthread_barrier_t *barrier)
{
    struct lh_op op;

    if (!lh_begin_any(&op, barrier, LH_LOCK_BARRIER, LH_SITE()))
        return lh_real.pthread_barrier_wait(barrier);
    struct lh_self *self = op.self;
    uint32_t index = op.lock ? op.lock->index : 0;
    lh_event(self, LH_EVENT_BARRIER_ARRIVE, index, op.stack, lh_now());
    uint32_t parties = op.lock ? (uint32_t)op.lock->slot->initial : 0;
    uint32_t round = lh_racing() ? lh_race_barrier_arrive(barrier, parties) : 0;
    struct lh_block block LH_BLOCK_CLEANUP =
        lh_block_begin(self, LH_WAIT_BARRIER, op.lock, 0, op.stack, 0);
    int result = lh_real.pthread_barrier_wait(barrier);
    lh_unblock(&op, &block);
    if (lh_racing())
        lh_race_barrier_leave(barrier, round);
    /* The barrier may be gone by now: one of the others was free to destroy it. */
    lh_event(self, LH_EVENT_BARRIER_LEAVE, index, op.stack, op.now);
    lh_leave(self);
    return result;
}

LH_EXPORT int pthread_barrier_init(pthread_barrier_t *barrier,
                                   const pthread_barrierattr_t *attributes, unsigned count)
{
    lh_real_need();
    int result = lh_real.pthread_barrier_init(barrier, attributes, count);
    if (result == 0)
        lh_begin_counted(barrier, LH_LOCK_BARRIER, 0, count, LH_SITE());
    return result;
}

LH_EXPORT int pthread_barrier_destroy(pthread_barrier_t *barrier)
{
    lh_real_need();
    int result = lh_real.pthread_barrier_destroy(barrier);
    if (result == 0)
        lh_end_object(barrier, LH_LOCK_BARRIER, LH_SITE());
    return result;
}
