/*
 * opposite_order in C11: thrd_create, mtx_lock.
 *
 * Expected: one lock-order-inversion.
 */
#include <threads.h>

#include "handshake.h"

static mtx_t drum, sticks;
static int boy_is_done;

static int boy(void *unused)
{
    (void)unused;
    mtx_lock(&drum);   /* @boy-drum */
    mtx_lock(&sticks); /* @boy-sticks */
    mtx_unlock(&sticks);
    mtx_unlock(&drum);
    reach_stage(&boy_is_done, 1);
    return 0;
}

static int girl(void *unused)
{
    (void)unused;
    await_stage(&boy_is_done, 1);
    mtx_lock(&sticks); /* @girl-sticks */
    mtx_lock(&drum);   /* @girl-drum */
    mtx_unlock(&drum);
    mtx_unlock(&sticks);
    return 0;
}

int main(void)
{
    thrd_t first, second;

    mtx_init(&drum, mtx_plain);
    mtx_init(&sticks, mtx_plain);
    if (thrd_create(&first, boy, NULL) != thrd_success)
        return 2;
    if (thrd_create(&second, girl, NULL) != thrd_success)
        return 2;
    thrd_join(first, NULL);
    thrd_join(second, NULL);
    mtx_destroy(&sticks);
    mtx_destroy(&drum);
    puts("both played");
    return 0;
}
