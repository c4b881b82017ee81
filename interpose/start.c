#include "start.h"

#include <limits.h>
#include <pthread.h>
#include <stdbool.h>

#include "arena.h"
#include "deps.h"
#include "destroyed.h"
#include "held.h"
#include "inherited.h"
#include "locks.h"
#include "misuse.h"
#include "modules.h"
#include "race.h"
#include "python.h"
#include "real.h"
#include "recorder.h"
#include "resting.h"
#include "seen.h"
#include "segments.h"
#include "self.h"
#include "stacks.h"
#include "thread_nodes.h"
#include "times.h"
#include "wakers.h"

static pthread_key_t end_key;
static bool has_end_key;
static bool started; /* atomic */
static __thread struct lh_self *forker __attribute__((tls_model("initial-exec")));

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
 * Registered before anybody else's, hence called last before a fork and first after it: the
 * program's own handlers run recorded, in the right process. No lock is held across the fork: the C
 * library takes its own ones after this, and who has those may be waiting for ours. The child
 * begins new tables instead of using what others may have left half done.
 */
static void before_fork(void)
{
    forker = lh_enter();
    if (!forker)
        return;
    lh_self_before_fork(forker);
    lh_inherited_before_fork(forker);
}

static void after_fork_parent(void)
{
    lh_self_after_fork();
    lh_inherited_after_fork();
    if (forker)
        lh_leave(forker);
}

static void after_fork_child(void)
{
    /* Forked by a handler that interrupted the shim in this very thread: when it returns, the shim
     * goes on where it was, with its tables as they are. Such a child stays unrecorded. */
    bool inside = !forker && lh_self_is_inside();

    lh_recorder_forked();
    if (inside) {
        lh_self_leave_for_good();
        return;
    }
    lh_arena_forked();
    lh_locks_forked();
    lh_rests_forked();
    lh_deps_forked();
    lh_seen_forked();
    lh_misuse_forked();
    lh_destroyed_forked();
    lh_wakers_forked();
    lh_times_forked();
    lh_stacks_forked();
    lh_segments_forked();
    lh_threads_forked();
    lh_modules_forked();
    lh_inherited_forked();
    lh_race_forked();
    lh_self_forked();
    lh_python_forked();
}

void lh_after_raw_fork(void)
{
    forker = NULL;
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
    /* Outside of the guard: dlsym() may allocate, and an allocator's locks are recorded too. */
    lh_python_find();
    struct lh_self *self = lh_enter();
    if (!self)
        return;
    lh_modules_refresh();
    lh_leave(self);
}

__attribute__((destructor(101))) static void on_exit_of_process(void)
{
    /* When the main thread is gone, the process ends in the last thread, past that one's end. */
    bool gone = lh_self_is_gone();
    struct lh_self *self = gone ? NULL : lh_enter();

    if (self) {
        lh_recorder_lock();
        lh_held_purge(self);
        lh_misuse_process_end(self);
        lh_recorder_unlock();
    }
    if (self || gone)
        lh_recorder_finish();
    if (self)
        lh_leave(self);
}
