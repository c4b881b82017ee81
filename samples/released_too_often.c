/*
 * A recursive mutex is released once more than it was acquired. The C library refuses with EPERM,
 * which nobody looks at.
 *
 * Expected: unbalanced-recursive at the last unlock, with the last acquisition.
 */
#include "handshake.h"

static pthread_mutex_t tree = PTHREAD_RECURSIVE_MUTEX_INITIALIZER_NP;

static void *visit(void *unused)
{
    pthread_mutex_lock(&tree);
    pthread_mutex_lock(&tree); /* @last */
    pthread_mutex_unlock(&tree);
    pthread_mutex_unlock(&tree);
    pthread_mutex_unlock(&tree); /* @again */
    return unused;
}

int main(void)
{
    finish_thread(start_thread(visit, NULL));
    puts("visited");
    return 0;
}
