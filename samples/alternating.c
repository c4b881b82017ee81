/*
 * Two threads take turns by signalling each other through one condition. That works when the one
 * who answers waits first. Here the other one starts first: its signal meets nobody, it waits for
 * an answer, and then the one who answers waits for the signal that has gone by.
 *
 * Expected: it hangs, and that is a lost-wakeup. With -DFIXED a variable says whose turn it is:
 * nothing.
 */
#include <unistd.h>

#include "handshake.h"

enum { ROUNDS = 3 };
enum { PING, PONG };

static pthread_mutex_t table = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t ball = PTHREAD_COND_INITIALIZER;
static int stage;
#ifdef FIXED
static int turn = PING;
#endif

/* Called with the table locked. */
static void hit(int player)
{
#ifdef FIXED
    turn = 1 - player;
#endif
    (void)player;
    pthread_cond_signal(&ball); /* @hit */
}

static void await_ball(int player)
{
#ifdef FIXED
    while (turn != player)
#endif
        pthread_cond_wait(&ball, &table); /* @await */
    (void)player;
}

static void *ping(void *unused)
{
    (void)unused;
    pthread_setname_np(pthread_self(), "ping");
    pthread_mutex_lock(&table);
    reach_stage(&stage, 1);
    for (int i = 0; i < ROUNDS; i++) {
        hit(PING);
        await_ball(PING);
    }
    pthread_mutex_unlock(&table);
    return NULL;
}

static void *pong(void *unused)
{
    (void)unused;
    pthread_setname_np(pthread_self(), "pong");
    await_stage(&stage, 1);
    pthread_mutex_lock(&table);
    for (int i = 0; i < ROUNDS; i++) {
        await_ball(PONG);
        hit(PONG);
    }
    pthread_mutex_unlock(&table);
    return NULL;
}

int main(void)
{
#ifndef FIXED
    printf("pid %d\n", (int)getpid());
    fflush(stdout);
#endif
    run_both(ping, pong);
    puts("played");
    return 0;
}
