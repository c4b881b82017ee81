/*
 * A library with a lock of its own, built twice: one takes its lock and then the host's, the other
 * the host's and then its own. They are never loaded at the same time, and land at the same
 * address.
 */
#include <pthread.h>

#include "plugin.h"

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

void *plugin_work(pthread_mutex_t *host)
{
    pthread_mutex_t *first = PLUGIN_FIRST ? &lock : host;
    pthread_mutex_t *second = PLUGIN_FIRST ? host : &lock;

    pthread_mutex_lock(first);
    pthread_mutex_lock(second);
    pthread_mutex_unlock(second);
    pthread_mutex_unlock(first);
    return &lock;
}

/* More than a call follows, so that it returns here. */
void plugin_leave(void (*leave)(int), int status)
{
    leave(status);
    __asm__ volatile("" ::: "memory");
}
