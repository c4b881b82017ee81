/*
 * A cycle of three threads through three kinds of locks: mutex, reader-writer lock, semaphore.
 *
 * Expected: one lock-order-inversion of three threads.
 */
#include <semaphore.h>

#include "handshake.h"

static pthread_mutex_t cache = PTHREAD_MUTEX_INITIALIZER;
static pthread_rwlock_t table = PTHREAD_RWLOCK_INITIALIZER;
static sem_t disk;
static int turn;

static void *look_up(void *unused)
{
    (void)unused;
    pthread_mutex_lock(&cache);    /* @look-up-cache */
    pthread_rwlock_rdlock(&table); /* @look-up-table */
    pthread_rwlock_unlock(&table);
    pthread_mutex_unlock(&cache);
    reach_stage(&turn, 1);
    return NULL;
}

static void *store(void *unused)
{
    (void)unused;
    await_stage(&turn, 1);
    pthread_rwlock_wrlock(&table); /* @store-table */
    sem_wait(&disk);               /* @store-disk */
    sem_post(&disk);
    pthread_rwlock_unlock(&table);
    reach_stage(&turn, 2);
    return NULL;
}

static void *load(void *unused)
{
    (void)unused;
    await_stage(&turn, 2);
    sem_wait(&disk);            /* @load-disk */
    pthread_mutex_lock(&cache); /* @load-cache */
    pthread_mutex_unlock(&cache);
    sem_post(&disk);
    return NULL;
}

int main(void)
{
    pthread_t third;

    sem_init(&disk, 0, 1);
    third = start_thread(load, NULL);
    run_both(look_up, store);
    finish_thread(third);
    puts("done");
    return 0;
}
