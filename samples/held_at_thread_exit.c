/*
 * A thread returns early and keeps the mutex: nobody can take it any more.
 *
 * Expected: held-at-thread-exit, with the acquisition.
 */
#include "handshake.h"

static pthread_mutex_t stock = PTHREAD_MUTEX_INITIALIZER;

static void *take(void *wanted)
{
    pthread_mutex_lock(&stock); /* @take */
    if (!wanted)
        return NULL;
    pthread_mutex_unlock(&stock);
    return wanted;
}

int main(void)
{
    int one;

    finish_thread(start_thread(take, &one));
    finish_thread(start_thread(take, NULL));
    puts("taken once");
    return 0;
}
