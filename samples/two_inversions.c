/*
 * Two pairs of mutexes, each pair taken in both orders: two faults that have nothing to do with
 * each other.
 *
 * Expected: two lock-order-inversions.
 */
#include "handshake.h"

static pthread_mutex_t hall = PTHREAD_MUTEX_INITIALIZER;
static pthread_mutex_t kitchen = PTHREAD_MUTEX_INITIALIZER;
static pthread_mutex_t road = PTHREAD_MUTEX_INITIALIZER;
static pthread_mutex_t bridge = PTHREAD_MUTEX_INITIALIZER;
static int out_of_the_way;

static void lock_pair(pthread_mutex_t *first, pthread_mutex_t *second)
{
    pthread_mutex_lock(first);
    pthread_mutex_lock(second);
    pthread_mutex_unlock(second);
    pthread_mutex_unlock(first);
}

static void *leave(void *unused)
{
    (void)unused;
    lock_pair(&hall, &kitchen);
    lock_pair(&road, &bridge);
    reach_stage(&out_of_the_way, 1);
    return NULL;
}

static void *come_home(void *unused)
{
    (void)unused;
    await_stage(&out_of_the_way, 1);
    lock_pair(&bridge, &road);
    lock_pair(&kitchen, &hall);
    return NULL;
}

int main(void)
{
    run_both(leave, come_home);
    puts("home again");
    return 0;
}
