/*
 * The boy holds the gate, takes the drum and waits for a condition with the gate: the wait gives
 * the gate away and keeps the drum. At its end he wants the gate with the drum in his hands, while
 * the girl may stand in the gate and want the drum. Drum and sticks themselves stay behind the
 * gate.
 *
 * Expected: one lock-order-inversion between gate and drum; the cycle of drum and sticks is
 * filtered as gate-lock, and one that the boy alone could close as same-thread.
 */
#include "handshake.h"

static pthread_mutex_t gate = PTHREAD_MUTEX_INITIALIZER;
static pthread_mutex_t drum = PTHREAD_MUTEX_INITIALIZER;
static pthread_mutex_t sticks = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t music = PTHREAD_COND_INITIALIZER;
static int plays;
static int turn;

static void *boy(void *unused)
{
    (void)unused;
    pthread_mutex_lock(&gate);
    pthread_mutex_lock(&drum); /* @boy-drum */
    reach_stage(&turn, 1);
    while (!plays)
        pthread_cond_wait(&music, &gate); /* @boy-gate */
    pthread_mutex_lock(&sticks);
    pthread_mutex_unlock(&sticks);
    pthread_mutex_unlock(&drum);
    pthread_mutex_unlock(&gate);
    reach_stage(&turn, 2);
    return NULL;
}

static void start_music(void)
{
    await_stage(&turn, 1);
    pthread_mutex_lock(&gate);
    plays = 1;
    pthread_cond_signal(&music);
    pthread_mutex_unlock(&gate);
}

static void *girl(void *unused)
{
    (void)unused;
    start_music();
    await_stage(&turn, 2);
    pthread_mutex_lock(&gate); /* @girl-gate */
    pthread_mutex_lock(&sticks);
    pthread_mutex_lock(&drum); /* @girl-drum */
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
