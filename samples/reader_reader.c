/*
 * Two reader-writer locks in opposite order, both only read. Readers do not block each other: locks
 * of the default kind let a reader in even when a writer waits.
 *
 * Expected: nothing; one cycle is filtered as readers.
 */
#include "handshake.h"

static pthread_rwlock_t map = PTHREAD_RWLOCK_INITIALIZER;
static pthread_rwlock_t index_of = PTHREAD_RWLOCK_INITIALIZER;

static void *by_map(void *unused)
{
    (void)unused;
    pthread_rwlock_rdlock(&map);
    pthread_rwlock_rdlock(&index_of);
    pthread_rwlock_unlock(&index_of);
    pthread_rwlock_unlock(&map);
    return NULL;
}

static void *by_index(void *unused)
{
    (void)unused;
    pthread_rwlock_rdlock(&index_of);
    pthread_rwlock_rdlock(&map);
    pthread_rwlock_unlock(&map);
    pthread_rwlock_unlock(&index_of);
    return NULL;
}

int main(void)
{
    run_both(by_map, by_index);
    puts("done");
    return 0;
}
