/*
 * reader_reader with locks that prefer writers: there a reader waits behind a waiting writer, and
 * with a writer at each lock the two readers wait for each other.
 *
 * Expected: one lock-order-inversion.
 */
#include "handshake.h"

static pthread_rwlock_t map = PTHREAD_RWLOCK_WRITER_NONRECURSIVE_INITIALIZER_NP;
static pthread_rwlock_t index_of = PTHREAD_RWLOCK_WRITER_NONRECURSIVE_INITIALIZER_NP;
static int stage;

static void *by_map(void *unused)
{
    (void)unused;
    pthread_rwlock_rdlock(&map);      /* @map-map */
    pthread_rwlock_rdlock(&index_of); /* @map-index */
    pthread_rwlock_unlock(&index_of);
    pthread_rwlock_unlock(&map);
    reach_stage(&stage, 1);
    return NULL;
}

static void *by_index(void *unused)
{
    (void)unused;
    await_stage(&stage, 1);
    pthread_rwlock_rdlock(&index_of); /* @index-index */
    pthread_rwlock_rdlock(&map);      /* @index-map */
    pthread_rwlock_unlock(&map);
    pthread_rwlock_unlock(&index_of);
    reach_stage(&stage, 2);
    return NULL;
}

static void *write_map(void *unused)
{
    await_stage(&stage, 2);
    pthread_rwlock_wrlock(&map);
    pthread_rwlock_unlock(&map);
    return unused;
}

static void *write_index(void *unused)
{
    await_stage(&stage, 2);
    pthread_rwlock_wrlock(&index_of);
    pthread_rwlock_unlock(&index_of);
    return unused;
}

int main(void)
{
    pthread_t third = start_thread(write_map, NULL), fourth = start_thread(write_index, NULL);

    run_both(by_map, by_index);
    finish_thread(third);
    finish_thread(fourth);
    puts("done");
    return 0;
}
