/*
 * Locks that threads fight for all the time, in one order and so without any deadlock: nested
 * mutexes, a reader and writer lock, a recursive mutex, a semaphore used as a lock, joins.
 * contended ROUNDS [THREADS]. A verdict here is a false one.
 */
#include <semaphore.h>

#include "check.h"

static pthread_mutex_t outer = PTHREAD_MUTEX_INITIALIZER, inner = PTHREAD_MUTEX_INITIALIZER;
static pthread_mutex_t again = PTHREAD_RECURSIVE_MUTEX_INITIALIZER_NP;
static pthread_rwlock_t table = PTHREAD_RWLOCK_INITIALIZER;
static sem_t token;
static long rounds, sum;

static void work(long round)
{
    if (round % 8 == 0)
        pthread_rwlock_wrlock(&table);
    else
        pthread_rwlock_rdlock(&table);
    pthread_mutex_lock(&outer);
    pthread_mutex_lock(&again);
    pthread_mutex_lock(&again);
    pthread_mutex_lock(&inner);
    sum++;
    pthread_mutex_unlock(&inner);
    pthread_mutex_unlock(&again);
    pthread_mutex_unlock(&again);
    pthread_mutex_unlock(&outer);
    pthread_rwlock_unlock(&table);
}

static void *child(void *unused)
{
    pthread_mutex_lock(&inner);
    sum++;
    pthread_mutex_unlock(&inner);
    return unused;
}

/* The child wants a lock that the joiner's siblings hold, never one that the joiner holds. */
static void *worker(void *unused)
{
    for (long round = 0; round < rounds; round++) {
        work(round);
        while (sem_wait(&token) != 0)
            ;
        pthread_mutex_lock(&inner);
        sum++;
        pthread_mutex_unlock(&inner);
        sem_post(&token);
        if (round % 1024 == 0)
            finish_thread(start_thread(child, NULL));
    }
    return unused;
}

int main(int argc, char **argv)
{
    pthread_t threads[64];
    int n = argc > 2 ? atoi(argv[2]) : 8;

    CHECK(argc > 1 && n > 0 && n <= 64);
    rounds = atol(argv[1]);
    CHECK(sem_init(&token, 0, 1) == 0);
    for (int i = 0; i < n; i++)
        threads[i] = start_thread(worker, NULL);
    for (int i = 0; i < n; i++)
        finish_thread(threads[i]);
    CHECK(sum == n * (2 * rounds + (rounds + 1023) / 1024));
    puts("all rounds done");
    return 0;
}
