/*
 * Where a program locks from: deep stacks, and many places, so that no cache of stacks can flatter
 * the tool that has it.
 */
#include <pthread.h>

#include "micro.h"
#include "sites.h"

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static size_t guarded;

/* Something is left to do after the call, so that the compiler keeps the frame. */
static MICRO_KEPT void at_depth(size_t depth, size_t count)
{
    if (depth > 0) {
        at_depth(depth - 1, count);
        __asm__ volatile("" ::: "memory");
        return;
    }
    for (size_t i = 0; i < count; i++) {
        pthread_mutex_lock(&mutex);
        guarded++;
        pthread_mutex_unlock(&mutex);
    }
}

/* Two ways at each of so many steps down: all end at the same place and depth of the stack. */
static MICRO_KEPT void on_path(size_t steps, size_t path)
{
    if (steps == 0) {
        at_depth(0, 1);
    } else if (path & 1) {
        on_path(steps - 1, path >> 1);
        __asm__ volatile("" ::: "memory");
    } else {
        on_path(steps - 1, path >> 1);
        __asm__ volatile("nop" ::: "memory");
    }
}

static void on_paths(const struct micro_case *it, unsigned thread, size_t count)
{
    (void)thread;
    for (size_t i = 0; i < count; i++)
        on_path(10, i % it->size);
}

static void deep(const struct micro_case *it, unsigned thread, size_t count)
{
    (void)thread;
    at_depth(it->size, count);
}

static void from_sites(const struct micro_case *it, unsigned thread, size_t count)
{
    (void)thread;
    for (size_t i = 0; i < count; i += it->size)
        sites_visit(&mutex, &guarded, it->size);
}

const struct micro_case place_cases[] = {
    {"stack_5", "lock and unlock, 5 calls deep", 1, NULL, deep, .size = 5},
    {"stack_20", "20 calls deep", 1, NULL, deep, .size = 20},
    {"stack_80", "80 calls deep", 1, NULL, deep, .size = 80},
    {"paths_4", "through one function, called in 4 ways", 1, NULL, on_paths, .size = 4},
    {"paths_1000", "in 1,000 ways", 1, NULL, on_paths, .size = 1000, .least = 1000},
    {"sites_1", "lock and unlock from one place", 1, NULL, from_sites, .size = 1},
    {"sites_100", "from 100 places in turn", 1, NULL, from_sites, .size = 100, .least = 100},
    {"sites_10000", "from 10,000 places in turn", 1, NULL, from_sites, .size = 10000,
     .least = 10000},
    {0},
};
