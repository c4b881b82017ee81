/*
 * A semaphore in front of two mutexes. With one token it is a gate: one thread at a time. With two
 * (-DTOKENS=2) both threads may be behind it.
 *
 * Expected: nothing with one token, and one cycle filtered as gate-lock; with two tokens one
 * lock-order-inversion.
 */
#include <semaphore.h>

#include "handshake.h"

static sem_t gate;
static pthread_mutex_t drum = PTHREAD_MUTEX_INITIALIZER;
static pthread_mutex_t sticks = PTHREAD_MUTEX_INITIALIZER;
static int turn;

static void *boy(void *unused)
{
    (void)unused;
    sem_wait(&gate);
    pthread_mutex_lock(&drum);   /* @boy-drum */
    pthread_mutex_lock(&sticks); /* @boy-sticks */
    pthread_mutex_unlock(&sticks);
    pthread_mutex_unlock(&drum);
    sem_post(&gate);
    reach_stage(&turn, 1);
    return NULL;
}

static void *girl(void *unused)
{
    (void)unused;
    await_stage(&turn, 1);
    sem_wait(&gate);
    pthread_mutex_lock(&sticks); /* @girl-sticks */
    pthread_mutex_lock(&drum);   /* @girl-drum */
    pthread_mutex_unlock(&drum);
    pthread_mutex_unlock(&sticks);
    sem_post(&gate);
    return NULL;
}

int main(void)
{
    require(sem_init(&gate, 0, TOKENS), "sem_init");
    run_both(boy, girl);
    sem_destroy(&gate);
    puts("both played");
    return 0;
}
