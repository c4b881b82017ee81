/*
 * Wrappers of sem_*. A semaphore that starts at 1 counts as a lock until somebody posts it who does
 * not hold it: then it is a signal, for good. What was noted about it is judged in the analyzer.
 */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdarg.h>

#include "export.h"
#include "memory.h"
#include "op.h"
#include "python_objects.h"
#include "python_shared.h"
#include "real.h"
#include "timeout.h"
#include "units.h"
#include "wakers.h"

static bool is_lock(const struct lh_lock *lock)
{
    /* Relaxed: who takes it for a lock a moment too long is put right by lh_held_purge(). */
    return lh_semaphore_is_lock(__atomic_load_n(&lock->slot->flags, __ATOMIC_RELAXED));
}

/*
 * It was given back by another process, which nobody here saw: a signal. Who has it in the held set
 * finds out as for one that another thread posted.
 */
static void note_unseen_post(struct lh_lock *lock)
{
    if (!(lock->slot->flags & LH_LOCK_PSHARED) || !__atomic_load_n(&lock->owner, __ATOMIC_RELAXED))
        return;
    __atomic_fetch_or(&lock->slot->flags, LH_LOCK_SEM_SIGNAL, __ATOMIC_RELAXED);
    __atomic_store_n(&lock->owner, LH_NO_THREAD, __ATOMIC_RELAXED);
}

/* Like lh_end(): what was taken is a lock held, or just an event. Keeps errno for the caller. */
static int end_take(struct lh_op *op, int result)
{
    if (result == 0 && lh_racing())
        lh_race_acquire(op->object);
    if (op->lock && result == 0) {
        op->lock->scoped = op->flags & LH_ATTEMPT_SCOPED;
        note_unseen_post(op->lock);
    }
    if (result != 0 || !op->lock || is_lock(op->lock))
        return lh_end(op, result == 0, result);
    __atomic_fetch_add(&op->lock->slot->acquisitions, 1, __ATOMIC_RELAXED);
    lh_unit_taken(op->self, op->lock, op->stack);
    if (op->waited)
        lh_wait_account(op->lock, op->waited, op->stack);
    lh_event(op->self, LH_EVENT_SEM_TAKEN, op->lock->index, op->stack, op->waited ? op->now : 0);
    lh_leave(op->self);
    return result;
}

static bool begin_take(struct lh_op *op, sem_t *sem, uint32_t flags, struct lh_site site)
{
    return lh_begin(op, sem, LH_LOCK_SEMAPHORE, LH_MODE_EXCLUSIVE, flags, site);
}

static struct lh_block begin_block(struct lh_op *op, struct lh_site site)
{
    if (!lh_python_asks(site))
        return lh_block(op);
    op->flags = (uint8_t)lh_python_tried_flags(op->self, op->lock, op->flags);
    return lh_python_block(op->self, op->lock, op->stack, op->flags);
}

static void end_block(struct lh_op *op, struct lh_block *block, struct lh_site site, int result)
{
    lh_unblock(op, block);
    if (lh_python_asks(site))
        lh_python_woken(op->self, op->lock, op->stack, result == 0);
}

/* The value was 0 a moment ago; errno says so. */
static bool must_wait(int result)
{
    return result != 0 && errno == EAGAIN;
}

LH_EXPORT int sem_wait(sem_t *sem)
{
    struct lh_site site = LH_SITE();
    struct lh_op op;
    int before = errno;

    /* A cancellation point also when it need not wait; better before anything is noted. */
    pthread_testcancel();
    if (!begin_take(&op, sem, 0, site))
        return lh_real.sem_wait(sem);
    int result = lh_real.sem_trywait(sem);
    if (must_wait(result)) {
        errno = before;
        struct lh_block block LH_BLOCK_CLEANUP = begin_block(&op, site);
        result = lh_real.sem_wait(sem);
        end_block(&op, &block, site, result);
    }
    return end_take(&op, result);
}

/* The interpreter tries, with the GIL, what it will wait for without. Keeps errno. */
static int try_for_python(sem_t *sem, struct lh_site site)
{
    struct lh_op op;

    if (!lh_begin_any(&op, sem, LH_LOCK_SEMAPHORE, site))
        return lh_real.sem_trywait(sem);
    op.mode = LH_MODE_EXCLUSIVE;
    lh_python_know(op.lock);
    op.flags = (uint8_t)lh_python_attempt(op.self);
    if (op.lock && !(op.flags & LH_ATTEMPT_TRY) && is_lock(op.lock))
        lh_dep_note(op.self, op.lock, op.stack, LH_MODE_EXCLUSIVE, op.flags & LH_ATTEMPT_TIMED);
    int result = lh_real.sem_trywait(sem), error = errno;
    lh_python_tried(op.self, op.lock, op.stack, result == 0);
    end_take(&op, result);
    errno = error;
    return result;
}

