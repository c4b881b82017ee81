/*
 * Detached threads that wait for work for as long as the program runs. When main returns nobody
 * tells them, and nobody needs to.
 *
 * Expected: nothing.
 */
#include "handshake.h"

enum { DAEMONS = 3 };

static pthread_mutex_t queue = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t filled = PTHREAD_COND_INITIALIZER;
static int waiting;

static void *wait_for_work(void *unused)
{
    (void)unused;
    pthread_mutex_lock(&queue);
    join_stage(&waiting);
    for (;;)
        pthread_cond_wait(&filled, &queue);
    return NULL;
}

int main(void)
{
    for (int i = 0; i < DAEMONS; i++)
        require(pthread_detach(start_thread(wait_for_work, NULL)), "pthread_detach");
    await_stage(&waiting, DAEMONS);
    pthread_mutex_lock(&queue); /* the last of them has let go of it: all wait */
    pthread_mutex_unlock(&queue);
    puts("leaving");
    return 0;
}
