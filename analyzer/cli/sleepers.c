#include "sleepers.h"

#include <errno.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdlib.h>

#include "pool.h"

/* ---- what the trace says ---- */

static bool waits_for_ever(const struct lh_live_thread *thread)
{
    return thread->wait_kind != LH_WAIT_NONE && thread->wait_kind < LH_WAIT_KINDS &&
           !(thread->wait_flags & (LH_ATTEMPT_TIMED | LH_ATTEMPT_TRY));
}

static bool is_dead(int error, const struct lh_proc_stat *stat)
{
    return error == -ESRCH || (error == 0 && (stat->state == 'Z' || stat->state == 'X'));
}

/* Can it go on? The slot of a thread that left by the bare system call stays live: /proc knows. */
static bool is_able(const struct lh_live_thread *thread, const struct lh_proc *proc)
{
    struct lh_proc_stat stat;

    return thread->state == LH_THREAD_LIVE && !waits_for_ever(thread) &&
           !is_dead(lh_proc_thread_stat(proc, thread->tid, &stat), &stat);
}

/* By tid; of slots with one tid the later thread first. */
static int compare(const void *a, const void *b)
{
    const struct lh_live_thread *left = &((const struct lh_sleeper *)a)->wait;
    const struct lh_live_thread *right = &((const struct lh_sleeper *)b)->wait;

    if (left->tid != right->tid)
        return left->tid < right->tid ? -1 : 1;
    return (left->uid < right->uid) - (left->uid > right->uid);
}

static void sort(struct lh_sleepers *sleepers)
{
    size_t kept = 0;

    if (sleepers->n > 1)
        qsort(sleepers->items, sleepers->n, sizeof(*sleepers->items), compare);
    for (size_t i = 0; i < sleepers->n; i++) {
        if (kept == 0 || sleepers->items[kept - 1].wait.tid != sleepers->items[i].wait.tid)
            sleepers->items[kept++] = sleepers->items[i];
    }
    sleepers->n = kept;
}

bool lh_sleepers_collect(struct lh_sleepers *sleepers, const struct lh_live *live,
                         const struct lh_proc *proc)
{
    struct lh_live_thread thread = lh_live_thread(live, sleepers->suspect);
    size_t places = lh_live_places(live);

    sleepers->n = 0;
    if (is_able(&thread, proc))
        return false;
    for (size_t place = 0; place < places; place++) {
        thread = lh_live_thread(live, place);
        if (is_able(&thread, proc)) {
            sleepers->suspect = place;
            return false;
        }
        if (thread.state != LH_THREAD_LIVE || !waits_for_ever(&thread))
            continue;
        if (lh_grow(&sleepers->items, &sleepers->room, sleepers->n + 1, sizeof(*sleepers->items)) <
            0)
            return false;
        sleepers->items[sleepers->n++] = (struct lh_sleeper){.wait = thread, .place = place};
    }
    sort(sleepers);
    return true;
}

static bool stays(const struct lh_sleeper *sleeper, const struct lh_live *live)
{
    struct lh_live_thread now = lh_live_thread(live, sleeper->place);

    return now.uid == sleeper->wait.uid && now.state == LH_THREAD_LIVE &&
           now.wait_number == sleeper->wait.wait_number &&
           now.wait_kind == sleeper->wait.wait_kind && now.wait_lock == sleeper->wait.wait_lock;
}

bool lh_sleepers_stay(const struct lh_sleepers *sleepers, const struct lh_live *live)
{
    for (size_t i = 0; i < sleepers->n; i++) {
        if (!stays(&sleepers->items[i], live))
            return false;
    }
    return true;
}

/* ---- what /proc says ---- */

static struct lh_sleeper *find(const struct lh_sleepers *sleepers, uint32_t tid)
{
    size_t low = 0, high = sleepers->n;

    while (low < high) {
        size_t middle = low + (high - low) / 2;

        if (sleepers->items[middle].wait.tid < tid)
            low = middle + 1;
        else
            high = middle;
    }
    return low < sleepers->n && sleepers->items[low].wait.tid == tid ? &sleepers->items[low] : NULL;
}

static bool lies_in(uint64_t address, const struct lh_trace_lock *lock)
{
    static const size_t sizes[LH_LOCK_KINDS] = {
        [LH_LOCK_MUTEX] = sizeof(pthread_mutex_t),   [LH_LOCK_RWLOCK] = sizeof(pthread_rwlock_t),
        [LH_LOCK_SPIN] = sizeof(pthread_spinlock_t), [LH_LOCK_SEMAPHORE] = sizeof(sem_t),
        [LH_LOCK_COND] = sizeof(pthread_cond_t),     [LH_LOCK_BARRIER] = sizeof(pthread_barrier_t),
        [LH_LOCK_ONCE] = sizeof(pthread_once_t),     [LH_LOCK_FUTEX] = sizeof(uint32_t),
    };

    return lock->kind < LH_LOCK_KINDS && address >= lock->addr &&
           address - lock->addr < sizes[lock->kind];
}

