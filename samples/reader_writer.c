/*
 * Two reader-writer locks in opposite order, each read first and then the other one written. A
 * writer waits for readers.
 *
 * Expected: one lock-order-inversion; what is held is shared, what is wanted exclusive.
 */
#include "handshake.h"

static pthread_rwlock_t map = PTHREAD_RWLOCK_INITIALIZER;
static pthread_rwlock_t index_of = PTHREAD_RWLOCK_INITIALIZER;
static int index_is_done;

static void *update_index(void *unused)
{
    (void)unused;
    pthread_rwlock_rdlock(&map);      /* @index-reads-map */
    pthread_rwlock_wrlock(&index_of); /* @index-writes-index */
    pthread_rwlock_unlock(&index_of);
    pthread_rwlock_unlock(&map);
    reach_stage(&index_is_done, 1);
    return NULL;
}

static void *update_map(void *unused)
{
    (void)unused;
    await_stage(&index_is_done, 1);
    pthread_rwlock_rdlock(&index_of); /* @map-reads-index */
    pthread_rwlock_wrlock(&map);      /* @map-writes-map */
    pthread_rwlock_unlock(&map);
    pthread_rwlock_unlock(&index_of);
    return NULL;
}

int main(void)
{
    run_both(update_index, update_map);
    puts("done");
    return 0;
}
