/*
 * A recursive mutex is taken twice before a condition wait, which releases it once: it stays locked
 * during the wait. Whoever signals without it gets away with it.
 *
 * Expected: blocking-while-held at the wait.
 */
#include "handshake.h"

static pthread_mutex_t queue = PTHREAD_RECURSIVE_MUTEX_INITIALIZER_NP;
static pthread_cond_t filled = PTHREAD_COND_INITIALIZER;
static int stage;

static void *consumer(void *unused)
{
    pthread_mutex_lock(&queue); /* @first */
    pthread_mutex_lock(&queue);
    reach_stage(&stage, 1);
    pthread_cond_wait(&filled, &queue); /* @wait */
    reach_stage(&stage, 2);
    pthread_mutex_unlock(&queue);
    pthread_mutex_unlock(&queue);
    return unused;
}

static void *producer(void *unused)
{
    await_stage(&stage, 1);
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
