/*
 * A recursive mutex taken again inside a second lock. The thread has it already, so the inner
 * acquisition cannot wait and makes no order.
 *
 * Expected: nothing, and nothing filtered.
 */
#include "handshake.h"

static pthread_mutex_t tree = PTHREAD_RECURSIVE_MUTEX_INITIALIZER_NP;
static pthread_mutex_t leaf = PTHREAD_MUTEX_INITIALIZER;

static void count_leaves(void)
{
    pthread_mutex_lock(&tree);
    pthread_mutex_unlock(&tree);
}

static void *walk(void *unused)
{
    (void)unused;
    pthread_mutex_lock(&tree);
    pthread_mutex_lock(&leaf);
    count_leaves();
    pthread_mutex_unlock(&leaf);
    pthread_mutex_unlock(&tree);
    return NULL;
}

int main(void)
{
    run_both(walk, walk);
    puts("done");
    return 0;
}
