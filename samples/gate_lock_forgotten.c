/*
 * gate_lock, but one of the threads comes in without the gate: then the gate guards nothing.
 *
 * Expected: one lock-order-inversion.
 */
#include "handshake.h"

static pthread_mutex_t gate = PTHREAD_MUTEX_INITIALIZER;
static pthread_mutex_t drum = PTHREAD_MUTEX_INITIALIZER;
static pthread_mutex_t sticks = PTHREAD_MUTEX_INITIALIZER;
static int boy_is_done;

static void *boy(void *unused)
{
    (void)unused;
    pthread_mutex_lock(&gate);   /* @boy-gate */
    pthread_mutex_lock(&drum);   /* @boy-drum */
    pthread_mutex_lock(&sticks); /* @boy-sticks */
    pthread_mutex_unlock(&sticks);
    pthread_mutex_unlock(&drum);
    pthread_mutex_unlock(&gate);
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
