/*
 * The same function takes drum and sticks, once called behind the gate and once without it. The way
 * without the gate counts, though all else about the two is the same.
 *
 * Expected: one lock-order-inversion.
 */
#include "handshake.h"

static pthread_mutex_t gate = PTHREAD_MUTEX_INITIALIZER;
static pthread_mutex_t drum = PTHREAD_MUTEX_INITIALIZER;
static pthread_mutex_t sticks = PTHREAD_MUTEX_INITIALIZER;
static int turn;

static void play(void)
{
    pthread_mutex_lock(&drum);   /* @play-drum */
    pthread_mutex_lock(&sticks); /* @play-sticks */
    pthread_mutex_unlock(&sticks);
    pthread_mutex_unlock(&drum);
}

static void *boy(void *unused)
{
    (void)unused;
    pthread_mutex_lock(&gate);
    play();
    pthread_mutex_unlock(&gate);
    play();
    reach_stage(&turn, 1);
    return NULL;
}

static void *girl(void *unused)
{
    (void)unused;
    await_stage(&turn, 1);
    pthread_mutex_lock(&gate);
    pthread_mutex_lock(&sticks); /* @girl-sticks */
    pthread_mutex_lock(&drum);   /* @girl-drum */
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
