/*
 * Dining philosophers: each takes the fork at the left, then the one at the right. They eat in
 * turns, so nobody starves; sitting down together they would.
 *
 * Expected: one lock-order-inversion, a cycle through all forks. Built with 3 and with 5 of them.
 */
#include "handshake.h"

static pthread_mutex_t forks[PHILOSOPHERS];
static int turn;

static void *philosopher(void *argument)
{
    int seat = (int)(long)argument;
    pthread_mutex_t *left = &forks[seat];
    pthread_mutex_t *right = &forks[(seat + 1) % PHILOSOPHERS];

    await_stage(&turn, seat);
    pthread_mutex_lock(left);  /* @left */
    pthread_mutex_lock(right); /* @right */
    printf("philosopher %d eats\n", seat);
    pthread_mutex_unlock(right);
    pthread_mutex_unlock(left);
    join_stage(&turn);
    return NULL;
}

int main(void)
{
    pthread_t threads[PHILOSOPHERS];

    for (int i = 0; i < PHILOSOPHERS; i++)
        pthread_mutex_init(&forks[i], NULL);
    for (int i = 0; i < PHILOSOPHERS; i++)
        threads[i] = start_thread(philosopher, (void *)(long)i);
    for (int i = 0; i < PHILOSOPHERS; i++)
        finish_thread(threads[i]);
    return 0;
}
