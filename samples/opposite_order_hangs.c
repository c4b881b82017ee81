/*
 * Two threads take two mutexes in opposite order, and each sleeps on the way from the first to the
 * second. The sleep is what makes such a program hang; here a meeting point makes it certain.
 *
 * Expected: it hangs. A trace of it, even of the killed process, gives one deadlock.
 */
#include <unistd.h>

#include "handshake.h"

static pthread_mutex_t drum = PTHREAD_MUTEX_INITIALIZER;
static pthread_mutex_t sticks = PTHREAD_MUTEX_INITIALIZER;
static int each_holds_one;

static void dawdle(void)
{
    join_stage(&each_holds_one);
    await_stage(&each_holds_one, 2);
    usleep(1000);
}

static void *boy(void *unused)
{
    (void)unused;
    pthread_setname_np(pthread_self(), "boy");
    pthread_mutex_lock(&drum); /* @boy-drum */
    dawdle();
    pthread_mutex_lock(&sticks); /* @boy-sticks */
    puts("the boy plays");
    return NULL;
}

static void *girl(void *unused)
{
    (void)unused;
    pthread_setname_np(pthread_self(), "girl");
    pthread_mutex_lock(&sticks); /* @girl-sticks */
    dawdle();
    pthread_mutex_lock(&drum); /* @girl-drum */
    puts("the girl plays");
    return NULL;
}

int main(void)
{
    printf("pid %d\n", (int)getpid());
    fflush(stdout);
    run_both(boy, girl);
    return 0;
}
