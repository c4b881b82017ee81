#include "start.h"

#include <limits.h>
#include <pthread.h>
#include <stdbool.h>

#include "deps.h"
#include "locks.h"
#include "modules.h"
#include "real.h"
#include "recorder.h"
#include "segments.h"
#include "self.h"
#include "stacks.h"
#include "thread_nodes.h"

static pthread_key_t end_key;
static bool has_end_key;
static bool started; /* atomic */
static struct lh_self *forker;

/*
 * Runs with the thread's other destructors, in no fixed order. A value that is set again gets its
 * destructor called in the next round; the last round is ours.
 */
static void on_thread_end(void *rounds)
{
    uintptr_t round = (uintptr_t)rounds;

    if (round < PTHREAD_DESTRUCTOR_ITERATIONS)
        pthread_setspecific(end_key, (void *)(round + 1));
    else
        lh_self_end();
}

void lh_process_arm_thread_end(void)
{
    if (has_end_key)
        pthread_setspecific(end_key, (void *)1);
}

/*
 * Registered before anybody else's, hence called last before a fork and first after it: the program's
 * own handlers run recorded, in the right process. Nobody may be changing our tables in between.
 */
static void before_fork(void)
{
    forker = lh_enter();
    lh_recorder_lock();
    lh_self_before_fork(forker);
}

static void after_fork_parent(void)
{
    lh_recorder_unlock();
    if (forker)
        lh_leave(forker);
}

static void after_fork_child(void)
{
    lh_recorder_forked();
    lh_locks_forked();
    lh_deps_forked();
    lh_stacks_forked();
    lh_segments_forked();
    lh_threads_forked();
    lh_modules_forked();
    lh_self_forked();
}

void lh_after_raw_fork(void)
{
    lh_self_before_fork(NULL);
    after_fork_child();
}

void lh_process_start(void)
{
    lh_real_need();
    if (__atomic_exchange_n(&started, true, __ATOMIC_ACQ_REL))
        return;
    has_end_key = pthread_key_create(&end_key, on_thread_end) == 0;
    lh_stacks_prepare();
    pthread_atfork(before_fork, after_fork_parent, after_fork_child);
}

/* The trace exists from here on, also when the program never locks anything. */
__attribute__((constructor(101))) static void on_load(void)
{
    struct lh_self *self = lh_enter();
    if (!self)
        return;
    lh_leave(self);
    lh_modules_refresh();
}

__attribute__((destructor(101))) static void on_exit_of_process(void)
{
    struct lh_self *self = lh_enter();
    if (!self)
        return;
    lh_recorder_finish();
    lh_leave(self);
}
