/*
 * The main thread creates a thread and joins it at once, with a mutex locked that the thread wants.
 * The join often begins before the thread does.
 *
 * Expected: it hangs, and that is a deadlock of a join and a lock.
 */
#include <unistd.h>

#include "handshake.h"

static pthread_mutex_t ledger = PTHREAD_MUTEX_INITIALIZER;

static void *clerk(void *unused)
{
    (void)unused;
    pthread_mutex_lock(&ledger); /* @want */
    pthread_mutex_unlock(&ledger);
    return NULL;
}

int main(void)
{
    printf("pid %d\n", (int)getpid());
    fflush(stdout);
    pthread_mutex_lock(&ledger); /* @hold */
    finish_thread(start_thread(clerk, NULL));
    pthread_mutex_unlock(&ledger);
    return 0;
}
