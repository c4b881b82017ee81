/*
 * create_join_order in C11: thrd_join orders the threads as pthread_join does.
 *
 * Expected: nothing; one cycle is filtered as create-join.
 */
#include <threads.h>

#include "handshake.h"

static mtx_t drum, sticks;

static int boy(void *unused)
{
    (void)unused;
    mtx_lock(&drum);
    mtx_lock(&sticks);
    mtx_unlock(&sticks);
    mtx_unlock(&drum);
    return 0;
}

static int girl(void *unused)
{
    (void)unused;
    mtx_lock(&sticks);
    mtx_lock(&drum);
    mtx_unlock(&drum);
    mtx_unlock(&sticks);
    return 0;
}

int main(void)
{
    thrd_t thread;

    mtx_init(&drum, mtx_plain);
    mtx_init(&sticks, mtx_plain);
    if (thrd_create(&thread, boy, NULL) != thrd_success)
        return 2;
    thrd_join(thread, NULL);
    if (thrd_create(&thread, girl, NULL) != thrd_success)
        return 2;
    thrd_join(thread, NULL);
    puts("both played");
    return 0;
}
