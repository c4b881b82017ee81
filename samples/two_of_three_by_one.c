/*
 * A cycle of three, but one thread takes two of the steps: never both at the same time, so the
 * cycle cannot close.
 *
 * Expected: nothing; one cycle is filtered as same-thread.
 */
#include "handshake.h"

static pthread_mutex_t drum = PTHREAD_MUTEX_INITIALIZER;
static pthread_mutex_t sticks = PTHREAD_MUTEX_INITIALIZER;
static pthread_mutex_t stool = PTHREAD_MUTEX_INITIALIZER;
static int turn;

static void lock_pair(pthread_mutex_t *first, pthread_mutex_t *second)
{
    pthread_mutex_lock(first);
    pthread_mutex_lock(second);
    pthread_mutex_unlock(second);
    pthread_mutex_unlock(first);
}

static void *boy(void *unused)
{
    (void)unused;
    lock_pair(&drum, &sticks);
    lock_pair(&sticks, &stool);
    reach_stage(&turn, 1);
    return NULL;
}

static void *girl(void *unused)
{
    (void)unused;
    await_stage(&turn, 1);
    lock_pair(&stool, &drum);
    return NULL;
}

int main(void)
{
    run_both(boy, girl);
    puts("both played");
    return 0;
}
