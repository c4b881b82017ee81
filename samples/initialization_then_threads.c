/*
 * main takes two mutexes in one order while it sets things up, then creates the thread that takes
 * them in the other order. What is done before a thread exists cannot block it.
 *
 * Expected: nothing; one cycle is filtered as create-join.
 */
#include "handshake.h"

static pthread_mutex_t registry = PTHREAD_MUTEX_INITIALIZER;
static pthread_mutex_t plugin = PTHREAD_MUTEX_INITIALIZER;

static void set_up(void)
{
    pthread_mutex_lock(&registry);
    pthread_mutex_lock(&plugin);
    pthread_mutex_unlock(&plugin);
    pthread_mutex_unlock(&registry);
}

static void *work(void *unused)
{
    (void)unused;
    pthread_mutex_lock(&plugin);
    pthread_mutex_lock(&registry);
    pthread_mutex_unlock(&registry);
    pthread_mutex_unlock(&plugin);
    return NULL;
}

int main(void)
{
    set_up();
    run_both(work, work);
    puts("done");
    return 0;
}
