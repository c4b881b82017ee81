/*
 * Two threads write to a variable on the stack of the main thread.
 *
 * Expected: one data-race.
 */
#include "race.h"

static void *count(void *counter)
{
    (*(int *)counter)++; /* @count */
    return NULL;
}

int main(void)
{
    int counter = 0;
    pthread_t one = start_thread(count, &counter), two = start_thread(count, &counter);

    finish_thread(one);
    finish_thread(two);
    puts(counter > 0 ? "counted" : "lost");
    return 0;
}
