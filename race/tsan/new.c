/*
 * operator new of C++ lies in the C++ library, which is not instrumented. Who calls it may be: the
 * block is allocated there, and counts as written by it.
 */
#include <dlfcn.h>
#include <stddef.h>

#include "allocating.h"
#include "real.h"

__thread uintptr_t lh_allocating __attribute__((tls_model("initial-exec")));

/* operator new[] calls operator new: the outermost counts. */
static uintptr_t begin(uintptr_t caller)
{
    uintptr_t outer = lh_allocating;

    if (!outer)
        lh_allocating = caller;
    return outer;
}

/* Also when it throws. */
static void end(const uintptr_t *outer)
{
    lh_allocating = *outer;
}

static void *next(void **known, const char *name)
{
    void *found = __atomic_load_n(known, __ATOMIC_RELAXED);

    if (!found) {
        found = dlsym(RTLD_NEXT, name);
        /* A C program may have loaded the C++ library for a plugin alone. */
        void *library = found ? NULL : dlopen("libstdc++.so.6", RTLD_LAZY | RTLD_NOLOAD);
        if (library)
            found = dlsym(library, name);
        __atomic_store_n(known, found, __ATOMIC_RELAXED);
    }
    return found;
}

#define NEW(name, parameters, arguments)                                          \
    LH_INTERCEPT void *name parameters;                                           \
    LH_INTERCEPT void *name parameters                                            \
    {                                                                             \
        static void *known;                                                       \
        void *(*real)parameters = (void *(*)parameters)next(&known, #name);       \
        uintptr_t outer __attribute__((cleanup(end), unused)) = begin(LH_CALLER); \
        return real arguments;                                                    \
    }

NEW(_Znwm, (size_t size), (size))
NEW(_Znam, (size_t size), (size))
NEW(_ZnwmRKSt9nothrow_t, (size_t size, const void *nothrow), (size, nothrow))
NEW(_ZnamRKSt9nothrow_t, (size_t size, const void *nothrow), (size, nothrow))
NEW(_ZnwmSt11align_val_t, (size_t size, size_t alignment), (size, alignment))
NEW(_ZnamSt11align_val_t, (size_t size, size_t alignment), (size, alignment))
NEW(_ZnwmSt11align_val_tRKSt9nothrow_t, (size_t size, size_t alignment, const void *nothrow),
    (size, alignment, nothrow))
NEW(_ZnamSt11align_val_tRKSt9nothrow_t, (size_t size, size_t alignment, const void *nothrow),
    (size, alignment, nothrow))
