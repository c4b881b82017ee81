/*
 * The locks of rwlock_writer_preferred are written while they are set up, by two threads that have
 * ended when the readers start. No writer is there for a reader to wait behind.
 *
 * Expected: nothing; one cycle filtered as ordered by create and join.
 */
#include "handshake.h"

static pthread_rwlock_t map = PTHREAD_RWLOCK_WRITER_NONRECURSIVE_INITIALIZER_NP;
static pthread_rwlock_t index_of = PTHREAD_RWLOCK_WRITER_NONRECURSIVE_INITIALIZER_NP;
static int stage;

static void *by_map(void *unused)
{
    (void)unused;
    pthread_rwlock_rdlock(&map);
    pthread_rwlock_rdlock(&index_of);
    pthread_rwlock_unlock(&index_of);
    pthread_rwlock_unlock(&map);
    reach_stage(&stage, 1);
    return NULL;
}

static void *by_index(void *unused)
{
    (void)unused;
    await_stage(&stage, 1);
    pthread_rwlock_rdlock(&index_of);
    pthread_rwlock_rdlock(&map);
    pthread_rwlock_unlock(&map);
    pthread_rwlock_unlock(&index_of);
    reach_stage(&stage, 2);
    return NULL;
}

static void *fill(void *lock)
{
    pthread_rwlock_wrlock(lock);
    pthread_rwlock_unlock(lock);
    return NULL;
}

int main(void)
{
    pthread_t one = start_thread(fill, &map), other = start_thread(fill, &index_of);

    finish_thread(one);
    finish_thread(other);
    run_both(by_map, by_index);
    puts("done");
    return 0;
}
