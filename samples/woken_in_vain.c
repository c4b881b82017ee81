/*
 * A thread waits for a condition and keeps another mutex meanwhile. Who signals it still has the
 * condition's mutex, and wants that other one. So the thread is awake, but cannot return: it waits
 * for the mutex of the condition.
 *
 * Expected: it hangs, and that is a deadlock: no stall, for the signal was heard.
 */
#include <unistd.h>

#include "handshake.h"

static pthread_mutex_t account = PTHREAD_MUTEX_INITIALIZER;
static pthread_mutex_t queue = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t filled = PTHREAD_COND_INITIALIZER;
static int items;
static int stage;

static void *consumer(void *unused)
{
    (void)unused;
    pthread_mutex_lock(&account); /* @consumer-account */
    pthread_mutex_lock(&queue);
    reach_stage(&stage, 1);
    while (items == 0)
        pthread_cond_wait(&filled, &queue); /* @consumer-queue */
    items--;
    pthread_mutex_unlock(&queue);
    pthread_mutex_unlock(&account);
    return NULL;
}

static void *producer(void *unused)
{
    (void)unused;
    await_stage(&stage, 1);
    pthread_mutex_lock(&queue); /* @producer-queue */
    items++;
    pthread_cond_signal(&filled);
    pthread_mutex_lock(&account); /* @producer-account */
    pthread_mutex_unlock(&account);
    pthread_mutex_unlock(&queue);
    return NULL;
}

int main(void)
{
    printf("pid %d\n", (int)getpid());
    fflush(stdout);
    run_both(consumer, producer);
    return 0;
}
