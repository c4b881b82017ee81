/*
 * The right way to wait for a condition, in all variants, and with the mutex taken again by a wait
 * that ran out. Then the same condition with another mutex, when nobody waits for it any more.
 *
 * Expected: nothing.
 */
#include <errno.h>
#include <time.h>

#include "handshake.h"

static pthread_mutex_t queue = PTHREAD_MUTEX_INITIALIZER;
static pthread_mutex_t second = PTHREAD_ERRORCHECK_MUTEX_INITIALIZER_NP;
static pthread_cond_t filled = PTHREAD_COND_INITIALIZER;
static const struct timespec past = {1, 0};
static int items;

static void *consumer(void *mutex)
{
    pthread_mutex_lock(mutex);
    if (pthread_cond_timedwait(&filled, mutex, &past) != ETIMEDOUT ||
        pthread_cond_clockwait(&filled, mutex, CLOCK_MONOTONIC, &past) != ETIMEDOUT)
        exit(2);
    while (items == 0)
        pthread_cond_wait(&filled, mutex);
    items--;
    pthread_mutex_unlock(mutex);
    return NULL;
}

static void exchange(pthread_mutex_t *mutex)
{
    pthread_t thread = start_thread(consumer, mutex);

    pthread_mutex_lock(mutex);
    items++;
    pthread_cond_signal(&filled);
    pthread_mutex_unlock(mutex);
    finish_thread(thread);
}

int main(void)
{
    exchange(&queue);
    exchange(&second);
    exchange(&queue);
    puts("consumed");
    return 0;
}
