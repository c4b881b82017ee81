/* Exercises of the functions of reader-writer locks and of spinlocks. */
#include "exercise.h"

static void expect_written(void *lock)
{
    CHECK(pthread_rwlock_tryrdlock(lock) == EBUSY);
}

static void expect_read(void *lock)
{
    CHECK(pthread_rwlock_trywrlock(lock) == EBUSY);
}

EXERCISE(pthread_rwlock_init, "lock-born rwlock 1, lock-init rwlock 1")
{
    pthread_rwlock_t lock;

    CHECK(pthread_rwlock_init(&lock, NULL) == 0);
}

EXERCISE(pthread_rwlock_destroy, "lock-ended rwlock 1, lock-end rwlock 1")
{
    static pthread_rwlock_t lock = PTHREAD_RWLOCK_INITIALIZER;

    pthread_rwlock_rdlock(&lock);
    pthread_rwlock_unlock(&lock);
    CHECK(pthread_rwlock_destroy(&lock) == 0);
}

EXERCISE(pthread_rwlock_rdlock, "acquire-shared rwlock 1")
{
    pthread_rwlock_t lock = PTHREAD_RWLOCK_INITIALIZER;
    pthread_rwlock_t written = PTHREAD_RWLOCK_INITIALIZER;

    CHECK(pthread_rwlock_rdlock(&lock) == 0);
    CHECK(pthread_rwlock_rdlock(&lock) == 0);
    exercise_in_thread(expect_read, &lock);
    pthread_rwlock_wrlock(&written);
    CHECK(pthread_rwlock_rdlock(&written) == EDEADLK);
    pthread_rwlock_unlock(&written);
}

EXERCISE(pthread_rwlock_tryrdlock, "acquire-shared rwlock 1, try-failed rwlock 1")
{
    pthread_rwlock_t lock = PTHREAD_RWLOCK_INITIALIZER;

    CHECK(pthread_rwlock_tryrdlock(&lock) == 0);
    pthread_rwlock_unlock(&lock);
    pthread_rwlock_wrlock(&lock);
    CHECK(pthread_rwlock_tryrdlock(&lock) == EBUSY);
    pthread_rwlock_unlock(&lock);
}

EXERCISE(pthread_rwlock_timedrdlock, "acquire-shared rwlock 1, try-failed rwlock 1")
{
    static pthread_rwlock_t lock = PTHREAD_RWLOCK_INITIALIZER;
    struct timespec soon = exercise_soon(CLOCK_REALTIME), wrong = {1, -1};

    CHECK(pthread_rwlock_timedrdlock(&lock, &soon) == 0);
    CHECK(pthread_rwlock_timedrdlock(&lock, &wrong) == EINVAL);
    pthread_rwlock_unlock(&lock);
}

EXERCISE(pthread_rwlock_clockrdlock, "acquire-shared rwlock 1, try-failed rwlock 1")
{
    static pthread_rwlock_t lock = PTHREAD_RWLOCK_INITIALIZER;
    struct timespec soon = exercise_soon(CLOCK_MONOTONIC);

    CHECK(pthread_rwlock_clockrdlock(&lock, CLOCK_MONOTONIC, &soon) == 0);
    CHECK(pthread_rwlock_clockrdlock(&lock, 99, &soon) == EINVAL);
    pthread_rwlock_unlock(&lock);
}

EXERCISE(pthread_rwlock_wrlock, "acquire rwlock 1")
{
    pthread_rwlock_t lock = PTHREAD_RWLOCK_INITIALIZER;

    CHECK(pthread_rwlock_wrlock(&lock) == 0);
    CHECK(pthread_rwlock_wrlock(&lock) == EDEADLK);
    exercise_in_thread(expect_written, &lock);
}

EXERCISE(pthread_rwlock_trywrlock, "acquire rwlock 1, try-failed rwlock 1")
{
    pthread_rwlock_t lock = PTHREAD_RWLOCK_INITIALIZER;

    CHECK(pthread_rwlock_trywrlock(&lock) == 0);
    CHECK(pthread_rwlock_trywrlock(&lock) == EBUSY);
    pthread_rwlock_unlock(&lock);
}

