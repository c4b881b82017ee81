/*
 * The same as queue_full.c with two semaphores, one that counts the room and one that counts the
 * items. The one who takes stops too early.
 *
 * Expected: it hangs, and that is a starved-semaphore, posted last by a thread that has ended. With
 * -DFIXED it takes all: nothing.
 */
#include <semaphore.h>
#include <unistd.h>

#include "handshake.h"

enum { ROOM = 4, ITEMS = 10 };
#ifdef FIXED
enum { TAKEN = ITEMS };
#else
enum { TAKEN = 3 };
#endif

static sem_t room, items;

static void *putter(void *unused)
{
    (void)unused;
    for (int i = 0; i < ITEMS; i++) {
        sem_wait(&room); /* @put */
        sem_post(&items);
    }
    return NULL;
}

static void *taker(void *unused)
{
    (void)unused;
    for (int i = 0; i < TAKEN; i++) {
        sem_wait(&items);
        sem_post(&room); /* @take */
    }
    return NULL;
}

int main(void)
{
    sem_init(&room, 0, ROOM);
    sem_init(&items, 0, 0);
#ifndef FIXED
    printf("pid %d\n", (int)getpid());
    fflush(stdout);
#endif
    run_both(putter, taker);
    puts("all was put");
    return 0;
}
