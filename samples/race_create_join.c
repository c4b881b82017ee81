/*
 * What is written before a thread is created is known to it, and what it wrote is known to who
 * joined it. TOO_LATE writes the size after the thread is created.
 *
 * Expected: nothing; with TOO_LATE one data-race of main and the thread, and the advice to write
 * before the thread is created.
 */
#include "race.h"

static struct {
    int size, sum;
} job;

static void *work(void *unused)
{
    (void)unused;
    for (int i = 0; i < job.size; i++) /* @work */
        job.sum += i;
    return NULL;
}

int main(void)
{
    pthread_t thread;

#ifdef TOO_LATE
    thread = start_thread(work, NULL);
    job.size = 100; /* @set */
#else
    job.size = 100;
    thread = start_thread(work, NULL);
#endif
    finish_thread(thread);
    job.sum -= 4950;
    puts("done");
    return 0;
}
