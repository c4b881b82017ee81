/*
 * Statistics that are kept under a mutex, and that one thread sets back, all at once, just after it
 * has let go of the mutex. Memory that is given to another use is written like this, too; but this
 * is a variable.
 *
 * Expected: inconsistent-locking for each of the four; the guard is `lock`.
 */
#include "race.h"

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct {
    long reads, writes, errors, bytes;
} statistics;
static int counted, was_reset;

static void add_one(long *field)
{
    *field += 1; /* @add */
}

static void add(void)
{
    for (int i = 0; i < 20; i++) {
        pthread_mutex_lock(&lock);
        add_one(&statistics.reads);
        add_one(&statistics.writes);
        add_one(&statistics.errors);
        add_one(&statistics.bytes);
        pthread_mutex_unlock(&lock);
    }
}

static void *count(void *unused)
{
    (void)unused;
    add();
    pass(&counted);
    await_pass(&was_reset);
    add();
    return NULL;
}

static void *reset(void *unused)
{
    (void)unused;
    await_pass(&counted);
    add();
    statistics.reads = statistics.writes = statistics.errors = statistics.bytes = 0; /* @reset */
    pthread_mutex_lock(&lock);
    pthread_mutex_unlock(&lock);
    pass(&was_reset);
    return NULL;
}

int main(void)
{
    run_both(count, reset);
    printf("%ld\n", statistics.bytes);
    return 0;
}
