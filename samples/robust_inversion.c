/*
 * Opposite order with a robust mutex and one that inherits priorities. The robust one is met first
 * in the state that a thread which died with it has left, and is made consistent.
 *
 * Expected: one lock-order-inversion.
 */
#include <errno.h>

#include "handshake.h"

static pthread_mutex_t journal, device;
static int journal_is_done;

static void init_mutexes(void)
{
    pthread_mutexattr_t robust, inheriting;

    pthread_mutexattr_init(&robust);
    pthread_mutexattr_setrobust(&robust, PTHREAD_MUTEX_ROBUST);
    pthread_mutex_init(&journal, &robust);
    pthread_mutexattr_destroy(&robust);

    pthread_mutexattr_init(&inheriting);
    pthread_mutexattr_setprotocol(&inheriting, PTHREAD_PRIO_INHERIT);
    pthread_mutex_init(&device, &inheriting);
    pthread_mutexattr_destroy(&inheriting);
}

static void *die_with_journal(void *unused)
{
    pthread_mutex_lock(&journal);
    return unused;
}

static void *write_journal(void *unused)
{
    (void)unused;
    if (pthread_mutex_lock(&journal) != EOWNERDEAD) /* @write-journal */
        exit(2);
    require(pthread_mutex_consistent(&journal), "pthread_mutex_consistent");
    pthread_mutex_lock(&device); /* @write-device */
    pthread_mutex_unlock(&device);
    pthread_mutex_unlock(&journal);
    reach_stage(&journal_is_done, 1);
    return NULL;
}

static void *flush_device(void *unused)
{
    (void)unused;
    await_stage(&journal_is_done, 1);
    pthread_mutex_lock(&device);  /* @flush-device */
    pthread_mutex_lock(&journal); /* @flush-journal */
    pthread_mutex_unlock(&journal);
    pthread_mutex_unlock(&device);
    return NULL;
}

int main(void)
{
    init_mutexes();
    finish_thread(start_thread(die_with_journal, NULL));
    run_both(write_journal, flush_device);
    puts("done");
    return 0;
}
