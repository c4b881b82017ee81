/*
 * A cycle of three threads, two of which share a gate: those two are never in it at the same time,
 * so it cannot close.
 *
 * Expected: nothing; one cycle is filtered as gate-lock.
 */
#include "handshake.h"

static pthread_mutex_t gate = PTHREAD_MUTEX_INITIALIZER;
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
    pthread_mutex_lock(&gate);
    lock_pair(&drum, &sticks);
    pthread_mutex_unlock(&gate);
    reach_stage(&turn, 1);
    return NULL;
}

static void *girl(void *unused)
{
    (void)unused;
    await_stage(&turn, 1);
    pthread_mutex_lock(&gate);
    lock_pair(&sticks, &stool);
    pthread_mutex_unlock(&gate);
    reach_stage(&turn, 2);
    return NULL;
}

static void *teacher(void *unused)
{
    (void)unused;
    await_stage(&turn, 2);
    lock_pair(&stool, &drum);
    return NULL;
}

int main(void)
{
    pthread_t third = start_thread(teacher, NULL);

    run_both(boy, girl);
    finish_thread(third);
    puts("all played");
    return 0;
}
