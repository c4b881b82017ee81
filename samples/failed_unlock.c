/*
 * Opposite order with an error-checking mutex. While one thread holds it, another tries to unlock
 * it and is told that it may not. The holder holds it all the same.
 *
 * Expected: one lock-order-inversion, and unlock-not-owner for the attempt.
 */
#include <errno.h>

#include "handshake.h"

static pthread_mutex_t safe = PTHREAD_ERRORCHECK_MUTEX_INITIALIZER_NP;
static pthread_mutex_t ledger = PTHREAD_MUTEX_INITIALIZER;
static int stage;

static void *banker(void *unused)
{
    (void)unused;
    pthread_mutex_lock(&safe); /* @banker-safe */
    reach_stage(&stage, 1);
    await_stage(&stage, 2);
    pthread_mutex_lock(&ledger); /* @banker-ledger */
    pthread_mutex_unlock(&ledger);
    pthread_mutex_unlock(&safe);
    reach_stage(&stage, 3);
    return NULL;
}

static void *auditor(void *unused)
{
    (void)unused;
    await_stage(&stage, 1);
    if (pthread_mutex_unlock(&safe) != EPERM) /* @refused */
        exit(2);
    reach_stage(&stage, 2);
    await_stage(&stage, 3);
    pthread_mutex_lock(&ledger); /* @auditor-ledger */
    pthread_mutex_lock(&safe);   /* @auditor-safe */
    pthread_mutex_unlock(&safe);
    pthread_mutex_unlock(&ledger);
    return NULL;
}

int main(void)
{
    run_both(banker, auditor);
    puts("audited");
    return 0;
}
