/* Exercises of the functions of mutexes. */
#include "exercise.h"

static void expect_busy(void *mutex)
{
    CHECK(pthread_mutex_trylock(mutex) == EBUSY);
}

EXERCISE(pthread_mutex_lock, "acquire mutex 3")
{
    pthread_mutex_t plain = PTHREAD_MUTEX_INITIALIZER;
    pthread_mutex_t checked = PTHREAD_ERRORCHECK_MUTEX_INITIALIZER_NP;
    pthread_mutex_t adaptive = PTHREAD_ADAPTIVE_MUTEX_INITIALIZER_NP;

    CHECK(pthread_mutex_lock(&plain) == 0);
    exercise_in_thread(expect_busy, &plain);
    CHECK(pthread_mutex_lock(&checked) == 0);
    CHECK(pthread_mutex_lock(&checked) == EDEADLK);
    CHECK(pthread_mutex_lock(&adaptive) == 0);
}

EXERCISE(pthread_mutex_trylock, "acquire mutex 1, try-failed mutex 1")
{
    pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;

    CHECK(pthread_mutex_trylock(&mutex) == 0);
    CHECK(pthread_mutex_trylock(&mutex) == EBUSY);
    CHECK(pthread_mutex_unlock(&mutex) == 0);
}

EXERCISE(pthread_mutex_unlock, "release mutex 2")
{
    pthread_mutex_t recursive = PTHREAD_RECURSIVE_MUTEX_INITIALIZER_NP;
    pthread_mutex_t checked = PTHREAD_ERRORCHECK_MUTEX_INITIALIZER_NP;

    CHECK(pthread_mutex_unlock(&checked) == EPERM);
    pthread_mutex_lock(&checked);
    CHECK(pthread_mutex_unlock(&checked) == 0);
    pthread_mutex_lock(&recursive);
    pthread_mutex_lock(&recursive);
    CHECK(pthread_mutex_unlock(&recursive) == 0);
    exercise_in_thread(expect_busy, &recursive);
    CHECK(pthread_mutex_unlock(&recursive) == 0);
    CHECK(pthread_mutex_unlock(&recursive) == EPERM);
}

EXERCISE(pthread_mutex_timedlock, "acquire mutex 1, try-failed mutex 2")
{
    pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
    struct timespec soon = exercise_soon(CLOCK_REALTIME), past = exercise_past();
    struct timespec wrong = {1, -1};

    CHECK(pthread_mutex_timedlock(&mutex, &soon) == 0);
    CHECK(pthread_mutex_timedlock(&mutex, &past) == ETIMEDOUT);
    CHECK(pthread_mutex_timedlock(&mutex, &wrong) == EINVAL);
    CHECK(pthread_mutex_unlock(&mutex) == 0);
}

EXERCISE(pthread_mutex_clocklock, "acquire mutex 1, try-failed mutex 2")
{
    pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
    struct timespec soon = exercise_soon(CLOCK_MONOTONIC), past = exercise_past();

    CHECK(pthread_mutex_clocklock(&mutex, CLOCK_MONOTONIC, &soon) == 0);
    CHECK(pthread_mutex_clocklock(&mutex, CLOCK_MONOTONIC, &past) == ETIMEDOUT);
    CHECK(pthread_mutex_clocklock(&mutex, 99, &past) == EINVAL);
    CHECK(pthread_mutex_unlock(&mutex) == 0);
}

EXERCISE(pthread_mutex_init, "lock-born mutex 1, lock-init mutex 1")
{
    pthread_mutexattr_t attributes;
    pthread_mutex_t mutex;

    pthread_mutexattr_init(&attributes);
    pthread_mutexattr_settype(&attributes, PTHREAD_MUTEX_ERRORCHECK);
    CHECK(pthread_mutex_init(&mutex, &attributes) == 0);
    pthread_mutexattr_destroy(&attributes);
    CHECK(pthread_mutex_unlock(&mutex) == EPERM);
}

EXERCISE(pthread_mutex_destroy, "lock-ended mutex 1, lock-end mutex 1")
{
    static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;

    CHECK(pthread_mutex_lock(&mutex) == 0);
    CHECK(pthread_mutex_destroy(&mutex) == EBUSY);
    CHECK(pthread_mutex_unlock(&mutex) == 0);
    CHECK(pthread_mutex_destroy(&mutex) == 0);
}

static void die_with(void *mutex)
{
    CHECK(pthread_mutex_lock(mutex) == 0);
}

EXERCISE(pthread_mutex_consistent, "acquire mutex 3")
{
    static pthread_mutex_t mutex;
    pthread_mutexattr_t robust;

    pthread_mutexattr_init(&robust);
    pthread_mutexattr_setrobust(&robust, PTHREAD_MUTEX_ROBUST);
    CHECK(pthread_mutex_init(&mutex, &robust) == 0);
    pthread_mutexattr_destroy(&robust);
    CHECK(pthread_mutex_consistent(&mutex) == EINVAL);
    exercise_in_thread(die_with, &mutex);
    CHECK(pthread_mutex_lock(&mutex) == EOWNERDEAD);
    CHECK(pthread_mutex_consistent(&mutex) == 0);
    CHECK(pthread_mutex_unlock(&mutex) == 0);
    CHECK(pthread_mutex_lock(&mutex) == 0);
    CHECK(pthread_mutex_unlock(&mutex) == 0);
}