LH_EXPORT int sem_trywait(sem_t *sem)
{
    struct lh_site site = LH_SITE();
    struct lh_op op;

    if (lh_python_asks(site))
        return try_for_python(sem, site);
    if (!begin_take(&op, sem, LH_ATTEMPT_TRY, site))
        return lh_real.sem_trywait(sem);
    return end_take(&op, lh_real.sem_trywait(sem));
}

LH_EXPORT int sem_timedwait(sem_t *sem, const struct timespec *limit)
{
    struct lh_site site = LH_SITE();
    struct lh_op op;
    int before = errno;

    lh_real_need();
    if (!lh_usual_time(limit))
        return lh_real.sem_timedwait(sem, limit);
    pthread_testcancel();
    if (!begin_take(&op, sem, LH_ATTEMPT_TIMED, site))
        return lh_real.sem_timedwait(sem, limit);
    int result = lh_real.sem_trywait(sem);
    if (must_wait(result)) {
        errno = before;
        struct lh_block block LH_BLOCK_CLEANUP = begin_block(&op, site);
        result = lh_real.sem_timedwait(sem, limit);
        end_block(&op, &block, site, result);
    }
    return end_take(&op, result);
}

LH_EXPORT int sem_clockwait(sem_t *sem, clockid_t clock, const struct timespec *limit)
{
    struct lh_site site = LH_SITE();
    struct lh_op op;
    int before = errno;

    lh_real_need();
    if (!lh_usual_clock(clock, limit))
        return lh_real.sem_clockwait(sem, clock, limit);
    pthread_testcancel();
    if (!begin_take(&op, sem, LH_ATTEMPT_TIMED, site))
        return lh_real.sem_clockwait(sem, clock, limit);
    int result = lh_real.sem_trywait(sem);
    if (must_wait(result)) {
        errno = before;
        struct lh_block block LH_BLOCK_CLEANUP = begin_block(&op, site);
        result = lh_real.sem_clockwait(sem, clock, limit);
        end_block(&op, &block, site, result);
    }
    return end_take(&op, result);
}

/* Whoever has given it back before may do so again: the watcher asks for that. */
static void note_poster(const struct lh_self *self, struct lh_lock *lock)
{
    uint64_t bit = UINT64_C(1) << (self->uid % 64);

    /* Relaxed: mostly it is there already. */
    if (!(__atomic_load_n(&lock->slot->posters, __ATOMIC_RELAXED) & bit))
        __atomic_fetch_or(&lock->slot->posters, bit, __ATOMIC_RELAXED);
}

/* Before the post: afterwards the semaphore may be another's, or gone. */
static void note_post(struct lh_op *op, const sem_t *sem, struct lh_site site)
{
    struct lh_lock *lock = op->lock;

    if (!lock)
        return;
    bool is_held = lh_held_find(op->self, sem) >= 0;
    if (lh_python_asks(site)) {
        lh_python_know(lock);
        lh_python_releases(op->self, lock, op->stack, is_held);
    } else if (is_held) {
        note_poster(op->self, lock);
    }
    if (is_held) {
        lh_release(op->self, sem, 0, (struct lh_site){0, 0});
        return;
    }
    lh_unit_given(op->self, lock);
    __atomic_fetch_or(&lock->slot->flags, LH_LOCK_SEM_SIGNAL, __ATOMIC_RELAXED);
    __atomic_store_n(&lock->owner, LH_NO_THREAD, __ATOMIC_RELAXED);
    lh_waker_note(op->self, lock, LH_EVENT_SEM_POST, op->stack);
    lh_event(op->self, LH_EVENT_SEM_POST, lock->index, op->stack, 0);
}

/*
 * The end of most holds: by the thread that took it last, and of those of Python the plain ones.
 * Where that is does not matter.
 */
static bool note_plain_post(const sem_t *sem, struct lh_site site)
{
    struct lh_self *self = lh_enter();
    bool is_plain = false;

    if (!self)
        return false;
    if (self->n_held && self->held_locks[self->n_held - 1]->addr == (uintptr_t)sem) {
        struct lh_lock *lock = self->held_locks[self->n_held - 1];
        bool is_python = lh_python_asks(site);
        is_plain = !is_python || lh_python_releases_plain(self, lock);
        if (!is_python)
            note_poster(self, lock);
        if (is_plain)
            lh_release(self, sem, 0, (struct lh_site){0, 0});
    }
    lh_leave(self);
    return is_plain;
}

