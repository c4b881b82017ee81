/*
 * All threads lock the queue, then the statistics. But one of them waits for a condition of the
 * queue with the statistics locked: when it wakes it takes the queue again, inside the statistics.
 *
 * Expected: one lock-order-inversion; what one thread wants is at the end of its condition wait.
 */
#include "handshake.h"

static pthread_mutex_t queue = PTHREAD_MUTEX_INITIALIZER;
static pthread_mutex_t statistics = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t filled = PTHREAD_COND_INITIALIZER;
static int items;
static int stage;

static void *producer(void *unused)
{
    (void)unused;
    pthread_mutex_lock(&queue);      /* @producer-queue */
    pthread_mutex_lock(&statistics); /* @producer-statistics */
    pthread_mutex_unlock(&statistics);
    pthread_mutex_unlock(&queue);
    reach_stage(&stage, 1);

    await_stage(&stage, 2);
    pthread_mutex_lock(&queue); /* free only when the consumer waits */
    items++;
    pthread_cond_signal(&filled);
    pthread_mutex_unlock(&queue);
    return NULL;
}

static void *consumer(void *unused)
{
    (void)unused;
    await_stage(&stage, 1);
    pthread_mutex_lock(&queue);
    pthread_mutex_lock(&statistics); /* @consumer-statistics */
    reach_stage(&stage, 2);
    while (items == 0)
        pthread_cond_wait(&filled, &queue); /* @consumer-queue */
    items--;
    pthread_mutex_unlock(&statistics);
    pthread_mutex_unlock(&queue);
    return NULL;
}

int main(void)
{
    run_both(producer, consumer);
    printf("%d items left\n", items);
    return 0;
}
