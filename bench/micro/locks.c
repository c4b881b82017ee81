/* The other locks. */
#include <pthread.h>

#include "micro.h"

static pthread_rwlock_t rwlock = PTHREAD_RWLOCK_INITIALIZER;
static pthread_spinlock_t spinlock;
static volatile size_t guarded;

static void read_side(const struct micro_case *it, unsigned thread, size_t count)
{
    (void)it, (void)thread;
    for (size_t i = 0; i < count; i++) {
        pthread_rwlock_rdlock(&rwlock);
        (void)guarded;
        pthread_rwlock_unlock(&rwlock);
    }
}

static void write_side(const struct micro_case *it, unsigned thread, size_t count)
{
    (void)it, (void)thread;
    for (size_t i = 0; i < count; i++) {
        pthread_rwlock_wrlock(&rwlock);
        guarded++;
        pthread_rwlock_unlock(&rwlock);
    }
}

static void make_spinlock(const struct micro_case *it)
{
    (void)it;
    micro_must(pthread_spin_init(&spinlock, PTHREAD_PROCESS_PRIVATE), "pthread_spin_init");
}

static void spin(const struct micro_case *it, unsigned thread, size_t count)
{
    (void)it, (void)thread;
    for (size_t i = 0; i < count; i++) {
        pthread_spin_lock(&spinlock);
        guarded++;
        pthread_spin_unlock(&spinlock);
    }
}

const struct micro_case lock_cases[] = {
    {"rwlock_read", "read lock and unlock", 1, NULL, read_side, 0, 0, 0},
    {"rwlock_read_2", "the same lock read by 2 threads", 2, NULL, read_side, 0, 0, 0},
    {"rwlock_write", "write lock and unlock", 1, NULL, write_side, 0, 0, 0},
    {"spin_pair", "spin lock and unlock", 1, make_spinlock, spin, 0, 0, 0},
    {0},
};
