/*
 * A thread waits for a condition and keeps the lock around its mutex; who should signal wants that
 * lock first, and never comes to it. (-DFIXED: the taker lets go of the outer lock first.)
 *
 * Expected: it hangs, and that is blocking-while-held; with -DFIXED nothing.
 */
#include <unistd.h>

#include "handshake.h"

static pthread_mutex_t shop = PTHREAD_MUTEX_INITIALIZER;
static pthread_mutex_t shelf = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t filled = PTHREAD_COND_INITIALIZER;
static int goods;
static int stage;

static void *taker(void *unused)
{
    (void)unused;
    pthread_mutex_lock(&shop); /* @taker-shop */
    pthread_mutex_lock(&shelf);
#ifdef FIXED
    pthread_mutex_unlock(&shop);
#endif
    reach_stage(&stage, 1);
    while (!goods)
        pthread_cond_wait(&filled, &shelf); /* @taker-wait */
    goods--;
    pthread_mutex_unlock(&shelf);
#ifndef FIXED
    pthread_mutex_unlock(&shop);
#endif
    return NULL;
}

static void *giver(void *unused)
{
    (void)unused;
    await_stage(&stage, 1);
    pthread_mutex_lock(&shop); /* @giver-shop */
    pthread_mutex_lock(&shelf);
    goods++;
    pthread_cond_signal(&filled);
    pthread_mutex_unlock(&shelf);
    pthread_mutex_unlock(&shop);
    puts("given");
    return NULL;
}

int main(void)
{
#ifndef FIXED
    printf("pid %d\n", (int)getpid());
    fflush(stdout);
#endif
    run_both(taker, giver);
    return 0;
}
