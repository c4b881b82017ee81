/* Mutexes that nobody else wants, and one that two threads want. */
#include <pthread.h>

#include "micro.h"

/* A cache line each, so that only the lock itself can be shared. */
static struct {
    pthread_mutex_t mutex;
    size_t guarded;
} __attribute__((aligned(128))) locks[4];
static pthread_mutex_t recursive;

static void pair(const struct micro_case *it, unsigned thread, size_t count)
{
    (void)it;
    for (size_t i = 0; i < count; i++) {
        pthread_mutex_lock(&locks[thread].mutex);
        locks[thread].guarded++;
        pthread_mutex_unlock(&locks[thread].mutex);
    }
}

static void contend(const struct micro_case *it, unsigned thread, size_t count)
{
    (void)thread;
    pair(it, 0, count);
}

static void nest(const struct micro_case *it, unsigned thread, size_t count)
{
    (void)it, (void)thread;
    for (size_t i = 0; i < count; i++) {
        pthread_mutex_lock(&locks[0].mutex);
        pthread_mutex_lock(&locks[1].mutex);
        pthread_mutex_lock(&locks[2].mutex);
        pthread_mutex_lock(&locks[3].mutex);
        locks[3].guarded++;
        pthread_mutex_unlock(&locks[3].mutex);
        pthread_mutex_unlock(&locks[2].mutex);
        pthread_mutex_unlock(&locks[1].mutex);
        pthread_mutex_unlock(&locks[0].mutex);
    }
}

static void try_pair(const struct micro_case *it, unsigned thread, size_t count)
{
    (void)it;
    for (size_t i = 0; i < count; i++) {
        micro_must(pthread_mutex_trylock(&locks[thread].mutex), "pthread_mutex_trylock");
        locks[thread].guarded++;
        pthread_mutex_unlock(&locks[thread].mutex);
    }
}

static void make_recursive(const struct micro_case *it)
{
    pthread_mutexattr_t attributes;

    (void)it;
    pthread_mutexattr_init(&attributes);
    pthread_mutexattr_settype(&attributes, PTHREAD_MUTEX_RECURSIVE);
    micro_must(pthread_mutex_init(&recursive, &attributes), "pthread_mutex_init");
    pthread_mutexattr_destroy(&attributes);
}

static void recurse(const struct micro_case *it, unsigned thread, size_t count)
{
    (void)it, (void)thread;
    for (size_t i = 0; i < count; i++) {
        pthread_mutex_lock(&recursive);
        pthread_mutex_lock(&recursive);
        locks[0].guarded++;
        pthread_mutex_unlock(&recursive);
        pthread_mutex_unlock(&recursive);
    }
}

const struct micro_case mutex_cases[] = {
    {"mutex_pair", "lock and unlock of a thread's own mutex", 1, NULL, pair, 0, 0, 0},
    {"mutex_pair_2", "the same in 2 threads, each its own", 2, NULL, pair, 0, 0, 0},
    {"mutex_contended", "lock and unlock of one mutex by 2 threads", 2, NULL, contend, 0, 0, 0},
    {"mutex_try", "trylock that succeeds, and unlock", 1, NULL, try_pair, 0, 0, 0},
    {"mutex_nested_4", "4 mutexes locked in order, and unlocked", 1, NULL, nest, 0, 0, 0},
    {"mutex_recursive", "a recursive mutex locked and unlocked twice", 1, make_recursive, recurse,
     0, 0, 0},
    {0},
};
