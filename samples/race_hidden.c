/*
 * Two threads write `last_user` without a lock, and the lock of the log lies between the two
 * writes. That may be luck, or it may be how the variable is handed over: nothing tells, as there
 * is no lock that other accesses hold.
 *
 * Expected: nothing.
 */
#include "race.h"

static pthread_mutex_t log_lock = PTHREAD_MUTEX_INITIALIZER;
static int last_user, first_is_done;

static void write_log(void)
{
    pthread_mutex_lock(&log_lock);
    pthread_mutex_unlock(&log_lock);
}

static void *first(void *unused)
{
    (void)unused;
    last_user = 1; /* @first */
    write_log();
    pass(&first_is_done);
    return NULL;
}

static void *second(void *unused)
{
    (void)unused;
    await_pass(&first_is_done);
    write_log();
    last_user = 2; /* @second */
    return NULL;
}

int main(void)
{
    run_both(first, second);
    printf("%d\n", last_user);
    return 0;
}
