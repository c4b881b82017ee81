/*
 * Two mutexes in opposite order inside a third lock that both threads hold for reading only.
 * Readers come in together, so this is no gate.
 *
 * Expected: one lock-order-inversion.
 */
#include "handshake.h"

static pthread_rwlock_t gate = PTHREAD_RWLOCK_INITIALIZER;
static pthread_mutex_t drum = PTHREAD_MUTEX_INITIALIZER;
static pthread_mutex_t sticks = PTHREAD_MUTEX_INITIALIZER;
static int boy_is_done;

static void *boy(void *unused)
{
    (void)unused;
    pthread_rwlock_rdlock(&gate); /* @boy-gate */
    pthread_mutex_lock(&drum);    /* @boy-drum */
    pthread_mutex_lock(&sticks);  /* @boy-sticks */
    pthread_mutex_unlock(&sticks);
    pthread_mutex_unlock(&drum);
    pthread_rwlock_unlock(&gate);
    reach_stage(&boy_is_done, 1);
    return NULL;
}

static void *girl(void *unused)
{
    (void)unused;
    await_stage(&boy_is_done, 1);
    pthread_rwlock_rdlock(&gate); /* @girl-gate */
    pthread_mutex_lock(&sticks);  /* @girl-sticks */
    pthread_mutex_lock(&drum);    /* @girl-drum */
    pthread_mutex_unlock(&drum);
    pthread_mutex_unlock(&sticks);
    pthread_rwlock_unlock(&gate);
    return NULL;
}

int main(void)
{
    run_both(boy, girl);
    puts("both played");
    return 0;
}
