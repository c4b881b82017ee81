#include "verdict.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "held.h"
#include "recorder.h"
#include "say.h"
#include "sys.h"

#define GRACE_MS    200
#define GRACE_LOOKS 10

static uint32_t last_walk; /* under the recorder lock */

/* Does it wait for a lock or a thread, without a time limit? */
static bool waits(const struct lh_self *thread)
{
    const struct lh_trace_thread *slot = thread->slot;
    /* Acquire pairs with the release in lh_wait_begin(). */
    uint32_t kind = __atomic_load_n(&slot->wait_kind, __ATOMIC_ACQUIRE);

    if (slot->wait_flags & (LH_ATTEMPT_TIMED | LH_ATTEMPT_TRY))
        return false;
    return (kind == LH_WAIT_LOCK || kind == LH_WAIT_ONCE) ? thread->wait_lock != &lh_no_lock
                                                          : kind == LH_WAIT_JOIN;
}

/*
 * Anybody may post a semaphore. That nobody else has done so yet proves nothing about the next
 * moment: cycles through semaphores are left to the report. But for Python's: an RLock is its
 * owner's by law, and a Lock that a with statement took is released by that.
 */
static bool is_lock(const struct lh_lock *lock)
{
    return lock->kind != LH_LOCK_SEMAPHORE || (lock->slot->flags & LH_LOCK_RECURSIVE) ||
           (lock->scoped && !(lock->slot->flags & LH_LOCK_SEM_SIGNAL));
}

/* Does `holder`, which waits itself, keep `waiter` from getting the lock it waits for? */
static bool keeps_waiting(const struct lh_self *holder, const struct lh_self *waiter)
{
    const struct lh_lock *lock = waiter->wait_lock;
    bool reads = waiter->slot->wait_mode == LH_MODE_SHARED;

    if (__atomic_load_n(&lock->owner, __ATOMIC_ACQUIRE) == holder->uid)
        return true;
    if (lock->kind != LH_LOCK_RWLOCK)
        return false;
    if (!reads)
        return lh_held_has(holder, lock);
    /* A waiting writer goes before new readers where the lock's kind says so. */
    return (lock->slot->flags & LH_LOCK_WRITER_FIRST) && holder != waiter &&
           holder->wait_lock == lock && holder->slot->wait_kind == LH_WAIT_LOCK &&
           holder->slot->wait_mode == LH_MODE_EXCLUSIVE;
}

/* Waiting for what one holds oneself is for ever, but where the C library says no instead. */
static bool waits_for_itself(const struct lh_self *self)
{
    const struct lh_lock *lock = self->wait_lock;

    if (self->slot->wait_kind != LH_WAIT_LOCK)
        return false;
    if (lock->kind == LH_LOCK_RWLOCK)
        return self->slot->wait_mode == LH_MODE_EXCLUSIVE && lock->owner != self->uid &&
               lh_held_has(self, lock);
    return is_lock(lock) && lock->owner == self->uid &&
           !(lock->slot->flags & (LH_LOCK_RECURSIVE | LH_LOCK_ERRORCHECK));
}

static bool is_edge(const struct lh_self *from, const struct lh_self *to)
{
    if (from == to || !waits(from) || !waits(to))
        return false;
    if (from->slot->wait_kind == LH_WAIT_JOIN)
        return from->slot->wait_other == to->uid;
    return is_lock(from->wait_lock) && keeps_waiting(to, from);
}

struct queue {
    struct lh_self *self, *last;
};

/* Follow an edge, if there is one. true: it leads back to where the walk began. */
static bool follow(struct queue *queue, struct lh_self *from, struct lh_self *to)
{
    if (!to || to->walk == last_walk || !is_edge(from, to))
        return false;
    if (to == queue->self)
        return true;
    to->walk = last_walk;
    to->walk_from = from;
    to->walk_next = NULL;
    queue->last->walk_next = to;
    queue->last = to;
    return false;
}

/* Of an rwlock any waiting thread may be a holder; of all else there is one, and it is known. */
static bool follow_all(struct queue *queue, struct lh_self *from)
{
    const struct lh_lock *lock = from->wait_lock;

    if (from->slot->wait_kind == LH_WAIT_JOIN)
        return follow(queue, from, lh_self_of_uid(from->slot->wait_other));
    uint32_t owner = __atomic_load_n(&lock->owner, __ATOMIC_ACQUIRE);
    if (owner)
        return follow(queue, from, lh_self_of_uid(owner));
    if (lock->kind != LH_LOCK_RWLOCK)
        return false;
    for (struct lh_self *to = lh_self_all(); to; to = to->next) {
        if (follow(queue, from, to))
            return true;
    }
    return false;
}

/*
 * Breadth first over the threads that wait; walk_from leads back. Returns the thread whose wait
 * leads to `self`, so that the cycle is a shortest one; NULL: no cycle.
 */
