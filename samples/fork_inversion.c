/*
 * Parent and child show the same inversion, each with threads of its own. It is one mistake in the
 * code, and told once. (-DOTHER_ORDER: the parent has the one order and the child the other. These
 * are two processes with locks of their own, which never meet.)
 *
 * Expected: one lock-order-inversion and one more like it; with OTHER_ORDER nothing.
 */
#include <sys/wait.h>
#include <unistd.h>

#include "handshake.h"

static pthread_mutex_t drum = PTHREAD_MUTEX_INITIALIZER;
static pthread_mutex_t sticks = PTHREAD_MUTEX_INITIALIZER;
static int turn;

static void *boy(void *unused)
{
    (void)unused;
    pthread_mutex_lock(&drum);   /* @boy-drum */
    pthread_mutex_lock(&sticks); /* @boy-sticks */
    pthread_mutex_unlock(&sticks);
    pthread_mutex_unlock(&drum);
    reach_stage(&turn, 1);
    return NULL;
}

static void *girl(void *unused)
{
    (void)unused;
    await_stage(&turn, 1);
    pthread_mutex_lock(&sticks); /* @girl-sticks */
    pthread_mutex_lock(&drum);   /* @girl-drum */
    pthread_mutex_unlock(&drum);
    pthread_mutex_unlock(&sticks);
    return NULL;
}

static void play(int in_child)
{
#ifdef OTHER_ORDER
    turn = in_child;
    run_both(in_child ? girl : boy, in_child ? girl : boy);
#else
    (void)in_child;
    turn = 0;
    run_both(boy, girl);
#endif
}

int main(void)
{
    int status = 0;

    play(0);
    pid_t child = fork();
    if (child == 0) {
        play(1);
        _exit(0);
    }
    require(child < 0 || waitpid(child, &status, 0) < 0, "fork");
    puts("both played");
    return status != 0;
}
