/*
 * For the samples about data races: an order in time that is no order for the language. Relaxed
 * accesses let one thread see that another has come to a place, and nothing that it did before.
 */
#ifndef SAMPLES_RACE_H
#define SAMPLES_RACE_H

#include "handshake.h"

static inline void pass(int *place)
{
    __atomic_store_n(place, 1, __ATOMIC_RELAXED);
}

static inline void await_pass(const int *place)
{
    while (!__atomic_load_n(place, __ATOMIC_RELAXED))
        sched_yield();
}

#endif
