/*
 * What orders and what does not: every primitive hands data over once in the right way.
 * EXPECT proven write_as_reader write_as_other_reader
 * EXPECT proven signal_alone wait_alone
 * EXPECT proven write_before_barrier write_in_other_round
 */
#include <semaphore.h>
#include <threads.h>

#include "pair.h"

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_rwlock_t rwlock = PTHREAD_RWLOCK_INITIALIZER;
static pthread_spinlock_t spin;
static pthread_cond_t cond = PTHREAD_COND_INITIALIZER;
static pthread_once_t once = PTHREAD_ONCE_INIT;
static pthread_barrier_t barrier;
static sem_t sem;
static mtx_t c11;
int data[12], ready, waiting;

RACY static void under_mutex(void)
{
    pthread_mutex_lock(&mutex);
    data[0]++;
    pthread_mutex_unlock(&mutex);
}

RACY static void as_writer(void)
{
    pthread_rwlock_wrlock(&rwlock);
    data[1]++;
    pthread_rwlock_unlock(&rwlock);
}

RACY static void as_reader(void)
{
    pthread_rwlock_rdlock(&rwlock);
    CHECK(data[1] >= 0);
    pthread_rwlock_unlock(&rwlock);
}

RACY static void write_as_reader(void)
{
    pthread_rwlock_rdlock(&rwlock);
    data[2]++;
    pthread_rwlock_unlock(&rwlock);
}

RACY static void write_as_other_reader(void)
{
    pthread_rwlock_rdlock(&rwlock);
    data[2] = 5;
    pthread_rwlock_unlock(&rwlock);
}

RACY static void under_spin(void)
{
    pthread_spin_lock(&spin);
    data[3]++;
    pthread_spin_unlock(&spin);
}

RACY static void post(void)
{
    data[4]++;
    sem_post(&sem);
}

RACY static void take(void)
{
    sem_wait(&sem);
    data[4]++;
}

static void initialize(void)
{
    data[5]++;
}

RACY static void call_once_first(void)
{
    pthread_once(&once, initialize);
    CHECK(data[5] == 1);
}

RACY static void under_c11(void)
{
    mtx_lock(&c11);
    data[6]++;
    mtx_unlock(&c11);
}

RACY static void set_ready(void)
{
    data[7] = 1;
    pthread_mutex_lock(&mutex);
    ready = 1;
    pthread_cond_signal(&cond);
    pthread_mutex_unlock(&mutex);
}

RACY static void wait_ready(void)
{
    pthread_mutex_lock(&mutex);
    while (!ready)
        pthread_cond_wait(&cond, &mutex);
    pthread_mutex_unlock(&mutex);
    data[7]++;
}

/* A wait may end without a signal: a signal alone orders nothing. */
RACY static void *wait_alone(void *unused)
{
    pthread_mutex_lock(&mutex);
    waiting = 1;
    pthread_cond_wait(&cond, &mutex);
    pthread_mutex_unlock(&mutex);
    data[8]++;
    return unused;
}

RACY static void signal_alone(void)
{
    data[8] = 1;
    pthread_cond_signal(&cond);
}

static void condition_without_mutex(void)
{
    pthread_t thread;
    int there = 0;

    CHECK(pthread_create(&thread, NULL, wait_alone, NULL) == 0);
    while (!there) {
        pthread_mutex_lock(&mutex);
        there = waiting;
        pthread_mutex_unlock(&mutex);
    }
    signal_alone();
    CHECK(pthread_join(thread, NULL) == 0);
}

RACY static void write_before_barrier(long number)
{
    data[9] = (int)number;
}

RACY static void write_in_other_round(void)
{
    data[9]++;
}

RACY static void *meet(void *argument)
{
    long number = (long)argument;

    for (int round = 0; round < 6; round++) {
        if (round % 2 == number)
            data[10]++;
        pthread_barrier_wait(&barrier);
    }
    if (number == 0)
        write_before_barrier(number);
    else
        write_in_other_round();
    pthread_barrier_wait(&barrier);
    return NULL;
}

static void meet_at_barrier(void)
{
    pthread_t threads[2];

    CHECK(pthread_barrier_init(&barrier, NULL, 2) == 0);
    for (long i = 0; i < 2; i++)
        CHECK(pthread_create(&threads[i], NULL, meet, (void *)i) == 0);
    for (int i = 0; i < 2; i++)
        CHECK(pthread_join(threads[i], NULL) == 0);
    data[10]++;
}

static thread_local int own;

RACY static void use_own(void)
{
    own++;
}

int main(void)
{
    pthread_spin_init(&spin, PTHREAD_PROCESS_PRIVATE);
    sem_init(&sem, 0, 0);
    mtx_init(&c11, mtx_plain);
    data[11] = 1;
    pair(under_mutex, under_mutex);
    pair(as_writer, as_reader);
    pair(as_reader, as_writer);
    pair(write_as_reader, write_as_other_reader);
    pair(under_spin, under_spin);
    pair(post, take);
    pair(call_once_first, call_once_first);
    pair(under_c11, under_c11);
    pair(set_ready, wait_ready);
    condition_without_mutex();
    meet_at_barrier();
    pair(use_own, use_own);
    return 0;
}