static struct lh_self *walk(struct lh_self *self)
{
    struct queue queue = {self, self};

    last_walk++;
    self->walk_from = self->walk_next = NULL;
    for (struct lh_self *from = self; from; from = from->walk_next) {
        if (waits(from) && follow_all(&queue, from))
            return from;
    }
    return NULL;
}

#define CYCLE_MAX 256u /* threads; longer ones are left to the analyzer */

struct cycle {
    uint32_t count;
    struct lh_self *threads[CYCLE_MAX]; /* each waits for the next, the last for the first */
    uint32_t waits[CYCLE_MAX];          /* number of the wait each was in */
};

static bool find_cycle(struct lh_self *self, struct cycle *ret)
{
    ret->count = 0;
    if (self->slot->wait_kind != LH_WAIT_JOIN && waits_for_itself(self)) {
        ret->threads[ret->count++] = self;
        return true;
    }
    for (struct lh_self *thread = walk(self); thread; thread = thread->walk_from) {
        if (ret->count == CYCLE_MAX)
            return false;
        ret->waits[ret->count] = thread->slot->wait_number;
        ret->threads[ret->count++] = thread;
    }
    /* walk_from leads backwards. */
    for (uint32_t i = 0; i < ret->count / 2; i++) {
        uint32_t j = ret->count - 1 - i, number = ret->waits[i];
        struct lh_self *thread = ret->threads[i];
        ret->threads[i] = ret->threads[j];
        ret->waits[i] = ret->waits[j];
        ret->threads[j] = thread;
        ret->waits[j] = number;
    }
    return ret->count != 0;
}

/* A further look: who is in the same wait as before has released nothing in between. */
static bool still_stands(const struct cycle *cycle)
{
    __atomic_thread_fence(__ATOMIC_SEQ_CST);
    if (cycle->count == 1)
        return waits(cycle->threads[0]) && waits_for_itself(cycle->threads[0]);
    for (uint32_t i = 0; i < cycle->count; i++) {
        const struct lh_self *thread = cycle->threads[i];
        if (!is_edge(thread, cycle->threads[(i + 1) % cycle->count]) ||
            thread->slot->wait_number != cycle->waits[i])
            return false;
    }
    return true;
}

static void sleep_a_moment(void)
{
    struct timespec moment = {.tv_nsec = GRACE_MS / GRACE_LOOKS * 1000000};

    lh_syscall(SYS_clock_nanosleep, CLOCK_MONOTONIC, 0, &moment, NULL);
}

/* The recorder lock is free for a moment, so the cycle is found anew. */
static bool look_again(struct lh_self *self, struct cycle *cycle)
{
    lh_recorder_unlock();
    sleep_a_moment();
    lh_recorder_lock();
    return find_cycle(self, cycle) && still_stands(cycle);
}

/*
 * Programs exist in which another thread unlocks the mutex, against POSIX. They get a moment to do
 * so before a verdict ends them.
 */
static bool outlasts_grace(struct lh_self *self, struct cycle *cycle)
{
    for (int looks = 0; looks < GRACE_LOOKS; looks++) {
        if (!look_again(self, cycle))
            return false;
    }
    return true;
}

static const char *digits(uint64_t value, unsigned base, char ret[24])
{
    char *at = ret + 23;

    *at = '\0';
    do {
        *--at = "0123456789abcdef"[value % base];
    } while (value /= base);
    return at;
}

static const char *const words[LH_LOCK_KINDS] = {
    "an object", "mutex",   "rwlock", "spin lock", "semaphore",
    "condition", "barrier", "once",   "futex",
};

/* The short form: the full one, with lines, takes the trace and `lockhound report`. */
static void tell(const struct cycle *cycle)
{
    lh_say(cycle->count == 1 ? "self-deadlock" : "deadlock",
           ": these threads wait for each other (lockhound report ", lh_writer.path,
           " shows their stacks)", NULL);
    for (uint32_t i = 0; i < cycle->count; i++) {
        const struct lh_self *thread = cycle->threads[i];
        const struct lh_trace_thread *next = cycle->threads[(i + 1) % cycle->count]->slot;
        char tid[24], next_tid[24], address[24];
        if (thread->slot->wait_kind == LH_WAIT_JOIN)
            lh_say("  thread ", digits(thread->slot->tid, 10, tid), " (", thread->slot->name,
                   ") joins thread ", digits(next->tid, 10, next_tid), NULL);
        else
            lh_say("  thread ", digits(thread->slot->tid, 10, tid), " (", thread->slot->name,
                   ") waits for ", words[thread->wait_lock->kind], " 0x",
                   digits(thread->wait_lock->addr, 16, address), " of thread ",
                   digits(next->tid, 10, next_tid), NULL);
    }
}

