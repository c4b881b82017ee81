/*
 * Wrappers of pthread_cond_*. They carry the version GLIBC_2.3.2 (liblockhound.map): the older,
 * incompatible functions of the same names are left to the C library.
 */
#include <errno.h>
#include <pthread.h>

#include "cond_op.h"
#include "export.h"
#include "real.h"

/* Other errors mean that the call was refused. */
static int end(struct lh_cond_op *op, int result)
{
    return lh_cond_end(op, result == 0 || result == ETIMEDOUT || result == EOWNERDEAD, result);
}

LH_EXPORT int pthread_cond_wait(pthread_cond_t *cond, pthread_mutex_t *mutex)
{
    struct lh_site site = LH_SITE();

    if (lh_python_hands_on(site))
        return lh_real.pthread_cond_wait(cond, mutex);
    struct lh_cond_op op LH_COND_OP;
    if (!lh_cond_begin(&op, cond, mutex, 0, site))
        return lh_real.pthread_cond_wait(cond, mutex);
    return end(&op, lh_real.pthread_cond_wait(cond, mutex));
}

LH_EXPORT int pthread_cond_timedwait(pthread_cond_t *cond, pthread_mutex_t *mutex,
                                     const struct timespec *limit)
{
    struct lh_site site = LH_SITE();

    if (lh_python_hands_on(site))
        return lh_real.pthread_cond_timedwait(cond, mutex, limit);
    struct lh_cond_op op LH_COND_OP;
    if (!lh_cond_begin(&op, cond, mutex, LH_ATTEMPT_TIMED, site))
        return lh_real.pthread_cond_timedwait(cond, mutex, limit);
    return end(&op, lh_real.pthread_cond_timedwait(cond, mutex, limit));
}

LH_EXPORT int pthread_cond_clockwait(pthread_cond_t *cond, pthread_mutex_t *mutex, clockid_t clock,
                                     const struct timespec *limit)
{
    struct lh_site site = LH_SITE();

    if (lh_python_hands_on(site))
        return lh_real.pthread_cond_clockwait(cond, mutex, clock, limit);
    struct lh_cond_op op LH_COND_OP;
    if (!lh_cond_begin(&op, cond, mutex, LH_ATTEMPT_TIMED, site))
        return lh_real.pthread_cond_clockwait(cond, mutex, clock, limit);
    return end(&op, lh_real.pthread_cond_clockwait(cond, mutex, clock, limit));
}

LH_EXPORT int pthread_cond_signal(pthread_cond_t *cond)
{
    struct lh_site site = LH_SITE();

    if (lh_python_hands_on(site))
        return lh_real.pthread_cond_signal(cond);
    lh_cond_note(cond, LH_EVENT_COND_SIGNAL, site);
    lh_real_need();
    return lh_real.pthread_cond_signal(cond);
}

LH_EXPORT int pthread_cond_broadcast(pthread_cond_t *cond)
{
    struct lh_site site = LH_SITE();

    if (lh_python_hands_on(site))
        return lh_real.pthread_cond_broadcast(cond);
    lh_cond_note(cond, LH_EVENT_COND_BROADCAST, site);
    lh_real_need();
    return lh_real.pthread_cond_broadcast(cond);
}

LH_EXPORT int pthread_cond_init(pthread_cond_t *cond, const pthread_condattr_t *attributes)
{
    lh_real_need();
    int result = lh_real.pthread_cond_init(cond, attributes);
    if (result == 0)
        lh_begin_object(cond, LH_LOCK_COND, 0, LH_SITE());
    return result;
}

LH_EXPORT int pthread_cond_destroy(pthread_cond_t *cond)
{
    lh_real_need();
    int result = lh_real.pthread_cond_destroy(cond);
    if (result == 0)
        lh_end_object(cond, LH_LOCK_COND, LH_SITE());
    return result;
}
