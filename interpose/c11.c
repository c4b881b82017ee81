/* Wrappers of the C11 threads: glibc's call the POSIX functions inside, past any preload. */
#include <errno.h>
#include <threads.h>

#include "cond_op.h"
#include "export.h"
#include "once_op.h"
#include "real.h"
#include "thread_op.h"
#include "timeout.h"

LH_EXPORT int mtx_lock(mtx_t *mutex)
{
    struct lh_op op;

    if (!lh_begin(&op, mutex, LH_LOCK_MUTEX, LH_MODE_EXCLUSIVE, 0, LH_SITE()))
        return lh_real.mtx_lock(mutex);
    int result = lh_real.mtx_trylock(mutex);
    if (result == thrd_busy) {
        struct lh_block block LH_BLOCK(&op);
        result = lh_real.mtx_lock(mutex);
        lh_unblock(&op, &block);
    }
    return lh_end(&op, result == thrd_success, result);
}

LH_EXPORT int mtx_trylock(mtx_t *mutex)
{
    struct lh_op op;

    if (!lh_begin(&op, mutex, LH_LOCK_MUTEX, LH_MODE_EXCLUSIVE, LH_ATTEMPT_TRY, LH_SITE()))
        return lh_real.mtx_trylock(mutex);
    int result = lh_real.mtx_trylock(mutex);
    return lh_end(&op, result == thrd_success, result);
}

LH_EXPORT int mtx_timedlock(mtx_t *mutex, const struct timespec *limit)
{
    struct lh_op op;

    if (!lh_begin(&op, mutex, LH_LOCK_MUTEX, LH_MODE_EXCLUSIVE, LH_ATTEMPT_TIMED, LH_SITE()))
        return lh_real.mtx_timedlock(mutex, limit);
    int result = lh_usual_time(limit) ? lh_real.mtx_trylock(mutex) : thrd_busy;
    if (result == thrd_busy) {
        struct lh_block block LH_BLOCK(&op);
        result = lh_real.mtx_timedlock(mutex, limit);
        lh_unblock(&op, &block);
    }
    return lh_end(&op, result == thrd_success, result);
}

LH_EXPORT int mtx_unlock(mtx_t *mutex)
{
    struct lh_self *self = lh_enter();

    if (!self)
        return lh_real.mtx_unlock(mutex);
    struct lh_released released = lh_release(self, mutex, LH_LOCK_MUTEX, LH_SITE());
    int result = lh_real.mtx_unlock(mutex);
    return lh_release_end(self, &released, result == thrd_success, result);
}

LH_EXPORT int mtx_init(mtx_t *mutex, int type)
{
    lh_real_need();
    int result = lh_real.mtx_init(mutex, type);
    if (result == thrd_success)
        lh_begin_object(mutex, LH_LOCK_MUTEX, LH_LOCK_C11, LH_SITE());
    return result;
}

LH_EXPORT void mtx_destroy(mtx_t *mutex)
{
    lh_real_need();
    lh_destroying(mutex, LH_LOCK_MUTEX, LH_SITE());
    lh_real.mtx_destroy(mutex);
    lh_end_object(mutex, LH_LOCK_MUTEX, LH_SITE());
}

static int end_cond(struct lh_cond_op *op, int result)
{
    return lh_cond_end(op, result == thrd_success || result == thrd_timedout, result);
}

LH_EXPORT int cnd_wait(cnd_t *cond, mtx_t *mutex)
{
    struct lh_cond_op op LH_COND_OP;

    if (!lh_cond_begin(&op, cond, mutex, 0, LH_SITE()))
        return lh_real.cnd_wait(cond, mutex);
    return end_cond(&op, lh_real.cnd_wait(cond, mutex));
}

LH_EXPORT int cnd_timedwait(cnd_t *cond, mtx_t *mutex, const struct timespec *limit)
{
    struct lh_cond_op op LH_COND_OP;

    if (!lh_cond_begin(&op, cond, mutex, LH_ATTEMPT_TIMED, LH_SITE()))
        return lh_real.cnd_timedwait(cond, mutex, limit);
    return end_cond(&op, lh_real.cnd_timedwait(cond, mutex, limit));
}

LH_EXPORT int cnd_signal(cnd_t *cond)
{
    lh_cond_note(cond, LH_EVENT_COND_SIGNAL, LH_SITE());
    lh_real_need();
    return lh_real.cnd_signal(cond);
}

LH_EXPORT int cnd_broadcast(cnd_t *cond)
{
    lh_cond_note(cond, LH_EVENT_COND_BROADCAST, LH_SITE());
    lh_real_need();
    return lh_real.cnd_broadcast(cond);
}

LH_EXPORT int cnd_init(cnd_t *cond)
{
    lh_real_need();
    int result = lh_real.cnd_init(cond);
    if (result == thrd_success)
        lh_begin_object(cond, LH_LOCK_COND, LH_LOCK_C11, LH_SITE());
    return result;
}

LH_EXPORT void cnd_destroy(cnd_t *cond)
{
    lh_real_need();
    lh_real.cnd_destroy(cond);
    lh_end_object(cond, LH_LOCK_COND, LH_SITE());
}

LH_EXPORT int thrd_create(thrd_t *handle, thrd_start_t routine, void *argument)
{
    lh_real_need();
    struct lh_thread_node *node = lh_create_begin(LH_SITE());
    if (!node)
        return lh_real.thrd_create(handle, routine, argument);
    node->routine_c11 = routine;
    node->argument = argument;
    node->stack_size = lh_default_stack_size();
    int result = lh_real.thrd_create(handle, lh_thread_main_c11, node);
    lh_create_end(node, result == thrd_success ? handle : NULL);
    return result;
}

LH_EXPORT int thrd_join(thrd_t handle, int *ret)
{
    struct lh_join_op join LH_JOIN_OP;

    if (!lh_join_begin(&join, handle, 0, LH_SITE()))
        return lh_real.thrd_join(handle, ret);
    int result = lh_real.thrd_join(handle, ret);
    return lh_join_end(&join, result == thrd_success, result);
}

LH_EXPORT int thrd_detach(thrd_t handle)
{
    lh_real_need();
    lh_detached(handle);
    return lh_real.thrd_detach(handle);
}

LH_EXPORT void thrd_exit(int result)
{
    lh_thread_exits(LH_SITE());
    lh_real_need();
    lh_real.thrd_exit(result);
    __builtin_unreachable();
}

LH_EXPORT void call_once(once_flag *flag, void (*routine)(void))
{
    lh_real_need();
    lh_once((pthread_once_t *)flag, routine, LH_SITE());
}
