/*
 * An error path unlocks what the function has unlocked already.
 *
 * Expected: unlock-not-locked at the second unlock.
 */
#include "handshake.h"

static pthread_mutex_t ledger = PTHREAD_MUTEX_INITIALIZER;

static int book(int amount)
{
    pthread_mutex_lock(&ledger);
    pthread_mutex_unlock(&ledger);
    if (amount > 0)
        return amount;
    pthread_mutex_unlock(&ledger); /* @again */
    return 0;
}

static void *clerk(void *unused)
{
    printf("booked %d\n", book(5) + book(-5));
    return unused;
}

int main(void)
{
    finish_thread(start_thread(clerk, NULL));
    return 0;
}
