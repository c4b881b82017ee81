/*
 * Variables that belong to one thread, and that others write to, too: an element of a local array
 * of main(), and a thread-local one of the main thread.
 *
 * Expected: two times data-race, each with the name of the variable.
 */
#include "race.h"

struct tally {
    int seen;
    int counts[4];
};

static _Thread_local struct tally own;

static void *count(void *counter)
{
    (*(int *)counter)++; /* @count */
    return NULL;
}

static void *count_own(void *tally)
{
    ((struct tally *)tally)->seen++; /* @count_own */
    return NULL;
}

static void run_two(void *(*routine)(void *), void *argument)
{
    pthread_t one = start_thread(routine, argument), two = start_thread(routine, argument);

    finish_thread(one);
    finish_thread(two);
}

int main(void)
{
    struct tally tally = {0};

    run_two(count, &tally.counts[2]);
    run_two(count_own, &own);
    puts(tally.counts[2] + own.seen > 0 ? "counted" : "lost");
    return 0;
}
