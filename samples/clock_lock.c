/*
 * Opposite order through the variants that name a clock: a mutex and a reader-writer lock, each
 * wanted until a moment of CLOCK_MONOTONIC.
 *
 * Expected: one lock-order-inversion, marked as timed.
 */
#include <time.h>

#include "handshake.h"

static pthread_rwlock_t table = PTHREAD_RWLOCK_INITIALIZER;
static pthread_mutex_t journal = PTHREAD_MUTEX_INITIALIZER;
static int writer_is_done;

static struct timespec in_a_minute(void)
{
    struct timespec when;

    clock_gettime(CLOCK_MONOTONIC, &when);
    when.tv_sec += 60;
    return when;
}

static void *writer(void *unused)
{
    struct timespec deadline = in_a_minute();

    (void)unused;
    pthread_rwlock_clockwrlock(&table, CLOCK_MONOTONIC, &deadline); /* @writer-table */
    pthread_mutex_clocklock(&journal, CLOCK_MONOTONIC, &deadline);  /* @writer-journal */
    pthread_mutex_unlock(&journal);
    pthread_rwlock_unlock(&table);
    reach_stage(&writer_is_done, 1);
    return NULL;
}

static void *reader(void *unused)
{
    struct timespec deadline = in_a_minute();

    (void)unused;
    await_stage(&writer_is_done, 1);
    pthread_mutex_clocklock(&journal, CLOCK_MONOTONIC, &deadline);  /* @reader-journal */
    pthread_rwlock_clockrdlock(&table, CLOCK_MONOTONIC, &deadline); /* @reader-table */
    pthread_rwlock_unlock(&table);
    pthread_mutex_unlock(&journal);
    return NULL;
}

int main(void)
{
    run_both(writer, reader);
    puts("done");
    return 0;
}
