/*
 * rwlock_writer_preferred with one writer for both locks. It waits at one of them at a time, so one
 * of the readers always gets on.
 *
 * Expected: nothing; one cycle filtered as readers.
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

static void *write_both(void *unused)
{
    await_stage(&stage, 2);
    pthread_rwlock_wrlock(&map);
    pthread_rwlock_unlock(&map);
    pthread_rwlock_wrlock(&index_of);
    pthread_rwlock_unlock(&index_of);
    return unused;
}

int main(void)
{
    pthread_t third = start_thread(write_both, NULL);

    run_both(by_map, by_index);
    finish_thread(third);
    puts("done");
    return 0;
}
