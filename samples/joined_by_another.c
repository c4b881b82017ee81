/*
 * create_join_order, one step further: the thread that takes the second order was there all the
 * time, but it joins the first one before it begins.
 *
 * Expected: nothing; one cycle is filtered as create-join.
 */
#include "handshake.h"

static pthread_mutex_t drum = PTHREAD_MUTEX_INITIALIZER;
static pthread_mutex_t sticks = PTHREAD_MUTEX_INITIALIZER;
static pthread_t boys_thread;

static void *boy(void *unused)
{
    (void)unused;
    pthread_mutex_lock(&drum);
    pthread_mutex_lock(&sticks);
    pthread_mutex_unlock(&sticks);
    pthread_mutex_unlock(&drum);
    return NULL;
}

static void *girl(void *unused)
{
    (void)unused;
    finish_thread(boys_thread);
    pthread_mutex_lock(&sticks);
    pthread_mutex_lock(&drum);
    pthread_mutex_unlock(&drum);
    pthread_mutex_unlock(&sticks);
    return NULL;
}

int main(void)
{
    boys_thread = start_thread(boy, NULL);
    finish_thread(start_thread(girl, NULL));
    puts("both played");
    return 0;
}
