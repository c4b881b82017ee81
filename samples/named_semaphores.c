/*
 * Two named semaphores used as locks, taken in opposite order.
 *
 * Expected: one lock-order-inversion that tells their names.
 */
#include <fcntl.h>
#include <semaphore.h>

#include "handshake.h"

static sem_t *printer, *scanner;
static int copied;

/* The name is gone again at once: nothing is left behind. */
static sem_t *open_named(const char *name)
{
    sem_t *semaphore;

    sem_unlink(name);
    semaphore = sem_open(name, O_CREAT, 0600, 1);
    if (semaphore == SEM_FAILED) {
        perror("sem_open");
        exit(2);
    }
    sem_unlink(name);
    return semaphore;
}

static void *copy(void *unused)
{
    (void)unused;
    sem_wait(scanner); /* @copy-scanner */
    sem_wait(printer); /* @copy-printer */
    sem_post(printer);
    sem_post(scanner);
    reach_stage(&copied, 1);
    return NULL;
}

static void *fax(void *unused)
{
    (void)unused;
    await_stage(&copied, 1);
    sem_wait(printer); /* @fax-printer */
    sem_wait(scanner); /* @fax-scanner */
    sem_post(scanner);
    sem_post(printer);
    return NULL;
}

int main(void)
{
    printer = open_named("/lockhound-sample-printer");
    scanner = open_named("/lockhound-sample-scanner");
    run_both(copy, fax);
    sem_close(scanner);
    sem_close(printer);
    puts("done");
    return 0;
}
