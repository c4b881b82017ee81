/*
 * A mutex used to wake another thread: one thread locks it, another unlocks it.
 *
 * Expected: unlock-not-owner, with the unlock and with the acquisition.
 */
#include "handshake.h"

static pthread_mutex_t door = PTHREAD_MUTEX_INITIALIZER;
static int stage;

static void *porter(void *unused)
{
    pthread_mutex_lock(&door); /* @porter */
    reach_stage(&stage, 1);
    await_stage(&stage, 2);
    return unused;
}

static void *guest(void *unused)
{
    await_stage(&stage, 1);
    pthread_mutex_unlock(&door); /* @guest */
    reach_stage(&stage, 2);
    return unused;
}

int main(void)
{
    run_both(porter, guest);
    puts("the guest is in");
    return 0;
}
