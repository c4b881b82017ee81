/* Wrappers of thread creation, joining, detaching, naming and ending. */
#include <errno.h>
#include <pthread.h>
#include <string.h>

#include "export.h"
#include "real.h"
#include "thread_op.h"

/* The size of the stack that the thread will get. */
static size_t stack_size_of(const pthread_attr_t *attributes)
{
    size_t size = 0;

    if (attributes && pthread_attr_getstacksize(attributes, &size) == 0 && size)
        return size;
    return lh_default_stack_size();
}

static bool is_detached(const pthread_attr_t *attributes)
{
    int state = PTHREAD_CREATE_JOINABLE;

    return attributes && pthread_attr_getdetachstate(attributes, &state) == 0 &&
           state == PTHREAD_CREATE_DETACHED;
}

LH_EXPORT int pthread_create(pthread_t *handle, const pthread_attr_t *attributes,
                             void *(*routine)(void *), void *argument)
{
    lh_real_need();
    struct lh_thread_node *node = lh_create_begin(LH_SITE());
    if (!node)
        return lh_real.pthread_create(handle, attributes, routine, argument);
    node->routine = routine;
    node->argument = argument;
    node->stack_size = stack_size_of(attributes);
    node->detached = is_detached(attributes);
    int result = lh_real.pthread_create(handle, attributes, lh_thread_main, node);
    lh_create_end(node, result == 0 ? handle : NULL);
    return result;
}

LH_EXPORT int pthread_join(pthread_t handle, void **ret)
{
    struct lh_join_op join LH_JOIN_OP;

    if (!lh_join_begin(&join, handle, 0, LH_SITE()))
        return lh_real.pthread_join(handle, ret);
    int result = lh_real.pthread_join(handle, ret);
    return lh_join_end(&join, result == 0, result);
}

LH_EXPORT int pthread_tryjoin_np(pthread_t handle, void **ret)
{
    struct lh_join_op join LH_JOIN_OP;

    if (!lh_join_begin(&join, handle, LH_ATTEMPT_TRY, LH_SITE()))
        return lh_real.pthread_tryjoin_np(handle, ret);
    int result = lh_real.pthread_tryjoin_np(handle, ret);
    return lh_join_end(&join, result == 0, result);
}

LH_EXPORT int pthread_timedjoin_np(pthread_t handle, void **ret, const struct timespec *limit)
{
    struct lh_join_op join LH_JOIN_OP;

    if (!lh_join_begin(&join, handle, LH_ATTEMPT_TIMED, LH_SITE()))
        return lh_real.pthread_timedjoin_np(handle, ret, limit);
    int result = lh_real.pthread_timedjoin_np(handle, ret, limit);
    return lh_join_end(&join, result == 0, result);
}

LH_EXPORT int pthread_clockjoin_np(pthread_t handle, void **ret, clockid_t clock,
                                   const struct timespec *limit)
{
    struct lh_join_op join LH_JOIN_OP;

    if (!lh_join_begin(&join, handle, LH_ATTEMPT_TIMED, LH_SITE()))
        return lh_real.pthread_clockjoin_np(handle, ret, clock, limit);
    int result = lh_real.pthread_clockjoin_np(handle, ret, clock, limit);
    return lh_join_end(&join, result == 0, result);
}

LH_EXPORT int pthread_detach(pthread_t handle)
{
    lh_real_need();
    /* Before: afterwards the handle may be another thread's. */
    lh_detached(handle);
    return lh_real.pthread_detach(handle);
}

LH_EXPORT void pthread_exit(void *result)
{
    lh_thread_exits(LH_SITE());
    lh_real_need();
    lh_real.pthread_exit(result);
    __builtin_unreachable();
}

LH_EXPORT int pthread_setname_np(pthread_t handle, const char *name)
{
    lh_real_need();
    int result = lh_real.pthread_setname_np(handle, name);
    if (result == 0)
        lh_thread_named(handle, name);
    return result;
}
