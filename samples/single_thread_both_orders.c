/*
 * One thread takes two mutexes in both orders; nobody else takes them. Alone it cannot deadlock.
 *
 * Expected: nothing; one cycle is filtered as same-thread.
 */
#include "handshake.h"

static pthread_mutex_t drum = PTHREAD_MUTEX_INITIALIZER;
static pthread_mutex_t sticks = PTHREAD_MUTEX_INITIALIZER;

static void lock_pair(pthread_mutex_t *first, pthread_mutex_t *second)
{
    pthread_mutex_lock(first);
    pthread_mutex_lock(second);
    pthread_mutex_unlock(second);
    pthread_mutex_unlock(first);
}

static void *soloist(void *unused)
{
    (void)unused;
    lock_pair(&drum, &sticks);
    lock_pair(&sticks, &drum);
    return NULL;
}

static void *audience(void *unused)
{
    return unused;
}

int main(void)
{
    run_both(soloist, audience);
    puts("applause");
    return 0;
}
