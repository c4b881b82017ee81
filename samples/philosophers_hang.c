/*
 * Dining philosophers who all have their left fork before the first asks for the right one.
 *
 * Expected: it hangs. A trace of it gives one deadlock of five threads.
 */
#include <unistd.h>

#include "handshake.h"

enum { PHILOSOPHERS = 5 };

static pthread_mutex_t forks[PHILOSOPHERS];
static int seated;

static void *philosopher(void *argument)
{
    int seat = (int)(long)argument;

    pthread_mutex_lock(&forks[seat]); /* @left */
    join_stage(&seated);
    await_stage(&seated, PHILOSOPHERS);
    pthread_mutex_lock(&forks[(seat + 1) % PHILOSOPHERS]); /* @right */
    printf("philosopher %d eats\n", seat);
    return NULL;
}

int main(void)
{
    pthread_t threads[PHILOSOPHERS];

    printf("pid %d\n", (int)getpid());
    fflush(stdout);
    for (int i = 0; i < PHILOSOPHERS; i++)
        pthread_mutex_init(&forks[i], NULL);
    for (int i = 0; i < PHILOSOPHERS; i++)
        threads[i] = start_thread(philosopher, (void *)(long)i);
    for (int i = 0; i < PHILOSOPHERS; i++)
        finish_thread(threads[i]);
    return 0;
}
