/*
 * One thread signals a condition before the other waits for it. A condition has no memory: the
 * signal is gone, and the wait has no end.
 *
 * Expected: it hangs, and that is a lost-wakeup. With -DFIXED the signal announces a state that is
 * set under the mutex, and who finds it set does not wait: nothing.
 */
#include <unistd.h>

#include "handshake.h"

static pthread_mutex_t counter = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t served = PTHREAD_COND_INITIALIZER;
static int is_served;
static int stage;

static void *cook(void *unused)
{
    (void)unused;
    pthread_setname_np(pthread_self(), "cook");
    pthread_mutex_lock(&counter);
    is_served = 1;
    pthread_cond_signal(&served); /* @signal */
    pthread_mutex_unlock(&counter);
    reach_stage(&stage, 1);
    return NULL;
}

static void *guest(void *unused)
{
    (void)unused;
    pthread_setname_np(pthread_self(), "guest");
    await_stage(&stage, 1);
    pthread_mutex_lock(&counter);
#ifdef FIXED
    while (!is_served)
#endif
        pthread_cond_wait(&served, &counter); /* @wait */
    pthread_mutex_unlock(&counter);
    puts("eats");
    return NULL;
}

int main(void)
{
#ifndef FIXED
    printf("pid %d\n", (int)getpid());
    fflush(stdout);
#endif
    run_both(cook, guest);
    return 0;
}
