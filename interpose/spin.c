/* Wrappers of pthread_spin_*. */
#include <errno.h>
#include <pthread.h>

#include "export.h"
#include "op.h"
#include "real.h"

/* pthread_spinlock_t is a volatile int; its address is all that is used here. */
static const void *object_of(pthread_spinlock_t *lock)
{
    return (const void *)lock;
}

LH_EXPORT int pthread_spin_lock(pthread_spinlock_t *lock)
{
    struct lh_op op;

    if (!lh_begin(&op, object_of(lock), LH_LOCK_SPIN, LH_MODE_EXCLUSIVE, 0, LH_SITE()))
        return lh_real.pthread_spin_lock(lock);
    int result = lh_real.pthread_spin_trylock(lock);
    if (result == EBUSY) {
        struct lh_block block LH_BLOCK(&op);
        result = lh_real.pthread_spin_lock(lock);
        lh_unblock(&op, &block);
    }
    return lh_end(&op, result == 0, result);
}

LH_EXPORT int pthread_spin_trylock(pthread_spinlock_t *lock)
{
    struct lh_op op;

    if (!lh_begin(&op, object_of(lock), LH_LOCK_SPIN, LH_MODE_EXCLUSIVE, LH_ATTEMPT_TRY, LH_SITE()))
        return lh_real.pthread_spin_trylock(lock);
    int result = lh_real.pthread_spin_trylock(lock);
    return lh_end(&op, result == 0, result);
}

LH_EXPORT int pthread_spin_unlock(pthread_spinlock_t *lock)
{
    struct lh_self *self = lh_enter();

    if (!self)
        return lh_real.pthread_spin_unlock(lock);
    struct lh_released released = lh_release(self, object_of(lock), LH_LOCK_SPIN, LH_SITE());
    int result = lh_real.pthread_spin_unlock(lock);
    return lh_release_end(self, &released, result == 0, result);
}

LH_EXPORT int pthread_spin_init(pthread_spinlock_t *lock, int pshared)
{
    lh_real_need();
    int result = lh_real.pthread_spin_init(lock, pshared);
    if (result == 0)
        lh_begin_object(object_of(lock), LH_LOCK_SPIN,
                        pshared == PTHREAD_PROCESS_SHARED ? LH_LOCK_PSHARED : 0, LH_SITE());
    return result;
}

LH_EXPORT int pthread_spin_destroy(pthread_spinlock_t *lock)
{
    lh_real_need();
    int result = lh_real.pthread_spin_destroy(lock);
    if (result == 0)
        lh_end_object(object_of(lock), LH_LOCK_SPIN, LH_SITE());
    return result;
}
