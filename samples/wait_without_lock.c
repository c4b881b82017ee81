/*
 * A consumer tests the condition under the mutex, gives it back, and waits: a signal between the
 * two is lost. The C library takes the mutex at the end of the wait all the same.
 *
 * Expected: wait-without-lock at the wait.
 */
#include "handshake.h"

static pthread_mutex_t queue = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t filled = PTHREAD_COND_INITIALIZER;
static int items, stage;

static void *consumer(void *unused)
{
    pthread_mutex_lock(&queue);
    reach_stage(&stage, 1);
    if (items == 0) {
        pthread_mutex_unlock(&queue);
        pthread_cond_wait(&filled, &queue); /* @wait */
    }
    items--;
    reach_stage(&stage, 2);
    pthread_mutex_unlock(&queue);
    return unused;
}

static void *producer(void *unused)
{
    await_stage(&stage, 1);
    pthread_mutex_lock(&queue);
    items++;
    pthread_mutex_unlock(&queue);
    /* Again and again, so that the sample ends also when the first one is lost. */
    while (__atomic_load_n(&stage, __ATOMIC_ACQUIRE) < 2) {
        pthread_cond_signal(&filled);
        sched_yield();
    }
    return unused;
}

int main(void)
{
    run_both(consumer, producer);
    puts("consumed");
    return 0;
}
