/*
 * A worker posts a semaphore when its work is done, but not when it fails; and here it fails.
 *
 * Expected: it hangs, and that is a starved-semaphore that was never posted. With -DFIXED it posts
 * on both ways: nothing.
 */
#include <semaphore.h>
#include <unistd.h>

#include "handshake.h"

static sem_t done;

static int work(void)
{
    return -1;
}

static void *worker(void *unused)
{
    (void)unused;
    if (work() < 0) {
#ifdef FIXED
        sem_post(&done);
#endif
        return NULL;
    }
    sem_post(&done);
    return NULL;
}

int main(void)
{
    pthread_t thread;

    sem_init(&done, 0, 0);
#ifndef FIXED
    printf("pid %d\n", (int)getpid());
    fflush(stdout);
#endif
    thread = start_thread(worker, NULL);
    sem_wait(&done); /* @wait */
    finish_thread(thread);
    puts("done");
    return 0;
}
