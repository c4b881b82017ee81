/*
 * A monitor in a monitor: the consumer waits for the inner condition and keeps the outer mutex,
 * which the producer takes before it signals. When it really waits, nobody can come to wake it;
 * here it is cancelled, so that the sample ends. With -DRELEASED it gives the outer mutex back
 * first.
 *
 * Expected: blocking-while-held, with the wait and the signal; with -DRELEASED nothing.
 */
#include "handshake.h"

static pthread_mutex_t outer = PTHREAD_MUTEX_INITIALIZER;
static pthread_mutex_t inner = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t filled = PTHREAD_COND_INITIALIZER;
static int items, stage;

static void put(void)
{
    pthread_mutex_lock(&outer); /* @put-outer */
    pthread_mutex_lock(&inner);
    items++;
    pthread_cond_signal(&filled); /* @signal */
    pthread_mutex_unlock(&inner);
    pthread_mutex_unlock(&outer);
}

static void give(void *mutex)
{
    pthread_mutex_unlock(mutex);
}

static void take(void)
{
    pthread_mutex_lock(&outer); /* @take-outer */
#ifdef RELEASED
    pthread_mutex_unlock(&outer);
#else
    pthread_cleanup_push(give, &outer);
#endif
    pthread_mutex_lock(&inner);
    pthread_cleanup_push(give, &inner);
    reach_stage(&stage, 2);
    while (items == 0)
        pthread_cond_wait(&filled, &inner); /* @wait */
    items--;
    pthread_cleanup_pop(1);
#ifndef RELEASED
    pthread_cleanup_pop(1);
#endif
}

static void *producer(void *unused)
{
    put();
    reach_stage(&stage, 1);
    await_stage(&stage, 3);
    return unused;
}

static void *consumer(void *unused)
{
    await_stage(&stage, 1);
    items = 0;
    take();
    return unused;
}

int main(void)
{
    pthread_t first = start_thread(producer, NULL), second = start_thread(consumer, NULL);

    await_stage(&stage, 2);
    /* It waits by the time that the inner mutex can be had. */
    pthread_mutex_lock(&inner);
    pthread_mutex_unlock(&inner);
    pthread_cancel(second);
    finish_thread(second);
    reach_stage(&stage, 3);
    finish_thread(first);
    puts("cancelled");
    return 0;
}
