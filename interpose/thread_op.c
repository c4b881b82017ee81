#include "thread_op.h"

#include <errno.h>
#include <string.h>
#include <sys/resource.h>

#include "misuse_wait.h"
#include "real.h"
#include "recorder.h"

struct lh_thread_node *lh_create_begin(struct lh_site site)
{
    struct lh_self *self = lh_enter();

    if (!self)
        return NULL;
    struct lh_thread_node *node = lh_thread_node_new();
    if (node) {
        node->creator = self->uid;
        node->create_stack = lh_stack_of_any(self, site);
        lh_recorder_lock();
        node->uid = lh_self_new_uid();
        lh_segment_end(self, &node->past);
        lh_recorder_unlock();
        if (lh_racing())
            node->race_begin = lh_race_past_take();
    }
    lh_leave(self);
    return node;
}

void lh_create_end(struct lh_thread_node *node, const pthread_t *handle)
{
    struct lh_self *self = node ? lh_enter() : NULL;

    if (!self)
        return;
    if (!handle)
        lh_race_past_drop(node->race_begin);
    lh_recorder_lock();
    uint32_t uid = node->uid, stack = node->create_stack;
    /* The thread may be joined or detached before it has done anything. */
    if (handle)
        lh_thread_node_publish(node, *handle);
    lh_thread_node_drop(node);
    lh_recorder_unlock();
    if (handle)
        lh_event(self, LH_EVENT_THREAD_CREATE, uid, stack, lh_now());
    lh_leave(self);
}

/*
 * Its frame is where the thread's part of the stack begins. The C library's own data lies above, up
 * to the end of the last page, and the size that the creator asked for counts from there.
 */
static void begin_thread(struct lh_thread_node *node, uintptr_t top)
{
    uintptr_t end = ((uintptr_t)pthread_self() | 4095) + 1;
    struct lh_race_past *past = node->race_begin;

    lh_self_begin(node, end > node->stack_size ? end - node->stack_size : 0, top);
    if (past)
        lh_race_thread_begin(past);
}

void *lh_thread_main(void *argument)
{
    struct lh_thread_node *node = argument;
    void *(*routine)(void *) = node->routine;
    void *routine_argument = node->argument;

    begin_thread(node, (uintptr_t)__builtin_frame_address(0));
    return routine(routine_argument);
}

int lh_thread_main_c11(void *argument)
{
    struct lh_thread_node *node = argument;
    int (*routine)(void *) = node->routine_c11;
    void *routine_argument = node->argument;

    begin_thread(node, (uintptr_t)__builtin_frame_address(0));
    return routine(routine_argument);
}

bool lh_join_begin(struct lh_join_op *join, pthread_t handle, uint32_t flags, struct lh_site site)
{
    struct lh_self *self = lh_enter();

    if (!self)
        return false;
    join->self = self;
    join->handle = handle;
    join->stack = lh_stack_of_any(self, site);
    lh_recorder_lock();
    struct lh_thread_node *node = lh_thread_node_find(handle);
    uint32_t other = node ? node->uid : LH_NO_THREAD;
    /* From now on this thread's waits can close a circle even when it holds nothing. */
    if (node && node->self)
        __atomic_store_n(&node->self->awaited, true, __ATOMIC_RELAXED);
    join->node = node;
    if (node) {
        node->joined = true;
        node->uses++;
    }
    if (other && self->n_held && !(flags & (LH_ATTEMPT_TRY | LH_ATTEMPT_TIMED)))
        lh_misuse_join(self, node, join->stack);
    lh_recorder_unlock();
    join->block = lh_block_begin(self, LH_WAIT_JOIN, NULL, other, join->stack, flags);
    return true;
}

/* Let go of the node. Of a thread that was joined, take over its past and give its uid. */
static uint32_t end_join(struct lh_join_op *join, bool joined)
{
    struct lh_thread_node *node = join->node;
    struct lh_race_past *race = NULL;
    uint32_t uid = LH_NO_THREAD;

    if (!node)
        return uid;
    lh_recorder_lock();
    if (joined) {
        lh_segment_join(join->self, &node->past);
        uid = node->uid;
        race = node->race_end;
        node->race_end = NULL;
        lh_thread_node_forget(node);
    }
    node->joined = false;
    lh_thread_node_drop(node);
    lh_recorder_unlock();
    lh_race_past_join(race);
    return uid;
}

int lh_join_end(struct lh_join_op *join, bool joined, int result)
{
    struct lh_self *self = join->self;
    uint64_t now;

    lh_block_end(&join->block, &now);
    /* C11's threads say only that it was an error. */
    if (!joined && (result == EDEADLK || pthread_equal(join->handle, pthread_self())))
        lh_misuse_join_refused(self, join->node, join->stack);
    uint32_t other = end_join(join, joined);
    if (joined)
        lh_event(self, LH_EVENT_THREAD_JOIN, other, join->stack, now);
    lh_leave(self);
    return result;
}

void lh_join_abandon(struct lh_join_op *join)
{
    uint64_t now;

    lh_block_end(&join->block, &now);
    end_join(join, false);
    lh_leave(join->self);
}

void lh_detached(pthread_t handle)
{
    struct lh_self *self = lh_enter();

    if (!self)
        return;
    lh_recorder_lock();
    struct lh_thread_node *node = lh_thread_node_find(handle);
    if (node && node->ended)
        lh_thread_node_forget(node);
    else if (node)
        node->detached = true;
    lh_recorder_unlock();
    lh_leave(self);
}

void lh_thread_named(pthread_t handle, const char *name)
{
    struct lh_self *self = lh_enter();

    if (!self)
        return;
    lh_recorder_lock();
    struct lh_thread_node *node = lh_thread_node_find(handle);
    struct lh_self *named = pthread_equal(handle, pthread_self()) ? self : node ? node->self : NULL;
    if (named)
        lh_thread_set_name(named, name);
    lh_recorder_unlock();
    lh_leave(self);
}

void lh_thread_exits(struct lh_site site)
{
    struct lh_self *self = lh_enter();

    if (!self)
        return;
    lh_event(self, LH_EVENT_THREAD_END, 0, lh_stack_of(self, site), lh_now());
    lh_leave(self);
}

/* As glibc has it (nptl/allocatestack.c): the soft limit, or 8 MiB where there is none. */
size_t lh_default_stack_size(void)
{
    struct rlimit limit;

    if (getrlimit(RLIMIT_STACK, &limit) == 0 && limit.rlim_cur != RLIM_INFINITY)
        return limit.rlim_cur;
    return 8u << 20;
}
