#include "glibc_state.h"

#include <limits.h>
#include <pthread.h>
#include <semaphore.h>

#include "locks.h"

/* All loads are relaxed: if the lock is this thread's, this thread wrote what is read; if not, any
 * other value says so. */
static uint32_t peek(const void *word)
{
    return __atomic_load_n((const uint32_t *)word, __ATOMIC_RELAXED);
}

static enum lh_state_of mutex_state(const pthread_mutex_t *mutex, uint32_t tid)
{
    /* With a priority ceiling the word is never 0. */
    if (lh_lock_flags_of(mutex, LH_LOCK_MUTEX) & LH_LOCK_PRIO_PROTECT)
        return LH_IS_MINE;
    if (peek(&mutex->__data.__lock) == 0)
        return LH_IS_FREE;
    return peek(&mutex->__data.__owner) == tid ? LH_IS_MINE : LH_IS_OTHERS;
}

/* The count of readers lies above three bits of state (sysdeps/nptl/pthreadP.h). */
static bool has_readers(const pthread_rwlock_t *rwlock)
{
    return peek(&rwlock->__data.__readers) >> 3;
}

/* Readers are not known one by one: a lock held for reading may be this thread's. */
static enum lh_state_of rwlock_state(const pthread_rwlock_t *rwlock, uint32_t tid)
{
    uint32_t writer = peek(&rwlock->__data.__cur_writer);

    if (writer)
        return writer == tid ? LH_IS_MINE : LH_IS_OTHERS;
    return has_readers(rwlock) ? LH_IS_MINE : LH_IS_FREE;
}

enum lh_state_of lh_glibc_state(const void *object, enum lh_lock_kind kind, uint32_t tid)
{
    switch (kind) {
    case LH_LOCK_MUTEX:
        return mutex_state(object, tid);
    case LH_LOCK_RWLOCK:
        return rwlock_state(object, tid);
    case LH_LOCK_SPIN:
        /* glibc for x86: 1 is free. */
        return peek(object) == 1 ? LH_IS_FREE : LH_IS_OTHERS;
    default:
        return LH_IS_MINE;
    }
}

bool lh_glibc_is_locked(const void *object, enum lh_lock_kind kind, uint32_t tid)
{
    const pthread_mutex_t *mutex = object;
    const pthread_rwlock_t *rwlock = object;

    switch (kind) {
    case LH_LOCK_MUTEX:
        return peek(&mutex->__data.__lock) != 0 && peek(&mutex->__data.__owner) == tid &&
               lh_glibc_mutex_fault(mutex) == LH_MUTEX_GOOD;
    case LH_LOCK_RWLOCK:
        return peek(&rwlock->__data.__cur_writer) == tid ||
               (peek(&rwlock->__data.__cur_writer) == 0 && has_readers(rwlock));
    case LH_LOCK_SPIN:
        return (int32_t)peek(object) <= 0;
    default:
        return false;
    }
}

bool lh_glibc_is_free(const void *object, enum lh_lock_kind kind)
{
    const pthread_mutex_t *mutex = object;

    if (kind == LH_LOCK_MUTEX)
        return lh_glibc_mutex_fault(mutex) == LH_MUTEX_GOOD && peek(&mutex->__data.__lock) == 0 &&
               peek(&mutex->__data.__owner) == 0;
    return lh_glibc_state(object, kind, 0) == LH_IS_FREE;
}

/* The bits of a mutex's type, protocol and other traits (sysdeps/nptl/pthreadP.h). */
#define MUTEX_KIND_BITS 0x3ff

enum lh_mutex_fault lh_glibc_mutex_fault(const void *object)
{
    const pthread_mutex_t *mutex = object;
    int kind = (int)peek(&mutex->__data.__kind);

    if (kind == -1)
        return LH_MUTEX_DESTROYED;
    return kind & ~MUTEX_KIND_BITS ? LH_MUTEX_INVALID : LH_MUTEX_GOOD;
}

bool lh_glibc_is_inconsistent(const void *object)
{
    const pthread_mutex_t *mutex = object;

    /* PTHREAD_MUTEX_INCONSISTENT (sysdeps/nptl/pthreadP.h). */
    return peek(&mutex->__data.__owner) == INT_MAX;
}

size_t lh_glibc_size(enum lh_lock_kind kind)
{
    static const size_t sizes[LH_LOCK_KINDS] = {
        [LH_LOCK_MUTEX] = sizeof(pthread_mutex_t),   [LH_LOCK_RWLOCK] = sizeof(pthread_rwlock_t),
        [LH_LOCK_SPIN] = sizeof(pthread_spinlock_t), [LH_LOCK_SEMAPHORE] = sizeof(sem_t),
        [LH_LOCK_COND] = sizeof(pthread_cond_t),     [LH_LOCK_BARRIER] = sizeof(pthread_barrier_t),
        [LH_LOCK_ONCE] = sizeof(pthread_once_t),     [LH_LOCK_FUTEX] = sizeof(uint32_t),
    };

    return sizes[kind];
}

bool lh_glibc_is_like_new(const void *object, enum lh_lock_kind kind)
{
    const size_t words = lh_glibc_size(kind) / sizeof(uint32_t);
    const size_t flags = offsetof(pthread_rwlock_t, __data.__flags) / sizeof(uint32_t);

    /* The others have no static initializer, or show that they were destroyed. */
    if (kind != LH_LOCK_RWLOCK && kind != LH_LOCK_COND)
        return false;
    for (size_t i = 0; i < words; i++) {
        if (peek((const uint32_t *)object + i) && !(kind == LH_LOCK_RWLOCK && i == flags))
            return false;
    }
    return true;
}

bool lh_glibc_is_empty_barrier(const void *object, enum lh_lock_kind kind)
{
    /* struct pthread_barrier { in, current_round, count, shared, out } (internaltypes.h) */
    return kind == LH_LOCK_BARRIER && peek((const uint32_t *)object + 2) == 0;
}
