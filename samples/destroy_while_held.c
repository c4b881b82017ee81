/*
 * A mutex is destroyed while another thread holds it.
 *
 * Expected: destroy-while-held, with the destroy call and with the acquisition.
 */
#include "handshake.h"

static pthread_mutex_t channel = PTHREAD_MUTEX_INITIALIZER;
static int stage;

static void *reader(void *unused)
{
    pthread_mutex_lock(&channel); /* @reader */
    reach_stage(&stage, 1);
    await_stage(&stage, 2);
    pthread_mutex_unlock(&channel);
    return unused;
}

static void *closer(void *unused)
{
    await_stage(&stage, 1);
    pthread_mutex_destroy(&channel); /* @closer */
    reach_stage(&stage, 2);
    return unused;
}

int main(void)
{
    run_both(reader, closer);
    puts("closed");
    return 0;
}
