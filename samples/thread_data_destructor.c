/*
 * The destructor of a thread's own data takes two locks after the thread's function returned. It
 * belongs to the thread all the same: who joined the thread comes after it, who did not runs
 * beside.
 *
 * Expected: one lock-order-inversion, between the destructor and the thread beside it; what main
 * does after the join is in the same order as that thread and adds nothing.
 */
#include "handshake.h"

static pthread_mutex_t pool = PTHREAD_MUTEX_INITIALIZER;
static pthread_mutex_t statistics = PTHREAD_MUTEX_INITIALIZER;
static pthread_key_t buffer;
static int turn;

static void give_back(void *data)
{
    (void)data;
    pthread_mutex_lock(&pool);       /* @give-pool */
    pthread_mutex_lock(&statistics); /* @give-statistics */
    pthread_mutex_unlock(&statistics);
    pthread_mutex_unlock(&pool);
    reach_stage(&turn, 1);
}

static void *user(void *unused)
{
    (void)unused;
    require(pthread_setspecific(buffer, &buffer), "pthread_setspecific");
    return NULL;
}

static void count(void)
{
    pthread_mutex_lock(&statistics); /* @count-statistics */
    pthread_mutex_lock(&pool);       /* @count-pool */
    pthread_mutex_unlock(&pool);
    pthread_mutex_unlock(&statistics);
}

static void *counter(void *unused)
{
    (void)unused;
    await_stage(&turn, 1);
    count();
    return NULL;
}

int main(void)
{
    require(pthread_key_create(&buffer, give_back), "pthread_key_create");
    run_both(user, counter);
    count();
    puts("counted");
    return 0;
}
