/*
 * A semaphore that is meant to have one of two places taken at most is given back more often than
 * taken: three can be in at once after that. C has no bounded semaphore; sem_post() only refuses
 * beyond SEM_VALUE_MAX, and a count that grows is what a semaphore used as a signal does all the
 * time. So there is nothing that could be called wrong.
 *
 * Expected: nothing.
 */
#include <semaphore.h>

#include "handshake.h"

enum { PLACES = 2 };

static sem_t seats;

static void *sit(void *unused)
{
    (void)unused;
    sem_wait(&seats);
    sem_post(&seats);
    sem_post(&seats); /* once too often */
    return NULL;
}

int main(void)
{
    int value;

    sem_init(&seats, 0, PLACES);
    run_both(sit, sit);
    sem_getvalue(&seats, &value);
    printf("%d places of %d\n", value, PLACES);
    sem_destroy(&seats);
    return 0;
}
