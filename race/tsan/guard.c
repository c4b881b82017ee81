/*
 * The C++ runtime's guard of a local static: who initializes it happens before all who find it
 * initialized. The compiler's quick look at the guard is an atomic load of its first byte, which it
 * tells of by itself.
 */
#include <dlfcn.h>
#include <stdint.h>

#include "calls.h"
#include "real.h"

static int (*real_acquire)(void *guard);
static void (*real_release)(void *guard);
static void (*real_abort)(void *guard);

/* A C program may have loaded the C++ runtime for a plugin alone: then it is not in the usual
 * search order. */
static void *find(const char *name)
{
    void *found = dlsym(RTLD_NEXT, name);
    void *library = found ? NULL : dlopen("libstdc++.so.6", RTLD_LAZY | RTLD_NOLOAD);

    return library ? dlsym(library, name) : found;
}

static void resolve(void)
{
    /* Two threads may do this at once: both store the same values. */
    real_release = (void (*)(void *))find("__cxa_guard_release");
    real_abort = (void (*)(void *))find("__cxa_guard_abort");
    __atomic_store_n(&real_acquire, (int (*)(void *))find("__cxa_guard_acquire"), __ATOMIC_RELEASE);
}

LH_INTERCEPT int __cxa_guard_acquire(void *guard);
LH_INTERCEPT int __cxa_guard_acquire(void *guard)
{
    if (!__atomic_load_n(&real_acquire, __ATOMIC_ACQUIRE))
        resolve();
    int mine = real_acquire(guard);
    lh_tsan_acquire(guard);
    return mine;
}

LH_INTERCEPT void __cxa_guard_release(void *guard);
LH_INTERCEPT void __cxa_guard_release(void *guard)
{
    lh_tsan_release(guard);
    real_release(guard);
}

LH_INTERCEPT void __cxa_guard_abort(void *guard);
LH_INTERCEPT void __cxa_guard_abort(void *guard)
{
    lh_tsan_release(guard);
    real_abort(guard);
}
