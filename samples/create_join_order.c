/*
 * Two mutexes in opposite order, but the second thread is created after the first was joined: they
 * never run side by side.
 *
 * Expected: nothing; one cycle is filtered as create-join.
 */
#include "handshake.h"

static pthread_mutex_t drum = PTHREAD_MUTEX_INITIALIZER;
static pthread_mutex_t sticks = PTHREAD_MUTEX_INITIALIZER;

static void *boy(void *unused)
{
    (void)unused;
    pthread_mutex_lock(&drum);
    pthread_mutex_lock(&sticks);
    pthread_mutex_unlock(&sticks);
    pthread_mutex_unlock(&drum);
    return NULL;
}

static void *girl(void *unused)
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
    finish_thread(start_thread(boy, NULL));
    finish_thread(start_thread(girl, NULL));
    puts("both played");
    return 0;
}
