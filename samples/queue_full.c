/*
 * A thread puts into a queue that nobody empties: when it is full, it waits for ever.
 *
 * Expected: it hangs, and that is a stall on a condition that nobody ever signalled. With -DFIXED
 * the main thread takes what comes: nothing.
 */
#include <unistd.h>

#include "handshake.h"

enum { ROOM = 4, ITEMS = 10 };

static struct queue {
    pthread_mutex_t mutex;
    pthread_cond_t not_full, not_empty;
    int items;
} queue = {PTHREAD_MUTEX_INITIALIZER, PTHREAD_COND_INITIALIZER, PTHREAD_COND_INITIALIZER, 0};

static void put(void)
{
    pthread_mutex_lock(&queue.mutex);
    while (queue.items == ROOM)
        pthread_cond_wait(&queue.not_full, &queue.mutex); /* @put */
    queue.items++;
    pthread_cond_signal(&queue.not_empty);
    pthread_mutex_unlock(&queue.mutex);
}

#ifdef FIXED
static void take(void)
{
    pthread_mutex_lock(&queue.mutex);
    while (queue.items == 0)
        pthread_cond_wait(&queue.not_empty, &queue.mutex);
    queue.items--;
    pthread_cond_signal(&queue.not_full);
    pthread_mutex_unlock(&queue.mutex);
}
#endif

static void *putter(void *unused)
{
    (void)unused;
    for (int i = 0; i < ITEMS; i++)
        put();
    return NULL;
}

int main(void)
{
    pthread_t thread;

#ifndef FIXED
    printf("pid %d\n", (int)getpid());
    fflush(stdout);
#endif
    thread = start_thread(putter, NULL);
#ifdef FIXED
    for (int i = 0; i < ITEMS; i++)
        take();
#endif
    finish_thread(thread);
    puts("all was put");
    return 0;
}
