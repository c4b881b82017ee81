/*
 * Two threads that the detector must be told about: one pair hands a message over through a flag
 * that only assembler touches, another counts in a variable where a lost count does no harm.
 *
 * Expected: nothing.
 */
#include "../include/lockhound_annotate.h"
#include "race.h"

static int message, ready;
static unsigned guesses;

/* What the instrumentation does not see: x86 stores are releases, loads are acquires. */
static void set(int *flag)
{
    __asm__ volatile("movl $1, %0" : "=m"(*flag) : : "memory");
}

static int is_set(const int *flag)
{
    int value;

    __asm__ volatile("movl %1, %0" : "=r"(value) : "m"(*flag) : "memory");
    return value;
}

static void *send(void *unused)
{
    (void)unused;
    message = 5;
    guesses++;
    LOCKHOUND_HAPPENS_BEFORE(&ready);
    set(&ready);
    return NULL;
}

static void *receive(void *to)
{
    guesses++;
    while (!is_set(&ready))
        sched_yield();
    LOCKHOUND_HAPPENS_AFTER(&ready);
    *(int *)to = message;
    return NULL;
}

int main(void)
{
    int received = 0;
    pthread_t sender, receiver;

    LOCKHOUND_BENIGN_RACE(guesses, "statistics: a lost count does no harm");
    sender = start_thread(send, NULL);
    receiver = start_thread(receive, &received);
    finish_thread(sender);
    finish_thread(receiver);
    printf("%d\n", received);
    return 0;
}
