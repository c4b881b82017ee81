/* For the helper programs: a check that fails ends the program with a line that says where. */
#ifndef TESTS_PROGRAMS_CHECK_H
#define TESTS_PROGRAMS_CHECK_H

#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>

#define CHECK(condition) check(!!(condition), #condition, __FILE__, __LINE__)

static inline void check(int holds, const char *condition, const char *file, int line)
{
    if (holds)
        return;
    fprintf(stderr, "%s:%d: not true: %s\n", file, line, condition);
    fflush(NULL);
    _Exit(3);
}

static inline pthread_t start_thread(void *(*function)(void *), void *argument)
{
    pthread_t thread;

    CHECK(pthread_create(&thread, NULL, function, argument) == 0);
    return thread;
}

static inline void *finish_thread(pthread_t thread)
{
    void *result = NULL;

    CHECK(pthread_join(thread, &result) == 0);
    return result;
}

/* Wait until `*stage` is `number` or more. Pairs with the release in reach_stage(). */
static inline void await_stage(const int *stage, int number)
{
    while (__atomic_load_n(stage, __ATOMIC_ACQUIRE) < number)
        sched_yield();
}

static inline void reach_stage(int *stage, int number)
{
    __atomic_store_n(stage, number, __ATOMIC_RELEASE);
}

/* Both, in this order. */
static inline void take_in_order(pthread_mutex_t *first, pthread_mutex_t *second)
{
    CHECK(pthread_mutex_lock(first) == 0);
    CHECK(pthread_mutex_lock(second) == 0);
    CHECK(pthread_mutex_unlock(second) == 0);
    CHECK(pthread_mutex_unlock(first) == 0);
}

#endif