LH_EXPORT int sem_post(sem_t *sem)
{
    struct lh_site site = LH_SITE();
    struct lh_op op;

    if (lh_racing())
        lh_race_release(sem);
    if (note_plain_post(sem, site))
        return lh_real.sem_post(sem);
    if (lh_begin_any(&op, sem, LH_LOCK_SEMAPHORE, site)) {
        note_post(&op, sem, site);
        lh_leave(op.self);
    }
    lh_real_need();
    return lh_real.sem_post(sem);
}

static void begin_for_python(const sem_t *sem, struct lh_site site)
{
    struct lh_self *self = lh_enter();
    struct lh_lock *lock = self ? lh_lock_known(sem) : NULL;

    if (lock)
        lh_python_born(self, sem, lock->slot->birth_stack, site);
    if (self)
        lh_leave(self);
}

static void begin_unnamed(sem_t *sem, int pshared, unsigned value, struct lh_site site)
{
    uint32_t flags = pshared ? LH_LOCK_PSHARED : 0;

    if (value == 1)
        flags |= LH_LOCK_SEM_ONE;
    if (!lh_python_code.size)
        lh_python_look_at(site.pc);
    lh_begin_counted(sem, LH_LOCK_SEMAPHORE, flags, value, site);
    if (lh_python_calls(site))
        begin_for_python(sem, site);
}

LH_EXPORT int sem_init(sem_t *sem, int pshared, unsigned value)
{
    lh_real_need();
    int result = lh_real.sem_init(sem, pshared, value);
    if (result == 0)
        begin_unnamed(sem, pshared, value, LH_SITE());
    return result;
}

static void end_for_python(const sem_t *sem)
{
    struct lh_self *self = lh_enter();

    if (!self)
        return;
    lh_python_ends(self, sem);
    lh_leave(self);
}

LH_EXPORT int sem_destroy(sem_t *sem)
{
    struct lh_site site = LH_SITE();

    lh_real_need();
    if (lh_python_calls(site))
        end_for_python(sem);
    int result = lh_real.sem_destroy(sem);
    if (result == 0)
        lh_end_object(sem, LH_LOCK_SEMAPHORE, site);
    return result;
}

/* sem_open() gives one address for one name, however often it is opened. */
static void begin_named(sem_t *sem, const char *name, struct lh_site site)
{
    struct lh_self *self = lh_enter();
    int value = 0;

    if (!self)
        return;
    if (!lh_lock_known(sem)) {
        uint32_t stack = lh_stack_of(self, site);
        uint32_t flags = LH_LOCK_NAMED | LH_LOCK_PSHARED;
        if (sem_getvalue(sem, &value) == 0 && value == 1)
            flags |= LH_LOCK_SEM_ONE;
        uint64_t initial = value > 0 ? (uint64_t)value : 0;
        uint32_t index = lh_lock_begin(self, sem, LH_LOCK_SEMAPHORE, flags, initial, stack);
        lh_event(self, LH_EVENT_LOCK_INIT, index, stack, 0);
        struct lh_lock *lock = lh_lock_known(sem);
        if (lock)
            lh_lock_name(lock, name);
    }
    lh_leave(self);
}

static void begin_shared(const sem_t *sem, bool created, unsigned value, struct lh_site site)
{
    struct lh_self *self = lh_enter();

    if (!self)
        return;
    lh_python_shared_opened(self, sem, created, value, site);
    lh_leave(self);
}

LH_EXPORT sem_t *sem_open(const char *name, int flags, ...)
{
    mode_t mode = 0;
    unsigned value = 0;

    lh_real_need();
    if (flags & O_CREAT) {
        va_list arguments;
        va_start(arguments, flags);
        mode = va_arg(arguments, mode_t);
        value = va_arg(arguments, unsigned);
        va_end(arguments);
    }
    sem_t *sem = lh_real.sem_open(name, flags, mode, value);
    if (sem != SEM_FAILED) {
        struct lh_site site = LH_SITE();
        int saved = errno;
        if (lh_python_shares(site))
            begin_shared(sem, flags & O_CREAT, value, site);
        else
            begin_named(sem, name, site);
        errno = saved;
    }
    return sem;
}

LH_EXPORT int sem_close(sem_t *sem)
{
    /* The last close unmaps it, inside the C library: the munmap wrapper does not see that. */
    lh_real_need();
    int result = lh_real.sem_close(sem);
    if (result == 0 && !lh_memory_is_mapped(sem)) {
        lh_python_shared_closed(sem);
        lh_forget_object(sem);
    }
    return result;
}
