/*
 * Meeting points for the samples: threads wait for each other without locks and without sleeps that
 * hope. A stage is a plain atomic number that only grows; nothing here is a lock, and nothing here
 * is a create or a join, so a stage puts the threads in an order that no lock tool is told about.
 */
#ifndef SAMPLES_HANDSHAKE_H
#define SAMPLES_HANDSHAKE_H

#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The stage is reached. Pairs with the acquire load in await_stage(). */
static inline void reach_stage(int *stage, int number)
{
    __atomic_store_n(stage, number, __ATOMIC_RELEASE);
}

/* One more has arrived. Pairs with the acquire load in await_stage(). */
static inline void join_stage(int *stage)
{
    __atomic_fetch_add(stage, 1, __ATOMIC_ACQ_REL);
}

/* Wait until the stage is `number` or more. Pairs with the release stores above. */
static inline void await_stage(const int *stage, int number)
{
    while (__atomic_load_n(stage, __ATOMIC_ACQUIRE) < number)
        sched_yield();
}

static inline void require(int error, const char *what)
{
    if (error == 0)
        return;
    fprintf(stderr, "%s: %s\n", what, strerror(error));
    exit(2);
}

static inline pthread_t start_thread(void *(*function)(void *), void *argument)
{
    pthread_t thread;

    require(pthread_create(&thread, NULL, function, argument), "pthread_create");
    return thread;
}

static inline void finish_thread(pthread_t thread)
{
    require(pthread_join(thread, NULL), "pthread_join");
}

/* Two threads side by side, from start to end. */
static inline void run_both(void *(*one)(void *), void *(*other)(void *))
{
    pthread_t first = start_thread(one, NULL);
    pthread_t second = start_thread(other, NULL);

    finish_thread(first);
    finish_thread(second);
}

#endif
