/*
 * gate_lock_readers, but one of the threads holds the gate for writing: it keeps the reader out.
 *
 * Expected: nothing; one cycle is filtered as gate-lock.
 */
#include "handshake.h"

static pthread_rwlock_t gate = PTHREAD_RWLOCK_INITIALIZER;
static pthread_mutex_t drum = PTHREAD_MUTEX_INITIALIZER;
static pthread_mutex_t sticks = PTHREAD_MUTEX_INITIALIZER;

static void *boy(void *unused)
{
    (void)unused;
    pthread_rwlock_rdlock(&gate);
    pthread_mutex_lock(&drum);
    pthread_mutex_lock(&sticks);
    pthread_mutex_unlock(&sticks);
    pthread_mutex_unlock(&drum);
    pthread_rwlock_unlock(&gate);
    return NULL;
}

static void *girl(void *unused)
{
    (void)unused;
    pthread_rwlock_wrlock(&gate);
    pthread_mutex_lock(&sticks);
    pthread_mutex_lock(&drum);
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
