/*
 * Calls that the C library refuses with EDEADLK, and nobody looks: an error-checking mutex and a
 * read-write lock that the thread has locked already, a thread that joins itself.
 *
 * Expected: self-deadlock at each call.
 */
#include "handshake.h"

static pthread_mutex_t ledger = PTHREAD_ERRORCHECK_MUTEX_INITIALIZER_NP;
static pthread_rwlock_t index_of = PTHREAD_RWLOCK_INITIALIZER;

static void *audit(void *unused)
{
    pthread_mutex_lock(&ledger);      /* @ledger */
    pthread_mutex_lock(&ledger);      /* @ledger-again */
    pthread_rwlock_wrlock(&index_of); /* @index */
    pthread_rwlock_rdlock(&index_of); /* @index-read */
    pthread_rwlock_wrlock(&index_of); /* @index-write */
    pthread_rwlock_unlock(&index_of);
    pthread_mutex_unlock(&ledger);
    pthread_join(pthread_self(), NULL); /* @self */
    return unused;
}

int main(void)
{
    pthread_t thread = start_thread(audit, NULL);

    finish_thread(thread);
    puts("audited");
    return 0;
}
