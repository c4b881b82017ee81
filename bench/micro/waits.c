/* Threads that wait for each other: what counts is the time of the whole exchange. */
#include <pthread.h>
#include <semaphore.h>

#include "micro.h"

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t conds[2] = {PTHREAD_COND_INITIALIZER, PTHREAD_COND_INITIALIZER};
static unsigned turn; /* 0 or 1 */
static sem_t sems[2];
static pthread_barrier_t barrier;

static void cond_ping_pong(const struct micro_case *it, unsigned thread, size_t count)
{
    (void)it;
    for (size_t i = 0; i < count; i++) {
        pthread_mutex_lock(&mutex);
        while (turn != thread)
            pthread_cond_wait(&conds[thread], &mutex);
        turn = !thread;
        pthread_cond_signal(&conds[!thread]);
        pthread_mutex_unlock(&mutex);
    }
}

static void make_semaphores(const struct micro_case *it)
{
    (void)it;
    micro_must(sem_init(&sems[0], 0, 1), "sem_init");
    micro_must(sem_init(&sems[1], 0, 0), "sem_init");
}

static void sem_ping_pong(const struct micro_case *it, unsigned thread, size_t count)
{
    (void)it;
    for (size_t i = 0; i < count; i++) {
        sem_wait(&sems[thread]);
        sem_post(&sems[!thread]);
    }
}

static void sem_pair(const struct micro_case *it, unsigned thread, size_t count)
{
    (void)it, (void)thread;
    for (size_t i = 0; i < count; i++) {
        sem_wait(&sems[0]);
        sem_post(&sems[0]);
    }
}

static void make_barrier(const struct micro_case *it)
{
    micro_must(pthread_barrier_init(&barrier, NULL, it->threads), "pthread_barrier_init");
}

static void meet(const struct micro_case *it, unsigned thread, size_t count)
{
    (void)it, (void)thread;
    for (size_t i = 0; i < count; i++)
        pthread_barrier_wait(&barrier);
}

static void create_join(const struct micro_case *it, unsigned thread, size_t count)
{
    (void)it, (void)thread;
    for (size_t i = 0; i < count; i++)
        micro_start_thread();
}

const struct micro_case wait_cases[] = {
    {"cond_ping_pong", "there and back between 2 threads by 2 conditions", 2, NULL, cond_ping_pong,
     .together = true},
    {"sem_pair", "wait and post of a semaphore of 1", 1, make_semaphores, sem_pair, 0, 0, 0},
    {"sem_ping_pong", "there and back between 2 threads by 2 semaphores", 2, make_semaphores,
     sem_ping_pong, .together = true},
    {"barrier_4", "4 threads meet", 4, make_barrier, meet, .together = true},
    {"create_join", "a thread created and joined", 1, NULL, create_join, .least = 10},
    {0},
};
