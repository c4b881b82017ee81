/* Exercises of the functions of threads. */
#include <sched.h>
#include <string.h>

#include "exercise.h"

static int released;

static void *answer(void *argument)
{
    return argument;
}

/* Ends when the exercise lets it. Pairs with the release store in let_go(). */
static void *wait_for_release(void *argument)
{
    while (!__atomic_load_n(&released, __ATOMIC_ACQUIRE))
        sched_yield();
    return argument;
}

static void let_go(void)
{
    __atomic_store_n(&released, 1, __ATOMIC_RELEASE);
}

EXERCISE(pthread_create, "thread-create thread 1, thread-start thread 1, thread-start - 1")
{
    pthread_t thread;
    void *result = NULL;

    CHECK(pthread_create(&thread, NULL, answer, &released) == 0);
    CHECK(pthread_join(thread, &result) == 0 && result == &released);
}

EXERCISE(pthread_join, "thread-join thread 1")
{
    pthread_t thread;
    void *result = NULL;

    CHECK(pthread_join(pthread_self(), NULL) == EDEADLK);
    CHECK(pthread_create(&thread, NULL, answer, &released) == 0);
    CHECK(pthread_join(thread, &result) == 0 && result == &released);
}

EXERCISE(pthread_tryjoin_np, "thread-join thread 1")
{
    pthread_t thread;
    void *result = NULL;
    int error;

    CHECK(pthread_create(&thread, NULL, wait_for_release, &released) == 0);
    CHECK(pthread_tryjoin_np(thread, &result) == EBUSY);
    let_go();
    while ((error = pthread_tryjoin_np(thread, &result)) == EBUSY)
        sched_yield();
    CHECK(error == 0 && result == &released);
}

EXERCISE(pthread_timedjoin_np, "thread-join thread 1")
{
    struct timespec soon = exercise_soon(CLOCK_REALTIME), past = exercise_past();
    pthread_t thread;
    void *result = NULL;

    CHECK(pthread_create(&thread, NULL, wait_for_release, &released) == 0);
    CHECK(pthread_timedjoin_np(thread, &result, &past) == ETIMEDOUT);
    let_go();
    CHECK(pthread_timedjoin_np(thread, &result, &soon) == 0 && result == &released);
}

EXERCISE(pthread_clockjoin_np, "thread-join thread 1")
{
    struct timespec soon = exercise_soon(CLOCK_MONOTONIC), past = exercise_past();
    pthread_t thread;
    void *result = NULL;

    CHECK(pthread_create(&thread, NULL, wait_for_release, &released) == 0);
    CHECK(pthread_clockjoin_np(thread, &result, CLOCK_MONOTONIC, &past) == ETIMEDOUT);
    let_go();
    CHECK(pthread_clockjoin_np(thread, &result, CLOCK_MONOTONIC, &soon) == 0 &&
          result == &released);
}

EXERCISE(pthread_detach, "")
{
    pthread_t thread;

    CHECK(pthread_create(&thread, NULL, wait_for_release, NULL) == 0);
    CHECK(pthread_detach(thread) == 0);
    CHECK(pthread_detach(thread) == EINVAL);
    CHECK(pthread_join(thread, NULL) == EINVAL);
    let_go();
}

static void *leave_early(void *argument)
{
    pthread_exit(argument);
}

EXERCISE(pthread_exit, "thread-end - 2")
{
    pthread_t thread;
    void *result = NULL;

    CHECK(pthread_create(&thread, NULL, leave_early, &released) == 0);
    CHECK(pthread_join(thread, &result) == 0 && result == &released);
}

static void *name_itself(void *argument)
{
    char name[16];

    CHECK(pthread_setname_np(pthread_self(), "itself") == 0);
    CHECK(pthread_getname_np(pthread_self(), name, sizeof(name)) == 0);
    CHECK(strcmp(name, "itself") == 0);
    return argument;
}

EXERCISE(pthread_setname_np, "thread-name itself 1, thread-name other 1")
{
    pthread_t thread;
    char name[16];

    CHECK(pthread_setname_np(pthread_self(), "more than fifteen") == ERANGE);
    CHECK(pthread_create(&thread, NULL, name_itself, NULL) == 0);
    CHECK(pthread_join(thread, NULL) == 0);
    CHECK(pthread_create(&thread, NULL, wait_for_release, NULL) == 0);
    CHECK(pthread_setname_np(thread, "other") == 0);
    CHECK(pthread_getname_np(thread, name, sizeof(name)) == 0 && strcmp(name, "other") == 0);
    let_go();
    CHECK(pthread_join(thread, NULL) == 0);
}
