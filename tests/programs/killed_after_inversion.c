/* Takes two mutexes in both orders, one thread after the other, and then kills itself. */
#include <signal.h>

#include "check.h"

static pthread_mutex_t left = PTHREAD_MUTEX_INITIALIZER;
static pthread_mutex_t right = PTHREAD_MUTEX_INITIALIZER;
static int stage;

static void lock_pair(pthread_mutex_t *first, pthread_mutex_t *second)
{
    pthread_mutex_lock(first);
    pthread_mutex_lock(second);
    pthread_mutex_unlock(second);
    pthread_mutex_unlock(first);
}

static void *one(void *unused)
{
    lock_pair(&left, &right);
    reach_stage(&stage, 1);
    return unused;
}

static void *other(void *unused)
{
    await_stage(&stage, 1);
    lock_pair(&right, &left);
    raise(SIGKILL);
    return unused;
}

int main(void)
{
    pthread_t first = start_thread(one, NULL);
    pthread_t second = start_thread(other, NULL);

    finish_thread(first);
    finish_thread(second);
    return 0;
}
