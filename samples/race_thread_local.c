/*
 * Each thread counts in a variable of its own, of one name: thread-local, on the stack, and in the
 * element of an array that is its own, beside the others'.
 *
 * Expected: nothing.
 */
#include "race.h"

static _Thread_local int own;
static unsigned char beside[2];

static void *count(void *index)
{
    int local = 0;

    for (int i = 0; i < 1000; i++) {
        own++;
        local++;
        beside[(size_t)index]++;
    }
    return own == local ? NULL : index;
}

int main(void)
{
    pthread_t one = start_thread(count, (void *)0), two = start_thread(count, (void *)1);

    finish_thread(one);
    finish_thread(two);
    printf("%d %d\n", beside[0], beside[1]);
    return 0;
}
