/* Few and many locks, few and many threads. */
#include <pthread.h>
#include <stdlib.h>

#include "micro.h"

static struct {
    pthread_mutex_t mutex;
    size_t guarded;
} * locks;

static void make_locks(const struct micro_case *it)
{
    locks = micro_zeroed(it->size, sizeof(*locks));
    for (size_t i = 0; i < it->size; i++)
        pthread_mutex_init(&locks[i].mutex, NULL);
}

/* Not one after the other: memory is not read ahead for programs either. */
static void around(const struct micro_case *it, unsigned thread, size_t count)
{
    size_t at = thread;

    for (size_t i = 0; i < count; i++) {
        at = (at + 618033989) % it->size;
        pthread_mutex_lock(&locks[at].mutex);
        locks[at].guarded++;
        pthread_mutex_unlock(&locks[at].mutex);
    }
}

/* One lock is held, and each of the others wanted in turn. */
static void order(const struct micro_case *it, unsigned thread, size_t count)
{
    size_t at = 0;

    (void)thread;
    for (size_t i = 0; i < count; i++) {
        at = (at + 618033989) % (it->size - 1);
        pthread_mutex_lock(&locks[0].mutex);
        pthread_mutex_lock(&locks[1 + at].mutex);
        locks[1 + at].guarded++;
        pthread_mutex_unlock(&locks[1 + at].mutex);
        pthread_mutex_unlock(&locks[0].mutex);
    }
}

/* More than a processor's nearest caches have room for. */
#define COLD_SIZE (4u << 20)

static unsigned char *coldness;

static void make_cold_locks(const struct micro_case *it)
{
    make_locks(it);
    coldness = micro_zeroed(COLD_SIZE, 1);
}

/* What a server does: take one of many objects, and under its lock some of those that all share; in
 * between, use the memory that it is there for. */
static void serve(const struct micro_case *it, unsigned thread, size_t count)
{
    size_t shared = 8, at = thread;

    for (size_t i = 0; i < count; i++) {
        at = (at + 618033989) % (it->size - shared);
        pthread_mutex_lock(&locks[shared + at].mutex);
        for (size_t k = 0; k < 3; k++) {
            size_t other = (at + k) % shared;
            pthread_mutex_lock(&locks[other].mutex);
            locks[other].guarded++;
            pthread_mutex_unlock(&locks[other].mutex);
        }
        locks[shared + at].guarded++;
        pthread_mutex_unlock(&locks[shared + at].mutex);
        for (size_t k = 0; k < COLD_SIZE / 256; k += 64)
            coldness[(k + i % 64) * 256]++;
    }
}

static void own(const struct micro_case *it, unsigned thread, size_t count)
{
    (void)it;
    for (size_t i = 0; i < count; i++) {
        pthread_mutex_lock(&locks[thread].mutex);
        locks[thread].guarded++;
        pthread_mutex_unlock(&locks[thread].mutex);
    }
}

static void birth_and_end(const struct micro_case *it, unsigned thread, size_t count)
{
    (void)it, (void)thread;
    for (size_t i = 0; i < count; i++) {
        pthread_mutex_t mutex;
        pthread_mutex_init(&mutex, NULL);
        pthread_mutex_lock(&mutex);
        pthread_mutex_unlock(&mutex);
        pthread_mutex_destroy(&mutex);
    }
}

/* As objects of C++ have it: no call begins the mutex, the end of its memory ends it. */
static void birth_and_end_in_heap(const struct micro_case *it, unsigned thread, size_t count)
{
    (void)it, (void)thread;
    for (size_t i = 0; i < count; i++) {
        pthread_mutex_t *mutex = micro_zeroed(1, sizeof(*mutex));
        pthread_mutex_lock(mutex);
        pthread_mutex_unlock(mutex);
        free(mutex);
    }
}

/* Many at a time, which end in the order in which they began. */
static void births_and_ends(const struct micro_case *it, unsigned thread, size_t count)
{
    pthread_mutex_t **mutexes = micro_zeroed(it->size, sizeof(*mutexes));

    (void)thread;
    for (size_t i = 0; i < count + it->size; i++) {
        pthread_mutex_t **place = &mutexes[i % it->size];
        free(*place);
        *place = NULL;
        if (i >= count)
            continue;
        *place = micro_zeroed(1, sizeof(**place));
        pthread_mutex_lock(*place);
        pthread_mutex_unlock(*place);
    }
    free(mutexes);
}

const struct micro_case number_cases[] = {
    {"locks_1", "lock and unlock of 1 mutex", 1, make_locks, around, .size = 1},
    {"locks_1000", "of 1,000 mutexes in turn", 1, make_locks, around, .size = 1000, .least = 1000},
    {"locks_1000000", "of 1,000,000 mutexes in turn", 1, make_locks, around, .size = 1000000,
     .least = 1000000},
    {"orders_100", "two mutexes locked and unlocked, in 100 combinations", 1, make_locks, order,
     .size = 101, .least = 100},
    {"orders_10000", "in 10,000 combinations", 1, make_locks, order, .size = 10001, .least = 10000},
    {"cold_1300", "one of 1,300 mutexes, and under it 3 of 8; the data of others in between", 1,
     make_cold_locks, serve, .size = 1308, .least = 1300},
    {"lock_life", "a mutex initialized, locked, unlocked, destroyed", 1, NULL, birth_and_end, 0, 0,
     0},
    {"lock_life_2", "the same in each of 2 threads", 2, NULL, birth_and_end, 0, 0, 0},
    {"lock_life_heap", "a block with a mutex allocated, locked, unlocked, freed", 1, NULL,
     birth_and_end_in_heap, 0, 0, 0},
    {"lock_life_heap_2", "the same in each of 2 threads", 2, NULL, birth_and_end_in_heap, 0, 0, 0},
    {"lock_lives_1000", "the same, 1,000 of them at a time", 1, NULL, births_and_ends, .size = 1000,
     .least = 1000},
    {"threads_1", "lock and unlock of an own mutex in 1 thread", 1, make_locks, own, .size = 1,
     .least = 100},
    {"threads_10", "in each of 10 threads", 10, make_locks, own, .size = 10, .least = 100},
    {"threads_100", "in each of 100 threads", 100, make_locks, own, .size = 100, .least = 100},
    {"threads_2000", "in each of 2,000 threads", 2000, make_locks, own, .size = 2000, .least = 100},
    {0},
};