/*
 * Does the futex belong to what the thread waits for? A signal handler that interrupted the wait
 * may be in another one. The end of a condition wait takes the mutex again.
 */
static bool is_its_futex(const struct lh_sleeper *sleeper, const struct lh_live *live,
                         const struct lh_trace_lock *lock, uint64_t address)
{
    struct lh_trace_lock mutex;

    /* Who waits for an object of Python code sleeps on a lock of its own. */
    return lies_in(address, lock) || (lock->flags & LH_LOCK_OBJECT) ||
           (sleeper->wait.wait_kind == LH_WAIT_COND &&
            lh_live_lock(live, sleeper->wait.wait_other, &mutex) && lies_in(address, &mutex));
}

/* Where a thread sleeps, and in what. */
struct bed {
    const struct lh_sleepers *sleepers;
    const struct lh_live *live;
    const struct lh_proc *proc;
};

/*
 * Is it the call that belongs to the wait? pthread_join() waits until the word at which the kernel
 * stores 0 is no longer the other thread's tid: that names the thread, and it must be one of ours.
 */
static bool is_its_call(struct lh_sleeper *sleeper, const struct bed *bed,
                        const struct lh_trace_lock *lock, const struct lh_proc_call *call)
{
    bool private;

    if (!lh_proc_waits_in_futex(call, &private))
        return false;
    sleeper->reachable = !private;
    sleeper->object = call->argument[0];
    /* Python's threads are joined by a lock that they release at their end. */
    if (sleeper->wait.wait_kind == LH_WAIT_JOIN && !lock) {
        sleeper->recorded = true;
        return find(bed->sleepers, (uint32_t)call->argument[2]) != NULL;
    }
    return !lock || is_its_futex(sleeper, bed->live, lock, call->argument[0]);
}

/* lock NULL: not known. */
static bool is_in_futex(struct lh_sleeper *sleeper, const struct bed *bed,
                        const struct lh_trace_lock *lock)
{
    struct lh_proc_call call;
    bool in_futex;
    int r = lh_proc_thread_call(bed->proc, sleeper->wait.tid, &call);

    if (r == 0)
        return is_its_call(sleeper, bed, lock, &call);
    /* Sandboxes and other users' processes: less is known, and more is left in doubt. */
    if (r == -EACCES)
        r = lh_proc_thread_sleeps_in_futex(bed->proc, sleeper->wait.tid, &in_futex);
    if (r == 0)
        return in_futex;
    sleeper->unseen = r == -EACCES;
    return sleeper->unseen;
}

static bool is_asleep(struct lh_sleeper *sleeper, const struct bed *bed, char state)
{
    struct lh_trace_lock lock;
    bool known = lh_live_lock(bed->live, sleeper->wait.wait_lock, &lock);

    sleeper->recorded =
        known || (sleeper->wait.wait_kind == LH_WAIT_JOIN && sleeper->wait.wait_other);
    sleeper->object = known ? lock.addr : 0;
    sleeper->reachable = true;
    sleeper->unseen = false;
    if (known && lock.kind == LH_LOCK_SPIN)
        return state == 'R' || state == 'S';
    return state == 'S' && is_in_futex(sleeper, bed, known ? &lock : NULL);
}

struct roll_call {
    struct bed bed;
    size_t met;
    bool able; /* some thread is not asleep in its wait, or not known */
};

static bool visit(uint32_t tid, void *data)
{
    struct roll_call *call = data;
    struct lh_sleeper *sleeper = find(call->bed.sleepers, tid);
    struct lh_proc_stat stat;
    int r = lh_proc_thread_stat(call->bed.proc, tid, &stat);

    if (is_dead(r, &stat))
        return true;
    /* Before and after: it was in this wait while /proc was read. */
    call->able = r < 0 || !sleeper || !stays(sleeper, call->bed.live) ||
                 !is_asleep(sleeper, &call->bed, stat.state) || !stays(sleeper, call->bed.live);
    if (call->able)
        return false;
    sleeper->met = true;
    call->met++;
    return true;
}

bool lh_sleepers_are_asleep(struct lh_sleepers *sleepers, const struct lh_live *live,
                            const struct lh_proc *proc, size_t *ret_n)
{
    struct roll_call call = {.bed = {sleepers, live, proc}};

    for (size_t i = 0; i < sleepers->n; i++)
        sleepers->items[i].met = false;
    return lh_proc_each_thread(proc, visit, &call, ret_n) == 0 && !call.able && call.met > 0;
}
