/*
 * Two threads wait for one condition at the same time, each with a mutex of its own: what happens
 * then is undefined.
 *
 * Expected: cond-two-mutexes, with both waits.
 */
#include "handshake.h"

static pthread_mutex_t input = PTHREAD_MUTEX_INITIALIZER;
static pthread_mutex_t output = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t change = PTHREAD_COND_INITIALIZER;
static int stage, done;

static void *reader(void *unused)
{
    pthread_mutex_lock(&input);
    reach_stage(&stage, 1);
    while (!__atomic_load_n(&done, __ATOMIC_ACQUIRE))
        pthread_cond_wait(&change, &input); /* @reader */
    pthread_mutex_unlock(&input);
    return unused;
}

static void *writer(void *unused)
{
    pthread_mutex_lock(&output);
    reach_stage(&stage, 2);
    while (!__atomic_load_n(&done, __ATOMIC_ACQUIRE))
        pthread_cond_wait(&change, &output); /* @writer */
    pthread_mutex_unlock(&output);
    return unused;
}

/* The thread with this handle sleeps in its wait when its mutex can be had. */
static void await_wait(pthread_mutex_t *mutex, int number)
{
    await_stage(&stage, number);
    pthread_mutex_lock(mutex);
    pthread_mutex_unlock(mutex);
}

int main(void)
{
    pthread_t first = start_thread(reader, NULL), second;

    await_wait(&input, 1);
    second = start_thread(writer, NULL);
    await_wait(&output, 2);
    __atomic_store_n(&done, 1, __ATOMIC_RELEASE);
    pthread_cond_broadcast(&change);
    finish_thread(first);
    finish_thread(second);
    puts("changed");
    return 0;
}
