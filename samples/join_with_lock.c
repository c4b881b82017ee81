/*
 * A thread is joined while a mutex is held that its function takes inside another one. Here it is
 * past that when it is joined. With -DRELEASED the mutex is given back first.
 *
 * Expected: blocking-while-held, with the join and the acquisition; with -DRELEASED nothing.
 */
#include "handshake.h"

static pthread_mutex_t results = PTHREAD_MUTEX_INITIALIZER;
static pthread_mutex_t job = PTHREAD_MUTEX_INITIALIZER;
static int stage, sum;

static void *worker(void *unused)
{
    pthread_mutex_lock(&job);
    pthread_mutex_lock(&results);
    sum++;
    pthread_mutex_unlock(&results);
    pthread_mutex_unlock(&job);
    reach_stage(&stage, 1);
    return unused;
}

static void *collector(void *unused)
{
    pthread_t thread = start_thread(worker, NULL);

    await_stage(&stage, 1);
    pthread_mutex_lock(&results); /* @collect */
#ifdef RELEASED
    pthread_mutex_unlock(&results);
#endif
    finish_thread(thread);
#ifndef RELEASED
    pthread_mutex_unlock(&results);
#endif
    return unused;
}

int main(void)
{
    finish_thread(start_thread(collector, NULL));
    printf("collected %d\n", sum);
    return 0;
}
