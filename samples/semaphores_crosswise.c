/*
 * Two semaphores that are used as locks. Two threads have taken one each, and want the other.
 *
 * Expected: it hangs, and that is a deadlock: no stall, as each waits for what the other one has.
 * It is told after a while only, when nobody else has posted them, as anybody might. With -DFIXED
 * both take them in one order: nothing.
 */
#include <semaphore.h>
#include <unistd.h>

#include "handshake.h"

static sem_t scanner, printer;
#ifndef FIXED
static int each_has_one;
#endif

static void take_first(sem_t *device)
{
    sem_wait(device); /* @take */
#ifndef FIXED
    join_stage(&each_has_one);
    await_stage(&each_has_one, 2);
#endif
}

static void *copy(void *unused)
{
    (void)unused;
    take_first(&scanner);
    sem_wait(&printer); /* @copy-printer */
    sem_post(&printer);
    sem_post(&scanner);
    return NULL;
}

static void *fax(void *unused)
{
    (void)unused;
#ifdef FIXED
    take_first(&scanner);
    sem_wait(&printer);
#else
    take_first(&printer);
    sem_wait(&scanner); /* @fax-scanner */
#endif
    sem_post(&scanner);
    sem_post(&printer);
    return NULL;
}

int main(void)
{
    sem_init(&scanner, 0, 1);
    sem_init(&printer, 0, 1);
#ifndef FIXED
    printf("pid %d\n", (int)getpid());
    fflush(stdout);
#endif
    run_both(copy, fax);
    puts("done");
    return 0;
}
