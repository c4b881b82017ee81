/*
 * The baseline of overhead: a preloaded library that does nothing but call on. What it costs is the
 * price of standing in between at all; bench/ shows it beside the real shim.
 */
#include <dlfcn.h>
#include <pthread.h>

#include "export.h"

static int (*real_lock)(pthread_mutex_t *);
static int (*real_unlock)(pthread_mutex_t *);

__attribute__((constructor)) static void resolve(void)
{
    real_lock = (int (*)(pthread_mutex_t *))dlsym(RTLD_NEXT, "pthread_mutex_lock");
    real_unlock = (int (*)(pthread_mutex_t *))dlsym(RTLD_NEXT, "pthread_mutex_unlock");
}

LH_EXPORT int pthread_mutex_lock(pthread_mutex_t *mutex)
{
    if (!real_lock)
        resolve();
    return real_lock(mutex);
}

LH_EXPORT int pthread_mutex_unlock(pthread_mutex_t *mutex)
{
    if (!real_unlock)
        resolve();
    return real_unlock(mutex);
}
