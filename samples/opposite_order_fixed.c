/*
 * opposite_order, put right: each thread releases what it holds before it takes the other lock.
 *
 * Expected: nothing.
 */
#include "handshake.h"

static pthread_mutex_t drum = PTHREAD_MUTEX_INITIALIZER;
static pthread_mutex_t sticks = PTHREAD_MUTEX_INITIALIZER;

static void *boy(void *unused)
{
    (void)unused;
    pthread_mutex_lock(&drum);
    pthread_mutex_unlock(&drum);
    pthread_mutex_lock(&sticks);
    pthread_mutex_unlock(&sticks);
    return NULL;
}

static void *girl(void *unused)
{
    (void)unused;
    pthread_mutex_lock(&sticks);
    pthread_mutex_unlock(&sticks);
    pthread_mutex_lock(&drum);
    pthread_mutex_unlock(&drum);
    return NULL;
}

int main(void)
{
    run_both(boy, girl);
    puts("both played");
    return 0;
}
