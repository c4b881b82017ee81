/*
 * What nothing that watches a program can do without: the floor under all other cases. Run bare.
 */
#include <time.h>

#include "micro.h"

static struct {
    size_t time, what;
} ring[512];
static size_t noted;

static MICRO_KEPT void empty(void)
{
    __asm__ volatile("");
}

static void call(const struct micro_case *it, unsigned thread, size_t count)
{
    (void)it, (void)thread;
    for (size_t i = 0; i < count; i++)
        empty();
}

static void store(const struct micro_case *it, unsigned thread, size_t count)
{
    (void)it, (void)thread;
    for (size_t i = 0; i < count; i++) {
        ring[noted % 512].what = i;
        __atomic_store_n(&noted, noted + 1, __ATOMIC_RELEASE);
    }
}

static void ticks(const struct micro_case *it, unsigned thread, size_t count)
{
    (void)it, (void)thread;
    for (size_t i = 0; i < count; i++)
        ring[i % 512].time = __builtin_ia32_rdtsc();
}

static void clock_time(const struct micro_case *it, unsigned thread, size_t count)
{
    struct timespec now;

    (void)it, (void)thread;
    for (size_t i = 0; i < count; i++) {
        clock_gettime(CLOCK_MONOTONIC, &now);
        ring[i % 512].time = (size_t)now.tv_nsec;
    }
}

static void atomic_add(const struct micro_case *it, unsigned thread, size_t count)
{
    (void)it, (void)thread;
    for (size_t i = 0; i < count; i++)
        __atomic_fetch_add(&noted, 1, __ATOMIC_RELAXED);
}

const struct micro_case floor_cases[] = {
    {"floor_call", "a call of a function that does nothing", 1, NULL, call, 0, 0, 0},
    {"floor_store", "an entry of 16 bytes in a ring, and its count", 1, NULL, store, 0, 0, 0},
    {"floor_ticks", "a time stamp of the processor", 1, NULL, ticks, 0, 0, 0},
    {"floor_clock", "a time stamp of clock_gettime()", 1, NULL, clock_time, 0, 0, 0},
    {"floor_atomic", "an atomic addition", 1, NULL, atomic_add, 0, 0, 0},
    {0},
};
