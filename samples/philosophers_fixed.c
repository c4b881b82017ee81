/*
 * Dining philosophers, put right: everyone takes the fork with the lower number first, so the last
 * one reaches to the right.
 *
 * Expected: nothing.
 */
#include "handshake.h"

enum { PHILOSOPHERS = 5 };

static pthread_mutex_t forks[PHILOSOPHERS];

static void *philosopher(void *argument)
{
    int seat = (int)(long)argument;
    int other = (seat + 1) % PHILOSOPHERS;
    pthread_mutex_t *low = &forks[seat < other ? seat : other];
    pthread_mutex_t *high = &forks[seat < other ? other : seat];

    for (int meal = 0; meal < 100; meal++) {
        pthread_mutex_lock(low);
        pthread_mutex_lock(high);
        pthread_mutex_unlock(high);
        pthread_mutex_unlock(low);
    }
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
    puts("everybody has eaten");
    return 0;
}
