/*
 * A semaphore that lets two at a time into the kitchen. There are four cooks, and each gives its
 * place back.
 *
 * Expected: nothing. With -DFORGETFUL they keep their places: two get in, the others never do. It
 * hangs, and that is a starved-semaphore: taken twice, never posted.
 */
#include <semaphore.h>
#include <unistd.h>

#include "handshake.h"

enum { COOKS = 4, PLACES = 2 };

static sem_t kitchen;
static int come;

static void *cook(void *unused)
{
    (void)unused;
    join_stage(&come);
    await_stage(&come, COOKS);
    sem_wait(&kitchen); /* @enter */
#ifndef FORGETFUL
    sem_post(&kitchen);
#endif
    return NULL;
}

int main(void)
{
    pthread_t threads[COOKS];

    sem_init(&kitchen, 0, PLACES);
#ifdef FORGETFUL
    printf("pid %d\n", (int)getpid());
    fflush(stdout);
#endif
    for (int i = 0; i < COOKS; i++)
        threads[i] = start_thread(cook, NULL);
    for (int i = 0; i < COOKS; i++)
        finish_thread(threads[i]);
    puts("all have cooked");
    return 0;
}
