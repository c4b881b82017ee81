/*
 * A barrier that gives up after a while, made of a condition and a timed wait. One of three stays
 * away; the two others notice and go on.
 *
 * Expected: nothing.
 */
#include <errno.h>
#include <time.h>

#include "handshake.h"

enum { EXPECTED = 3, COMING = 2 };

static pthread_mutex_t door = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t complete = PTHREAD_COND_INITIALIZER;
static int arrived;

static void *guest(void *unused)
{
    struct timespec limit;
    int error = 0;

    (void)unused;
    clock_gettime(CLOCK_REALTIME, &limit);
    limit.tv_sec += 1;
    pthread_mutex_lock(&door);
    arrived++;
    if (arrived == EXPECTED)
        pthread_cond_broadcast(&complete);
    while (arrived < EXPECTED && error != ETIMEDOUT)
        error = pthread_cond_timedwait(&complete, &door, &limit);
    pthread_mutex_unlock(&door);
    return NULL;
}

int main(void)
{
    pthread_t threads[COMING];

    for (int i = 0; i < COMING; i++)
        threads[i] = start_thread(guest, NULL);
    for (int i = 0; i < COMING; i++)
        finish_thread(threads[i]);
    printf("%d of %d came\n", arrived, EXPECTED);
    return 0;
}
