/*
 * A thousand threads at once, and many more one after the other; slots are used again.
 * EXPECT proven write_first write_last
 */
#include "pair.h"

enum { THREADS = 1000, ROUNDS = 3000 };

long own[THREADS], sum, counted, last;
static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_barrier_t barrier;

static void *at_once(void *argument)
{
    long number = (long)argument;

    own[number]++;
    pthread_barrier_wait(&barrier);
    CHECK(own[(number + 1) % THREADS] == 1);
    pthread_mutex_lock(&mutex);
    sum++;
    pthread_mutex_unlock(&mutex);
    return NULL;
}

static void *one_by_one(void *argument)
{
    counted++;
    return argument;
}

static void *detached(void *argument)
{
    pthread_mutex_lock(&mutex);
    sum++;
    pthread_mutex_unlock(&mutex);
    return argument;
}

RACY static void write_first(void)
{
    last = 1;
}

RACY static void write_last(void)
{
    last = 2;
}

int main(void)
{
    static pthread_t threads[THREADS];
    pthread_attr_t small;
    pthread_t thread;

    pthread_attr_init(&small);
    pthread_attr_setstacksize(&small, 65536);
    pthread_barrier_init(&barrier, NULL, THREADS);
    for (long i = 0; i < THREADS; i++)
        CHECK(pthread_create(&threads[i], &small, at_once, (void *)i) == 0);
    for (int i = 0; i < THREADS; i++)
        CHECK(pthread_join(threads[i], NULL) == 0);
    CHECK(sum == THREADS);
    for (int i = 0; i < ROUNDS; i++) {
        CHECK(pthread_create(&thread, &small, one_by_one, NULL) == 0);
        CHECK(pthread_join(thread, NULL) == 0);
    }
    CHECK(counted == ROUNDS);
    pthread_attr_setdetachstate(&small, PTHREAD_CREATE_DETACHED);
    for (int i = 0; i < ROUNDS; i++) {
        CHECK(pthread_create(&thread, &small, detached, NULL) == 0);
        for (long seen = 0; seen < THREADS + i + 1;) {
            pthread_mutex_lock(&mutex);
            seen = sum;
            pthread_mutex_unlock(&mutex);
        }
    }
    pair(write_first, write_last);
    return 0;
}
