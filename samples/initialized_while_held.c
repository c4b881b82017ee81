/*
 * Two parts of a program each initialize the same mutex before they use it; the second one does so
 * while the first one holds it.
 *
 * Expected: destroy-while-held, with the init call and with the acquisition, and unlock-not-locked,
 * as the mutex is a new one by then; nothing with ONCE.
 */
#include "handshake.h"

static pthread_mutex_t registry;
static int stage;

static void set_up(void)
{
    pthread_mutex_init(&registry, NULL); /* @init */
}

static void *first_part(void *unused)
{
    pthread_mutex_lock(&registry); /* @first */
    reach_stage(&stage, 1);
    await_stage(&stage, 2);
    pthread_mutex_unlock(&registry); /* @unlock */
    return unused;
}

static void *second_part(void *unused)
{
    await_stage(&stage, 1);
#ifndef ONCE
    set_up();
#endif
    reach_stage(&stage, 2);
    return unused;
}

int main(void)
{
    set_up();
    run_both(first_part, second_part);
    puts("set up");
    return 0;
}
