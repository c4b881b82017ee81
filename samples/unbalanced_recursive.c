/*
 * A recursive mutex is acquired three times and released twice before its thread ends.
 *
 * Expected: unbalanced-recursive, with each acquisition.
 */
#include "handshake.h"

static pthread_mutex_t tree = PTHREAD_RECURSIVE_MUTEX_INITIALIZER_NP;

static void *visit(void *unused)
{
    pthread_mutex_lock(&tree); /* @visit */
    pthread_mutex_lock(&tree); /* @left */
    pthread_mutex_unlock(&tree);
    pthread_mutex_lock(&tree); /* @right */
    pthread_mutex_unlock(&tree);
    return unused;
}

int main(void)
{
    finish_thread(start_thread(visit, NULL));
    puts("visited");
    return 0;
}
