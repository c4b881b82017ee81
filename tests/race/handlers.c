/*
 * A handler releases what its thread has written, wherever it interrupts that thread, which is in
 * the detector most of the time. The other thread goes on while the handler is at it.
 */
#include <signal.h>

#include "pair.h"

#define ROUNDS 3000
#define CELLS  4096

static int asked, answered = 1, done;
long value, cells[CELLS];
static pthread_t worker;

static void on_signal(int signal)
{
    (void)signal;
    __atomic_store_n(&asked, 1, __ATOMIC_RELEASE);
}

/* Somewhere in the detector. */
static void be_busy(unsigned *at)
{
    for (int i = 0; i < 50; i++) {
        *at = *at * 1103515245 + 12345;
        cells[*at / 16 % CELLS]++;
    }
}

RACY static void write_value(int round)
{
    value = round;
}

RACY static void read_value(void)
{
    CHECK(value >= 0);
}

static void *work(void *unused)
{
    unsigned at = 1;

    for (int round = 0; round < ROUNDS; round++) {
        write_value(round);
        __atomic_store_n(&answered, 0, __ATOMIC_RELAXED);
        while (!__atomic_load_n(&answered, __ATOMIC_ACQUIRE))
            be_busy(&at);
    }
    __atomic_store_n(&done, 1, __ATOMIC_RELEASE);
    return unused;
}

static void ask(void)
{
    CHECK(pthread_kill(worker, SIGUSR1) == 0);
    while (!__atomic_load_n(&asked, __ATOMIC_ACQUIRE))
        ;
    read_value();
    __atomic_store_n(&asked, 0, __ATOMIC_RELAXED);
    __atomic_store_n(&answered, 1, __ATOMIC_RELEASE);
}

static void *look(void *unused)
{
    while (!__atomic_load_n(&done, __ATOMIC_ACQUIRE)) {
        if (!__atomic_load_n(&answered, __ATOMIC_RELAXED))
            ask();
        else
            sched_yield();
    }
    return unused;
}

int main(void)
{
    struct sigaction action = {.sa_handler = on_signal, .sa_flags = SA_RESTART};
    pthread_t other;

    CHECK(sigaction(SIGUSR1, &action, NULL) == 0);
    CHECK(pthread_create(&worker, NULL, work, NULL) == 0);
    CHECK(pthread_create(&other, NULL, look, NULL) == 0);
    CHECK(pthread_join(worker, NULL) == 0);
    CHECK(pthread_join(other, NULL) == 0);
    return 0;
}
