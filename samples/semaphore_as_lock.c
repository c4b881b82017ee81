/*
 * Two semaphores that begin at 1 and are posted by the thread that took them: locks by another
 * name, taken in opposite order.
 *
 * Expected: one lock-order-inversion.
 */
#include <semaphore.h>

#include "handshake.h"

static sem_t printer, scanner;
static int copied;

static void *copy(void *unused)
{
    (void)unused;
    sem_wait(&scanner); /* @copy-scanner */
    sem_wait(&printer); /* @copy-printer */
    sem_post(&printer);
    sem_post(&scanner);
    reach_stage(&copied, 1);
    return NULL;
}

static void *fax(void *unused)
{
    (void)unused;
    await_stage(&copied, 1);
    sem_wait(&printer); /* @fax-printer */
    sem_wait(&scanner); /* @fax-scanner */
    sem_post(&scanner);
    sem_post(&printer);
    return NULL;
}

int main(void)
{
    sem_init(&printer, 0, 1);
    sem_init(&scanner, 0, 1);
    run_both(copy, fax);
    puts("done");
    return 0;
}
