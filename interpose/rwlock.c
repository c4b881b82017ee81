/* Wrappers of pthread_rwlock_*. */
#include <errno.h>
#include <pthread.h>

#include "export.h"
#include "op.h"
#include "real.h"
#include "timeout.h"

/* lh_begin() of an attempt to write that may wait. */
LH_HOT bool begin_write(struct lh_op *op, pthread_rwlock_t *rwlock, uint32_t flags,
                        struct lh_site site)
{
    if (!lh_begin(op, rwlock, LH_LOCK_RWLOCK, LH_MODE_EXCLUSIVE, flags, site))
        return false;
    if (op->lock)
        lh_dep_note_writer(op->self, op->lock, op->stack, flags);
    return true;
}

LH_EXPORT int pthread_rwlock_rdlock(pthread_rwlock_t *rwlock)
{
    struct lh_op op;

    if (!lh_begin(&op, rwlock, LH_LOCK_RWLOCK, LH_MODE_SHARED, 0, LH_SITE()))
        return lh_real.pthread_rwlock_rdlock(rwlock);
    int result = lh_real.pthread_rwlock_tryrdlock(rwlock);
    if (result == EBUSY) {
        struct lh_block block LH_BLOCK(&op);
        result = lh_real.pthread_rwlock_rdlock(rwlock);
        lh_unblock(&op, &block);
    }
    return lh_end(&op, result == 0, result);
}

LH_EXPORT int pthread_rwlock_tryrdlock(pthread_rwlock_t *rwlock)
{
    struct lh_op op;

    if (!lh_begin(&op, rwlock, LH_LOCK_RWLOCK, LH_MODE_SHARED, LH_ATTEMPT_TRY, LH_SITE()))
        return lh_real.pthread_rwlock_tryrdlock(rwlock);
    int result = lh_real.pthread_rwlock_tryrdlock(rwlock);
    return lh_end(&op, result == 0, result);
}

LH_EXPORT int pthread_rwlock_timedrdlock(pthread_rwlock_t *rwlock, const struct timespec *limit)
{
    struct lh_op op;

    if (!lh_begin(&op, rwlock, LH_LOCK_RWLOCK, LH_MODE_SHARED, LH_ATTEMPT_TIMED, LH_SITE()))
        return lh_real.pthread_rwlock_timedrdlock(rwlock, limit);
    int result = lh_usual_time(limit) ? lh_real.pthread_rwlock_tryrdlock(rwlock) : EBUSY;
    if (result == EBUSY) {
        struct lh_block block LH_BLOCK(&op);
        result = lh_real.pthread_rwlock_timedrdlock(rwlock, limit);
        lh_unblock(&op, &block);
    }
    return lh_end(&op, result == 0, result);
}

LH_EXPORT int pthread_rwlock_clockrdlock(pthread_rwlock_t *rwlock, clockid_t clock,
                                         const struct timespec *limit)
{
    struct lh_op op;

    if (!lh_begin(&op, rwlock, LH_LOCK_RWLOCK, LH_MODE_SHARED, LH_ATTEMPT_TIMED, LH_SITE()))
        return lh_real.pthread_rwlock_clockrdlock(rwlock, clock, limit);
    int result = lh_usual_clock(clock, limit) ? lh_real.pthread_rwlock_tryrdlock(rwlock) : EBUSY;
    if (result == EBUSY) {
        struct lh_block block LH_BLOCK(&op);
        result = lh_real.pthread_rwlock_clockrdlock(rwlock, clock, limit);
        lh_unblock(&op, &block);
    }
    return lh_end(&op, result == 0, result);
}

LH_EXPORT int pthread_rwlock_wrlock(pthread_rwlock_t *rwlock)
{
    struct lh_op op;

    if (!begin_write(&op, rwlock, 0, LH_SITE()))
        return lh_real.pthread_rwlock_wrlock(rwlock);
    int result = lh_real.pthread_rwlock_trywrlock(rwlock);
    if (result == EBUSY) {
        struct lh_block block LH_BLOCK(&op);
        result = lh_real.pthread_rwlock_wrlock(rwlock);
        lh_unblock(&op, &block);
    }
    return lh_end(&op, result == 0, result);
}

LH_EXPORT int pthread_rwlock_trywrlock(pthread_rwlock_t *rwlock)
{
    struct lh_op op;

    if (!lh_begin(&op, rwlock, LH_LOCK_RWLOCK, LH_MODE_EXCLUSIVE, LH_ATTEMPT_TRY, LH_SITE()))
        return lh_real.pthread_rwlock_trywrlock(rwlock);
    int result = lh_real.pthread_rwlock_trywrlock(rwlock);
    return lh_end(&op, result == 0, result);
}

LH_EXPORT int pthread_rwlock_timedwrlock(pthread_rwlock_t *rwlock, const struct timespec *limit)
{
    struct lh_op op;

    if (!begin_write(&op, rwlock, LH_ATTEMPT_TIMED, LH_SITE()))
        return lh_real.pthread_rwlock_timedwrlock(rwlock, limit);
    int result = lh_usual_time(limit) ? lh_real.pthread_rwlock_trywrlock(rwlock) : EBUSY;
    if (result == EBUSY) {
        struct lh_block block LH_BLOCK(&op);
        result = lh_real.pthread_rwlock_timedwrlock(rwlock, limit);
        lh_unblock(&op, &block);
    }
    return lh_end(&op, result == 0, result);
}

LH_EXPORT int pthread_rwlock_clockwrlock(pthread_rwlock_t *rwlock, clockid_t clock,
                                         const struct timespec *limit)
{
    struct lh_op op;

    if (!begin_write(&op, rwlock, LH_ATTEMPT_TIMED, LH_SITE()))
        return lh_real.pthread_rwlock_clockwrlock(rwlock, clock, limit);
    int result = lh_usual_clock(clock, limit) ? lh_real.pthread_rwlock_trywrlock(rwlock) : EBUSY;
    if (result == EBUSY) {
        struct lh_block block LH_BLOCK(&op);
        result = lh_real.pthread_rwlock_clockwrlock(rwlock, clock, limit);
        lh_unblock(&op, &block);
    }
    return lh_end(&op, result == 0, result);
}

LH_EXPORT int pthread_rwlock_unlock(pthread_rwlock_t *rwlock)
{
    struct lh_self *self = lh_enter();

    if (!self)
        return lh_real.pthread_rwlock_unlock(rwlock);
    struct lh_released released = lh_release(self, rwlock, LH_LOCK_RWLOCK, LH_SITE());
    int result = lh_real.pthread_rwlock_unlock(rwlock);
    return lh_release_end(self, &released, result == 0, result);
}

LH_EXPORT int pthread_rwlock_init(pthread_rwlock_t *rwlock, const pthread_rwlockattr_t *attributes)
{
    lh_real_need();
    lh_initializing(rwlock, LH_LOCK_RWLOCK, LH_SITE());
    int result = lh_real.pthread_rwlock_init(rwlock, attributes);
    if (result == 0)
        lh_begin_object(rwlock, LH_LOCK_RWLOCK, 0, LH_SITE());
    return result;
}

LH_EXPORT int pthread_rwlock_destroy(pthread_rwlock_t *rwlock)
{
    lh_real_need();
    lh_destroying(rwlock, LH_LOCK_RWLOCK, LH_SITE());
    int result = lh_real.pthread_rwlock_destroy(rwlock);
    if (result == 0)
        lh_end_object(rwlock, LH_LOCK_RWLOCK, LH_SITE());
    return result;
}
