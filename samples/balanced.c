/*
 * The correct twin of the wrong uses: a recursive mutex released as often as acquired, a mutex
 * destroyed when it is free, one that is released on every way out, a robust mutex whose owner
 * ends.
 *
 * Expected: silent.
 */
#include <errno.h>

#include "handshake.h"

static pthread_mutex_t tree = PTHREAD_RECURSIVE_MUTEX_INITIALIZER_NP;
static pthread_mutex_t channel = PTHREAD_MUTEX_INITIALIZER;
static pthread_mutex_t shelf;

static void *visit(void *unused)
{
    pthread_mutex_lock(&tree);
    pthread_mutex_lock(&tree);
    pthread_mutex_lock(&channel);
    pthread_mutex_unlock(&tree);
    pthread_mutex_unlock(&channel);
    pthread_mutex_unlock(&tree);
    pthread_mutex_lock(&shelf);
    return unused;
}

int main(void)
{
    pthread_mutexattr_t attributes;

    pthread_mutexattr_init(&attributes);
    pthread_mutexattr_setrobust(&attributes, PTHREAD_MUTEX_ROBUST);
    require(pthread_mutex_init(&shelf, &attributes), "pthread_mutex_init");
    finish_thread(start_thread(visit, NULL));
    if (pthread_mutex_lock(&shelf) == EOWNERDEAD)
        pthread_mutex_consistent(&shelf);
    pthread_mutex_unlock(&shelf);
    pthread_mutex_destroy(&shelf);
    pthread_mutex_destroy(&channel);
    puts("in balance");
    return 0;
}
