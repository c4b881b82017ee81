/*
 * The first thread can be joined as any other: here by one that holds the lock which it wants
 * before it ends.
 *
 * Expected: it hangs, and that is a deadlock of a join and a lock.
 */
#include <unistd.h>

#include "handshake.h"

static pthread_mutex_t journal = PTHREAD_MUTEX_INITIALIZER;
static pthread_t first_thread;
static int is_locked;

static void *close_down(void *unused)
{
    pthread_mutex_lock(&journal); /* @hold */
    reach_stage(&is_locked, 1);
    finish_thread(first_thread); /* @join */
    pthread_mutex_unlock(&journal);
    return unused;
}

int main(void)
{
    printf("pid %d\n", (int)getpid());
    fflush(stdout);
    first_thread = pthread_self();
    start_thread(close_down, NULL);
    await_stage(&is_locked, 1);
    pthread_mutex_lock(&journal); /* @want */
    pthread_mutex_unlock(&journal);
    pthread_exit(NULL);
}
