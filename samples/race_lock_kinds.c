/*
 * One counter for each way to keep others out: mutex, recursive mutex, trylock, rwlock, spin lock,
 * C11 mutex, semaphore, and a lock made of an atomic flag.
 *
 * Expected: nothing.
 */
#include <semaphore.h>
#include <stdatomic.h>
#include <threads.h>

#include "race.h"

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_mutex_t recursive = PTHREAD_RECURSIVE_MUTEX_INITIALIZER_NP;
static pthread_mutex_t tried = PTHREAD_MUTEX_INITIALIZER;
static pthread_rwlock_t rwlock = PTHREAD_RWLOCK_INITIALIZER;
static pthread_spinlock_t spin;
static mtx_t c11;
static sem_t semaphore;
static atomic_flag flag = ATOMIC_FLAG_INIT;
static int counts[8];

static void with_mutexes(void)
{
    pthread_mutex_lock(&mutex);
    counts[0]++;
    pthread_mutex_unlock(&mutex);

    pthread_mutex_lock(&recursive);
    pthread_mutex_lock(&recursive);
    pthread_mutex_unlock(&recursive);
    counts[1]++;
    pthread_mutex_unlock(&recursive);

    while (pthread_mutex_trylock(&tried) != 0)
        sched_yield();
    counts[2]++;
    pthread_mutex_unlock(&tried);
}

static void with_others(void)
{
    pthread_rwlock_wrlock(&rwlock);
    counts[3]++;
    pthread_rwlock_unlock(&rwlock);

    pthread_spin_lock(&spin);
    counts[4]++;
    pthread_spin_unlock(&spin);

    mtx_lock(&c11);
    counts[5]++;
    mtx_unlock(&c11);

    sem_wait(&semaphore);
    counts[6]++;
    sem_post(&semaphore);

    while (atomic_flag_test_and_set_explicit(&flag, memory_order_acquire))
        sched_yield();
    counts[7]++;
    atomic_flag_clear_explicit(&flag, memory_order_release);
}

static void *count(void *unused)
{
    (void)unused;
    for (int i = 0; i < 100; i++) {
        with_mutexes();
        with_others();
    }
    return NULL;
}

int main(void)
{
    pthread_spin_init(&spin, PTHREAD_PROCESS_PRIVATE);
    mtx_init(&c11, mtx_plain);
    sem_init(&semaphore, 0, 1);
    run_both(count, count);
    for (int i = 0; i < 8; i++)
        printf("%d ", counts[i]);
    puts("");
    return 0;
}
