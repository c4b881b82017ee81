/*
 * Two spinlocks in opposite order: a deadlock that burns two processors.
 *
 * Expected: one lock-order-inversion.
 */
#include "handshake.h"

static pthread_spinlock_t head, tail;
static int pushed;

static void *push(void *unused)
{
    (void)unused;
    pthread_spin_lock(&head); /* @push-head */
    pthread_spin_lock(&tail); /* @push-tail */
    pthread_spin_unlock(&tail);
    pthread_spin_unlock(&head);
    reach_stage(&pushed, 1);
    return NULL;
}

static void *pop(void *unused)
{
    (void)unused;
    await_stage(&pushed, 1);
    pthread_spin_lock(&tail); /* @pop-tail */
    pthread_spin_lock(&head); /* @pop-head */
    pthread_spin_unlock(&head);
    pthread_spin_unlock(&tail);
    return NULL;
}

int main(void)
{
    pthread_spin_init(&head, PTHREAD_PROCESS_PRIVATE);
    pthread_spin_init(&tail, PTHREAD_PROCESS_PRIVATE);
    run_both(push, pop);
    pthread_spin_destroy(&tail);
    pthread_spin_destroy(&head);
    puts("done");
    return 0;
}
