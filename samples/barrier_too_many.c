/*
 * Three threads come to a barrier that lets them go on in pairs. Two go on; the third one waits for
 * a partner who will not come.
 *
 * Expected, with COUNT=2: it hangs, and that is a starved-barrier: 1 of 2 arrived. With COUNT=3:
 * nothing.
 */
#include <unistd.h>

#include "handshake.h"

enum { THREADS = 3 };

static pthread_barrier_t start_line;

static void *runner(void *unused)
{
    (void)unused;
    pthread_barrier_wait(&start_line); /* @wait */
    return NULL;
}

int main(void)
{
    pthread_t threads[THREADS];

    pthread_barrier_init(&start_line, NULL, COUNT);
    if (COUNT != THREADS) {
        printf("pid %d\n", (int)getpid());
        fflush(stdout);
    }
    for (int i = 0; i < THREADS; i++)
        threads[i] = start_thread(runner, NULL);
    for (int i = 0; i < THREADS; i++)
        finish_thread(threads[i]);
    puts("all have started");
    return 0;
}
