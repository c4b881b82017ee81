/*
 * Many threads, four mutexes, every pair of them nested somewhere, always downwards: a hierarchy
 * has no cycle.
 *
 * Expected: nothing, and nothing filtered.
 */
#include "handshake.h"

enum { LEVELS = 4 };

static pthread_mutex_t levels[LEVELS];

static void *worker(void *argument)
{
    long skipped = (long)argument;

    for (int i = 0; i < LEVELS; i++) {
        if (i != skipped)
            pthread_mutex_lock(&levels[i]);
    }
    for (int i = 0; i < LEVELS; i++) { /* released in any order */
        if (i != skipped)
            pthread_mutex_unlock(&levels[i]);
    }
    return NULL;
}

int main(void)
{
    pthread_t threads[LEVELS + 1];

    for (int i = 0; i < LEVELS; i++)
        pthread_mutex_init(&levels[i], NULL);
    for (long i = 0; i <= LEVELS; i++)
        threads[i] = start_thread(worker, (void *)i);
    for (int i = 0; i <= LEVELS; i++)
        finish_thread(threads[i]);
    puts("done");
    return 0;
}