EXERCISE(pthread_rwlock_timedwrlock, "acquire rwlock 1, try-failed rwlock 1")
{
    pthread_rwlock_t lock = PTHREAD_RWLOCK_INITIALIZER;
    struct timespec soon = exercise_soon(CLOCK_REALTIME), past = exercise_past();

    CHECK(pthread_rwlock_timedwrlock(&lock, &soon) == 0);
    pthread_rwlock_unlock(&lock);
    pthread_rwlock_rdlock(&lock);
    CHECK(pthread_rwlock_timedwrlock(&lock, &past) == ETIMEDOUT);
    pthread_rwlock_unlock(&lock);
}

EXERCISE(pthread_rwlock_clockwrlock, "acquire rwlock 1, try-failed rwlock 1")
{
    pthread_rwlock_t lock = PTHREAD_RWLOCK_INITIALIZER;
    struct timespec soon = exercise_soon(CLOCK_MONOTONIC), past = exercise_past();

    CHECK(pthread_rwlock_clockwrlock(&lock, CLOCK_MONOTONIC, &soon) == 0);
    pthread_rwlock_unlock(&lock);
    pthread_rwlock_rdlock(&lock);
    CHECK(pthread_rwlock_clockwrlock(&lock, CLOCK_MONOTONIC, &past) == ETIMEDOUT);
    pthread_rwlock_unlock(&lock);
}

EXERCISE(pthread_rwlock_unlock, "release rwlock 2")
{
    pthread_rwlock_t lock = PTHREAD_RWLOCK_INITIALIZER;

    pthread_rwlock_rdlock(&lock);
    pthread_rwlock_rdlock(&lock);
    CHECK(pthread_rwlock_unlock(&lock) == 0);
    CHECK(pthread_rwlock_trywrlock(&lock) == EBUSY);
    CHECK(pthread_rwlock_unlock(&lock) == 0);
    CHECK(pthread_rwlock_trywrlock(&lock) == 0);
    CHECK(pthread_rwlock_unlock(&lock) == 0);
}

EXERCISE(pthread_spin_init, "lock-born spin 1, lock-init spin 1")
{
    pthread_spinlock_t lock;

    CHECK(pthread_spin_init(&lock, PTHREAD_PROCESS_PRIVATE) == 0);
}

EXERCISE(pthread_spin_destroy, "lock-ended spin 1, lock-end spin 1")
{
    pthread_spinlock_t lock;

    pthread_spin_init(&lock, PTHREAD_PROCESS_PRIVATE);
    CHECK(pthread_spin_destroy(&lock) == 0);
}

EXERCISE(pthread_spin_lock, "acquire spin 1")
{
    pthread_spinlock_t lock;

    pthread_spin_init(&lock, PTHREAD_PROCESS_PRIVATE);
    CHECK(pthread_spin_lock(&lock) == 0);
    CHECK(pthread_spin_trylock(&lock) == EBUSY);
    pthread_spin_unlock(&lock);
}

EXERCISE(pthread_spin_trylock, "acquire spin 1, try-failed spin 1")
{
    pthread_spinlock_t lock;

    pthread_spin_init(&lock, PTHREAD_PROCESS_PRIVATE);
    CHECK(pthread_spin_trylock(&lock) == 0);
    CHECK(pthread_spin_trylock(&lock) == EBUSY);
    pthread_spin_unlock(&lock);
}

EXERCISE(pthread_spin_unlock, "release spin 1")
{
    pthread_spinlock_t lock;

    pthread_spin_init(&lock, PTHREAD_PROCESS_PRIVATE);
    pthread_spin_lock(&lock);
    CHECK(pthread_spin_unlock(&lock) == 0);
    CHECK(pthread_spin_trylock(&lock) == 0);
}
