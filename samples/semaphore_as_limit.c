/*
 * A semaphore that lets two in at a time, and a mutex, taken in both orders. With room for two
 * there is always one for the other thread.
 *
 * Expected: nothing.
 */
#include <semaphore.h>

#include "handshake.h"

static sem_t seats;
static pthread_mutex_t menu = PTHREAD_MUTEX_INITIALIZER;

static void *sit_then_read(void *unused)
{
    (void)unused;
    sem_wait(&seats);
    pthread_mutex_lock(&menu);
    pthread_mutex_unlock(&menu);
    sem_post(&seats);
    return NULL;
}

static void *read_then_sit(void *unused)
{
    (void)unused;
    pthread_mutex_lock(&menu);
    sem_wait(&seats);
    sem_post(&seats);
    pthread_mutex_unlock(&menu);
    return NULL;
}

int main(void)
{
    sem_init(&seats, 0, 2);
    run_both(sit_then_read, read_then_sit);
    sem_destroy(&seats);
    puts("both sat");
    return 0;
}
