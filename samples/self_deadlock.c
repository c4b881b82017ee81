/*
 * A thread locks an ordinary mutex that it holds already, three calls deeper.
 *
 * Expected: it hangs. A trace of it gives one self-deadlock.
 */
#include <unistd.h>

#include "handshake.h"

static pthread_mutex_t ledger = PTHREAD_MUTEX_INITIALIZER;

static long sum(void)
{
    long total = 0;

    pthread_mutex_lock(&ledger); /* @again */
    total++;
    pthread_mutex_unlock(&ledger);
    return total;
}

static void *audit(void *unused)
{
    (void)unused;
    pthread_mutex_lock(&ledger); /* @first */
    printf("sum %ld\n", sum());
    pthread_mutex_unlock(&ledger);
    return NULL;
}

int main(void)
{
    printf("pid %d\n", (int)getpid());
    fflush(stdout);
    finish_thread(start_thread(audit, NULL));
    return 0;
}
