/*
 * A semaphore that begins at 1 as well, but hands out credit: who sends takes it and never gives it
 * back, and the refill comes from somebody else. One thread wants a mutex while it has taken
 * credit, another wants credit while it holds the mutex, and that is no inversion, as the refill
 * needs neither.
 *
 * Expected: nothing; one cycle is filtered as signal-semaphore.
 */
#include <semaphore.h>

#include "handshake.h"

static sem_t credit;
static pthread_mutex_t wire = PTHREAD_MUTEX_INITIALIZER;
static int stage;

static void *look_for_work(void *unused)
{
    (void)unused;
    pthread_mutex_lock(&wire);
    sem_wait(&credit);
    sem_post(&credit); /* nothing to send: not used */
    pthread_mutex_unlock(&wire);
    reach_stage(&stage, 1);
    return NULL;
}

static void *send_one(void *unused)
{
    (void)unused;
    await_stage(&stage, 1);
    sem_wait(&credit);
    pthread_mutex_lock(&wire);
    pthread_mutex_unlock(&wire);
    reach_stage(&stage, 2);
    return NULL;
}

static void *refill(void *unused)
{
    (void)unused;
    await_stage(&stage, 2);
    sem_post(&credit);
    return NULL;
}

int main(void)
{
    pthread_t third;

    sem_init(&credit, 0, 1);
    third = start_thread(refill, NULL);
    run_both(look_for_work, send_one);
    finish_thread(third);
    puts("sent");
    return 0;
}
