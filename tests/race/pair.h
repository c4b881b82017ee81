/*
 * For the programs here: two functions in two threads, the second after the first by the clock,
 * with nothing that orders them. A line "EXPECT proven F G" or "EXPECT suspect F G" in a program
 * names the innermost functions of a race that must be found; no other may be. "EXPECT doubted F G"
 * is one that must be seen and then taken for none. The data is not static: no store to it may be
 * left out.
 */
#ifndef TESTS_RACE_PAIR_H
#define TESTS_RACE_PAIR_H

#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>

#define RACY __attribute__((noinline))
#define CHECK(condition)                                                              \
    do {                                                                              \
        if (!(condition)) {                                                           \
            fprintf(stderr, "%s:%d: not true: %s\n", __FILE__, __LINE__, #condition); \
            _Exit(3);                                                                 \
        }                                                                             \
    } while (0)

/* Relaxed: orders nothing. */
static int stage_reached;

static inline void reach(int stage)
{
    __atomic_store_n(&stage_reached, stage, __ATOMIC_RELAXED);
}

static inline void await(int stage)
{
    while (__atomic_load_n(&stage_reached, __ATOMIC_RELAXED) < stage)
        sched_yield();
}

struct pair {
    void (*first)(void), (*second)(void);
};

static void *run_first(void *argument)
{
    ((struct pair *)argument)->first();
    reach(1);
    await(2);
    return NULL;
}

static void *run_second(void *argument)
{
    await(1);
    ((struct pair *)argument)->second();
    reach(2);
    return NULL;
}

/* Both threads live until both are done: nothing of one is known to the other by its end. */
static inline void pair(void (*first)(void), void (*second)(void))
{
    struct pair both = {first, second};
    pthread_t one, other;

    reach(0);
    CHECK(pthread_create(&one, NULL, run_first, &both) == 0);
    CHECK(pthread_create(&other, NULL, run_second, &both) == 0);
    CHECK(pthread_join(one, NULL) == 0);
    CHECK(pthread_join(other, NULL) == 0);
}

#endif
