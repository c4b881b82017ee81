/*
 * Opposite order, but one of the two gives up after a while: the program would not hang for ever,
 * it would be late.
 *
 * Expected: one lock-order-inversion, marked as timed.
 */
#include <time.h>

#include "handshake.h"

static pthread_mutex_t drum = PTHREAD_MUTEX_INITIALIZER;
static pthread_mutex_t sticks = PTHREAD_MUTEX_INITIALIZER;
static int boy_is_done;

static struct timespec in_a_minute(void)
{
    struct timespec when;

    clock_gettime(CLOCK_REALTIME, &when);
    when.tv_sec += 60;
    return when;
}

static void *boy(void *unused)
{
    struct timespec deadline = in_a_minute();

    (void)unused;
    pthread_mutex_lock(&drum);                                         /* @boy-drum */
    require(pthread_mutex_timedlock(&sticks, &deadline), "timedlock"); /* @boy-sticks */
    pthread_mutex_unlock(&sticks);
    pthread_mutex_unlock(&drum);
    reach_stage(&boy_is_done, 1);
    return NULL;
}

static void *girl(void *unused)
{
    (void)unused;
    await_stage(&boy_is_done, 1);
    pthread_mutex_lock(&sticks); /* @girl-sticks */
    pthread_mutex_lock(&drum);   /* @girl-drum */
    pthread_mutex_unlock(&drum);
    pthread_mutex_unlock(&sticks);
    return NULL;
}

int main(void)
{
    run_both(boy, girl);
    puts("both played");
    return 0;
}
