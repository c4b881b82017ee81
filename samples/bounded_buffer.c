/*
 * Three producers, one consumer and a buffer with room for two. All wait in loops and signal each
 * change, as the textbook has it; but the consumer leaves when it has had enough, and the producers
 * have more to bring.
 *
 * Expected: it hangs, and that is a stall: no deadlock, as nobody holds what another wants, and no
 * lost-wakeup, as each signal was heard or its news was made use of. With -DFIXED the consumer
 * takes all: nothing.
 */
#include <unistd.h>

#include "handshake.h"

enum { PRODUCERS = 3, EACH_BRINGS = 20, ROOM = 2 };
#ifdef FIXED
enum { CONSUMED = PRODUCERS * EACH_BRINGS };
#else
enum { CONSUMED = 6 };
#endif

static pthread_mutex_t buffer = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t not_full = PTHREAD_COND_INITIALIZER;
static pthread_cond_t not_empty = PTHREAD_COND_INITIALIZER;
static int items;

static void *producer(void *unused)
{
    (void)unused;
    for (int i = 0; i < EACH_BRINGS; i++) {
        pthread_mutex_lock(&buffer);
        while (items == ROOM)
            pthread_cond_wait(&not_full, &buffer); /* @producer */
        items++;
        pthread_cond_signal(&not_empty);
        pthread_mutex_unlock(&buffer);
    }
    return NULL;
}

static void *consumer(void *unused)
{
    (void)unused;
    for (int i = 0; i < CONSUMED; i++) {
        pthread_mutex_lock(&buffer);
        while (items == 0)
            pthread_cond_wait(&not_empty, &buffer);
        items--;
        pthread_cond_signal(&not_full); /* @consumer */
        pthread_mutex_unlock(&buffer);
    }
    return NULL;
}

int main(void)
{
    pthread_t producers[PRODUCERS], taker;

#ifndef FIXED
    printf("pid %d\n", (int)getpid());
    fflush(stdout);
#endif
    taker = start_thread(consumer, NULL);
    for (int i = 0; i < PRODUCERS; i++)
        producers[i] = start_thread(producer, NULL);
    finish_thread(taker);
    for (int i = 0; i < PRODUCERS; i++)
        finish_thread(producers[i]);
    printf("%d items left\n", items);
    return 0;
}
