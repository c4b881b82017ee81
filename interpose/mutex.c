/* Wrappers of pthread_mutex_*. */
#include <errno.h>
#include <linux/futex.h>
#include <pthread.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "call.h"
#include "export.h"
#include "op.h"
#include "real.h"
#include "timeout.h"

/*
 * EOWNERDEAD: a robust mutex whose owner died; the caller holds it now. That hold is measured, for
 * its release is to be looked at (lh_release()).
 */
static bool got(const struct lh_op *op, int result)
{
    if (__builtin_expect(result == 0, 1))
        return true;
    if (result != EOWNERDEAD)
        return false;
    op->self->sample = 1;
    return true;
}

/* Robust mutexes always use shared futexes (sysdeps/nptl/pthreadP.h). Keeps errno. */
static void wake_one(const int *word)
{
    int saved = errno;

    lh_syscall(SYS_futex, word, FUTEX_WAKE, 1, NULL, NULL, 0);
    errno = saved;
}

/* The thread with this number lets go of it, as an unlock would. */
static __attribute__((noinline)) void give_back(pthread_mutex_t *mutex, int tid)
{
    int *word = &mutex->__data.__lock, old = tid;

    /* Release, as an unlock; whoever waits comes for the bit beside the thread's number. */
    while ((old & FUTEX_TID_MASK) == tid &&
           !__atomic_compare_exchange_n(word, &old, 0, false, __ATOMIC_RELEASE, __ATOMIC_RELAXED))
        ;
    if ((uint32_t)old & FUTEX_WAITERS)
        wake_one(word);
}

/*
 * Must the call itself be made? Also where trylock found the mutex not recoverable: glibc's leaves
 * it locked then (nptl/pthread_mutex_trylock.c compares with the wrong word), the call does not. So
 * what trylock took goes back first.
 */
static bool must_call(const struct lh_op *op, pthread_mutex_t *mutex, int result)
{
    if (__builtin_expect(result == 0, 1) || result != ENOTRECOVERABLE)
        return result == EBUSY;
    give_back(mutex, (int)op->self->slot->tid);
    return true;
}

LH_EXPORT int pthread_mutex_lock(pthread_mutex_t *mutex)
{
    struct lh_site site = LH_SITE();
    struct lh_op op;

    if (lh_python_hands_on(site) ||
        !lh_begin(&op, mutex, LH_LOCK_MUTEX, LH_MODE_EXCLUSIVE, 0, site))
        return lh_real.pthread_mutex_lock(mutex);
    int result = lh_real.pthread_mutex_trylock(mutex);
    if (must_call(&op, mutex, result)) {
        struct lh_block block LH_BLOCK(&op);
        result = lh_real.pthread_mutex_lock(mutex);
        lh_unblock(&op, &block);
    }
    return lh_end(&op, got(&op, result), result);
}

LH_EXPORT int pthread_mutex_trylock(pthread_mutex_t *mutex)
{
    struct lh_op op;

    if (!lh_begin(&op, mutex, LH_LOCK_MUTEX, LH_MODE_EXCLUSIVE, LH_ATTEMPT_TRY, LH_SITE()))
        return lh_real.pthread_mutex_trylock(mutex);
    int result = lh_real.pthread_mutex_trylock(mutex);
    return lh_end(&op, got(&op, result), result);
}

LH_EXPORT int pthread_mutex_timedlock(pthread_mutex_t *mutex, const struct timespec *limit)
{
    struct lh_op op;

    if (!lh_begin(&op, mutex, LH_LOCK_MUTEX, LH_MODE_EXCLUSIVE, LH_ATTEMPT_TIMED, LH_SITE()))
        return lh_real.pthread_mutex_timedlock(mutex, limit);
    int result = lh_usual_time(limit) ? lh_real.pthread_mutex_trylock(mutex) : EBUSY;
    if (must_call(&op, mutex, result)) {
        struct lh_block block LH_BLOCK(&op);
        result = lh_real.pthread_mutex_timedlock(mutex, limit);
        lh_unblock(&op, &block);
    }
    return lh_end(&op, got(&op, result), result);
}

LH_EXPORT int pthread_mutex_clocklock(pthread_mutex_t *mutex, clockid_t clock,
                                      const struct timespec *limit)
{
    struct lh_op op;

    if (!lh_begin(&op, mutex, LH_LOCK_MUTEX, LH_MODE_EXCLUSIVE, LH_ATTEMPT_TIMED, LH_SITE()))
        return lh_real.pthread_mutex_clocklock(mutex, clock, limit);
    int result = lh_usual_clock(clock, limit) ? lh_real.pthread_mutex_trylock(mutex) : EBUSY;
    if (must_call(&op, mutex, result)) {
        struct lh_block block LH_BLOCK(&op);
        result = lh_real.pthread_mutex_clocklock(mutex, clock, limit);
        lh_unblock(&op, &block);
    }
    return lh_end(&op, got(&op, result), result);
}

LH_EXPORT int pthread_mutex_unlock(pthread_mutex_t *mutex)
{
    struct lh_site site = LH_SITE();

    if (lh_python_hands_on(site) && !lh_python_is_late())
        return lh_real.pthread_mutex_unlock(mutex);
    struct lh_self *self = lh_enter();
    if (!self)
        return lh_real.pthread_mutex_unlock(mutex);
    /* It may have been taken before the interpreter was known. */
    if (lh_python_hands_on(site) && lh_held_find(self, mutex) < 0) {
        lh_leave(self);
        return lh_real.pthread_mutex_unlock(mutex);
    }
    struct lh_released released = lh_release(self, mutex, LH_LOCK_MUTEX, site);
    int result = lh_real.pthread_mutex_unlock(mutex);
    return lh_release_end(self, &released, result == 0, result);
}

/* glibc's PTHREAD_MUTEXATTR_FLAG_PSHARED (nptl/pthreadP.h). */
#define ATTRIBUTE_PSHARED 0x80000000u

static void begin_mutex(const pthread_mutex_t *mutex, const pthread_mutexattr_t *attributes,
                        struct lh_site site)
{
    bool shared = attributes && *(const uint32_t *)attributes & ATTRIBUTE_PSHARED;

    lh_begin_object(mutex, LH_LOCK_MUTEX, shared ? LH_LOCK_PSHARED : 0, site);
}

LH_EXPORT int pthread_mutex_init(pthread_mutex_t *mutex, const pthread_mutexattr_t *attributes)
{
    lh_real_need();
    lh_initializing(mutex, LH_LOCK_MUTEX, LH_SITE());
    int result = lh_real.pthread_mutex_init(mutex, attributes);
    if (result == 0)
        begin_mutex(mutex, attributes, LH_SITE());
    return result;
}

LH_EXPORT int pthread_mutex_destroy(pthread_mutex_t *mutex)
{
    lh_real_need();
    lh_destroying(mutex, LH_LOCK_MUTEX, LH_SITE());
    int result = lh_real.pthread_mutex_destroy(mutex);
    if (result == 0)
        lh_end_object(mutex, LH_LOCK_MUTEX, LH_SITE());
    return result;
}

LH_EXPORT int pthread_mutex_consistent(pthread_mutex_t *mutex)
{
    lh_real_need();
    return lh_real.pthread_mutex_consistent(mutex);
}
