/*
 * A thread is cancelled while it waits for a condition; its clean-up handler releases the mutex.
 * After that the mutex is free, and nobody's hold on it makes an order with what comes later.
 *
 * Expected: nothing, not even filtered.
 */
#include "handshake.h"

static pthread_mutex_t queue = PTHREAD_MUTEX_INITIALIZER;
static pthread_mutex_t journal = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t filled = PTHREAD_COND_INITIALIZER;
static int turn;

static void unlock(void *mutex)
{
    pthread_mutex_unlock(mutex);
}

static void note_end(void *unused)
{
    (void)unused;
    pthread_mutex_lock(&journal);
    pthread_mutex_unlock(&journal);
}

static void *consumer(void *unused)
{
    (void)unused;
    pthread_cleanup_push(note_end, NULL);
    pthread_mutex_lock(&queue);
    pthread_cleanup_push(unlock, &queue);
    reach_stage(&turn, 1);
    for (;;)
        pthread_cond_wait(&filled, &queue);
    pthread_cleanup_pop(1);
    pthread_cleanup_pop(1);
    return NULL;
}

static void *accountant(void *unused)
{
    (void)unused;
    pthread_mutex_lock(&journal);
    pthread_mutex_lock(&queue);
    pthread_mutex_unlock(&queue);
    pthread_mutex_unlock(&journal);
    return NULL;
}

int main(void)
{
    pthread_t cancelled = start_thread(consumer, NULL);
    pthread_t other = start_thread(accountant, NULL);

    await_stage(&turn, 1);
    require(pthread_cancel(cancelled), "pthread_cancel");
    finish_thread(cancelled);
    finish_thread(other);
    puts("cancelled");
    return 0;
}
