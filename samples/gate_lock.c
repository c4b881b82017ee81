/*
 * Two mutexes in opposite order, but only ever inside a third one: the threads cannot be between
 * the two locks at the same time.
 *
 * Expected: nothing; one cycle is filtered as gate-lock.
 */
#include "handshake.h"

static pthread_mutex_t gate = PTHREAD_MUTEX_INITIALIZER;
static pthread_mutex_t drum = PTHREAD_MUTEX_INITIALIZER;
static pthread_mutex_t sticks = PTHREAD_MUTEX_INITIALIZER;

static void *boy(void *unused)
{
    (void)unused;
    pthread_mutex_lock(&gate);
    pthread_mutex_lock(&drum);
    pthread_mutex_lock(&sticks);
    pthread_mutex_unlock(&sticks);
    pthread_mutex_unlock(&drum);
    pthread_mutex_unlock(&gate);
    return NULL;
}

static void *girl(void *unused)
{
    (void)unused;
    pthread_mutex_lock(&gate);
    pthread_mutex_lock(&sticks);
    pthread_mutex_lock(&drum);
    pthread_mutex_unlock(&drum);
    pthread_mutex_unlock(&sticks);
    pthread_mutex_unlock(&gate);
    return NULL;
}

int main(void)
{
    run_both(boy, girl);
    puts("both played");
    return 0;
}
