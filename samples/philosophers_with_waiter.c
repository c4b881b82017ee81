/*
 * Dining philosophers with a waiter, who lets so many of them sit down at a time. They eat in
 * turns.
 *
 * Expected: with four places for five of them (SEATS=4), nothing: whoever sits finds one who does
 * not wait for a fork. With a place for each (SEATS=5) one lock-order-inversion, a cycle through
 * all forks. With four places and a guest who frees one that he never took (GUEST) the same.
 */
#include <semaphore.h>

#include "handshake.h"

enum { PHILOSOPHERS = 5 };

static pthread_mutex_t forks[PHILOSOPHERS];
static sem_t waiter;
static int turn;

static void *philosopher(void *argument)
{
    int seat = (int)(long)argument;
    pthread_mutex_t *left = &forks[seat];
    pthread_mutex_t *right = &forks[(seat + 1) % PHILOSOPHERS];

    await_stage(&turn, seat);
    sem_wait(&waiter);
    pthread_mutex_lock(left);  /* @left */
    pthread_mutex_lock(right); /* @right */
    printf("philosopher %d eats\n", seat);
    pthread_mutex_unlock(right);
    pthread_mutex_unlock(left);
    sem_post(&waiter);
    join_stage(&turn);
    return NULL;
}

int main(void)
{
    pthread_t threads[PHILOSOPHERS];

    sem_init(&waiter, 0, SEATS);
    for (int i = 0; i < PHILOSOPHERS; i++)
        pthread_mutex_init(&forks[i], NULL);
    for (int i = 0; i < PHILOSOPHERS; i++)
        threads[i] = start_thread(philosopher, (void *)(long)i);
    for (int i = 0; i < PHILOSOPHERS; i++)
        finish_thread(threads[i]);
#ifdef GUEST
    sem_post(&waiter);
#endif
    return 0;
}
