/*
 * Two threads take two mutexes in opposite order. Here the girl waits until the boy is done, so it
 * never hangs; with other timing each holds what the other wants, for ever.
 *
 * Expected: one lock-order-inversion.
 */
#include "handshake.h"

static pthread_mutex_t drum = PTHREAD_MUTEX_INITIALIZER;
static pthread_mutex_t sticks = PTHREAD_MUTEX_INITIALIZER;
static int boy_is_done;

static void *boy(void *unused)
{
    (void)unused;
    pthread_setname_np(pthread_self(), "boy");
    pthread_mutex_lock(&drum);   /* @boy-drum */
    pthread_mutex_lock(&sticks); /* @boy-sticks */
    puts("the boy plays");
    pthread_mutex_unlock(&sticks);
    pthread_mutex_unlock(&drum);
    reach_stage(&boy_is_done, 1);
    return NULL;
}

static void *girl(void *unused)
{
    (void)unused;
    pthread_setname_np(pthread_self(), "girl");
    await_stage(&boy_is_done, 1);
    pthread_mutex_lock(&sticks); /* @girl-sticks */
    pthread_mutex_lock(&drum);   /* @girl-drum */
    puts("the girl plays");
    pthread_mutex_unlock(&drum);
    pthread_mutex_unlock(&sticks);
    return NULL;
}

int main(void)
{
    run_both(boy, girl);
    return 0;
}
