/*
 * The only thread of the program's own waits for a semaphore, for longer than it takes to call that
 * a stall. But a timer is set, whose thread will post it.
 *
 * Expected: nothing.
 */
#include <semaphore.h>
#include <signal.h>
#include <time.h>

#include "handshake.h"

static sem_t rung;

static void ring(union sigval unused)
{
    (void)unused;
    sem_post(&rung);
}

int main(void)
{
    struct sigevent event = {.sigev_notify = SIGEV_THREAD, .sigev_notify_function = ring};
    struct itimerspec time = {.it_value = {.tv_sec = 3}};
    timer_t timer;

    sem_init(&rung, 0, 0);
    if (timer_create(CLOCK_MONOTONIC, &event, &timer) != 0 ||
        timer_settime(timer, 0, &time, NULL) != 0) {
        perror("timer");
        return 2;
    }
    sem_wait(&rung);
    timer_delete(timer);
    puts("rung");
    return 0;
}
