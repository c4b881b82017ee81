/*
 * Relaxed flags between fences: the release fence before the store and the acquire fence behind the
 * load order the two threads. NO_FENCE leaves the acquire fence out.
 *
 * Expected: nothing; with NO_FENCE one data-race.
 */
#include "race.h"

static int message, sent;

static void *send(void *unused)
{
    (void)unused;
    message = 7; /* @send */
    __atomic_thread_fence(__ATOMIC_RELEASE);
    __atomic_store_n(&sent, 1, __ATOMIC_RELAXED);
    return NULL;
}

static void *receive(void *to)
{
    while (!__atomic_load_n(&sent, __ATOMIC_RELAXED))
        sched_yield();
#ifndef NO_FENCE
    __atomic_thread_fence(__ATOMIC_ACQUIRE);
#endif
    *(int *)to = message; /* @receive */
    return NULL;
}

int main(void)
{
    int received = 0;
    pthread_t sender = start_thread(send, NULL), receiver = start_thread(receive, &received);

    finish_thread(sender);
    finish_thread(receiver);
    printf("%d\n", received);
    return 0;
}
