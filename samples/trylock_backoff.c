/*
 * One thread takes a lock and only tries for the second; when that fails it gives the first back
 * and begins again. The other thread takes them in the opposite order.
 *
 * Expected: nothing; one cycle is filtered as trylock.
 */
#include "handshake.h"

static pthread_mutex_t drum = PTHREAD_MUTEX_INITIALIZER;
static pthread_mutex_t sticks = PTHREAD_MUTEX_INITIALIZER;

static void *polite(void *unused)
{
    (void)unused;
    for (;;) {
        pthread_mutex_lock(&drum);
        if (pthread_mutex_trylock(&sticks) == 0)
            break;
        pthread_mutex_unlock(&drum);
        sched_yield();
    }
    pthread_mutex_unlock(&sticks);
    pthread_mutex_unlock(&drum);
    return NULL;
}

static void *greedy(void *unused)
{
    (void)unused;
    pthread_mutex_lock(&sticks);
    pthread_mutex_lock(&drum);
    pthread_mutex_unlock(&drum);
    pthread_mutex_unlock(&sticks);
    return NULL;
}

int main(void)
{
    run_both(polite, greedy);
    puts("both played");
    return 0;
}