/*
 * A signal handler may have left the wait by siglongjmp(). What the kernel says of a thread begins
 * with the number of the system call it is in, or "running". A spin lock is waited for without one.
 */
bool lh_verdict_is_in_its_wait(const struct lh_self *thread)
{
    char path[64] = "/proc/self/task/", number[24], text[16] = "";
    const char *futex = digits(SYS_futex, 10, number);

    if (thread->slot->wait_kind == LH_WAIT_LOCK && thread->wait_lock->kind == LH_LOCK_SPIN)
        return true;
    char tid[24];
    const char *name = digits(thread->slot->tid, 10, tid);
    size_t length = strlen(path);
    while (*name)
        path[length++] = *name++;
    memcpy(path + length, "/syscall", sizeof "/syscall");
    int fd = lh_sys_open(path, O_RDONLY | O_CLOEXEC, 0);
    if (fd < 0)
        return true;
    ssize_t got = lh_sys_read(fd, text, sizeof text - 1);
    lh_sys_close(fd);
    return got <= 0 || memcmp(text, futex, strlen(futex)) == 0;
}

/* The thread that looks is not in the call yet. */
static bool all_are_in_their_waits(const struct lh_self *self, const struct cycle *cycle)
{
    for (uint32_t i = 0; i < cycle->count; i++) {
        if (cycle->threads[i] != self && !lh_verdict_is_in_its_wait(cycle->threads[i]))
            return false;
    }
    return true;
}

/* Another thread that closed the cycle at the same time goes to its wait a moment later. */
static bool settles(struct lh_self *self, struct cycle *cycle)
{
    for (int looks = 0; looks < GRACE_LOOKS; looks++) {
        if (all_are_in_their_waits(self, cycle))
            return true;
        if (!look_again(self, cycle))
            return false;
    }
    return false;
}

/* Two threads that closed it at once both come here. The watcher asks whether all is said. */
static bool is_told(const struct cycle *cycle)
{
    bool told = true;

    for (uint32_t i = 0; i < cycle->count; i++) {
        struct lh_self *thread = cycle->threads[i];
        if (thread->judged_wait == thread->slot->wait_number)
            continue;
        told = false;
        thread->judged_wait = thread->slot->wait_number;
        lh_writer_told(&lh_writer, 1);
    }
    return told;
}

static bool ends_quietly(void)
{
    /* `lockhound run` reports in full. */
    return lh_options.quiet || strcmp(lh_options.on_deadlock, "exit") == 0 ||
           strcmp(lh_options.on_deadlock, "kill") == 0;
}

/* The first process of a container cannot be killed from inside: it exits as if it had been. */
static void end_by_signal(void)
{
    lh_syscall(SYS_kill, lh_syscall(SYS_getpid), SIGKILL);
    lh_syscall(SYS_exit_group, 128 + SIGKILL);
}

static void act(void)
{
    if (strcmp(lh_options.on_deadlock, "report") == 0)
        return;
    __atomic_store_n(&lh_writer.header->ended_by, LH_ENDED_BY_LOCKHOUND, __ATOMIC_RELAXED);
    if (strcmp(lh_options.on_deadlock, "exit") == 0)
        lh_syscall(SYS_exit_group, LH_STATUS_FINDINGS);
    else if (strcmp(lh_options.on_deadlock, "kill") == 0)
        end_by_signal();
    else
        abort();
}

void lh_verdict_check(struct lh_self *self)
{
    struct cycle cycle;
    int saved = errno;

    lh_recorder_lock();
    /* Once it has stopped, nobody notes which locks end and begin any more. */
    if (lh_tables_are_whole() && find_cycle(self, &cycle) && still_stands(&cycle) &&
        outlasts_grace(self, &cycle) && settles(self, &cycle) && !is_told(&cycle)) {
        lh_writer_clock(&lh_writer);
        if (!ends_quietly())
            tell(&cycle);
        act();
    }
    lh_recorder_unlock();
    errno = saved;
}

static void tell_never(const struct lh_self *self)
{
    char tid[24], address[24];

    lh_say("fork-while-held: thread ", digits(self->slot->tid, 10, tid), " (", self->slot->name,
           ") waits for ", words[self->wait_lock->kind], " 0x",
           digits(self->wait_lock->addr, 16, address),
           ", which another thread had locked when the process forked (lockhound report ",
           lh_writer.path, " shows the stacks)", NULL);
}

void lh_verdict_never(struct lh_self *self, bool (*stands)(const void *data), const void *data)
{
    int saved = errno, looks = 0;

    while (looks < GRACE_LOOKS && stands(data)) {
        sleep_a_moment();
        looks++;
    }
    lh_recorder_lock();
    if (looks == GRACE_LOOKS && stands(data)) {
        lh_writer_clock(&lh_writer);
        if (!ends_quietly())
            tell_never(self);
        act();
    }
    lh_recorder_unlock();
    errno = saved;
}
