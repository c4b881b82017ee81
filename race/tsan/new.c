/*
 * operator new of C++ lies in the C++ library, which is not instrumented. Who calls it may be: the
 * block is allocated there, and counts as written by it.
 */
#include <dlfcn.h>
#include <malloc.h>
#include <stddef.h>
#include <stdlib.h>

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

/* NULL: no C++ library can be found; a plugin may have its own inside. */
static void *next(void **known, const char *name)
{
    static const char *const libraries[] = {"libstdc++.so.6", "libc++.so.1"};
    void *found = __atomic_load_n(known, __ATOMIC_RELAXED);

    if (found)
        return found;
    found = dlsym(RTLD_NEXT, name);
    /* A C program may have loaded the C++ library for a plugin alone. */
    for (size_t i = 0; !found && i < sizeof(libraries) / sizeof(libraries[0]); i++) {
        void *library = dlopen(libraries[i], RTLD_LAZY | RTLD_NOLOAD);
        if (library)
            found = dlsym(library, name);
    }
    __atomic_store_n(known, found, __ATOMIC_RELAXED);
    return found;
}

/* Without a library it is what they all are: memory that free() takes back. */
#define NEW(name, parameters, arguments, plain)                                   \
    LH_INTERCEPT void *name parameters;                                           \
    LH_INTERCEPT void *name parameters                                            \
    {                                                                             \
        static void *known;                                                       \
        void *(*real)parameters = (void *(*)parameters)next(&known, #name);       \
        uintptr_t outer __attribute__((cleanup(end), unused)) = begin(LH_CALLER); \
        return real ? real arguments : plain;                                     \
    }

NEW(_Znwm, (size_t size), (size), malloc(size))
NEW(_Znam, (size_t size), (size), malloc(size))
NEW(_ZnwmRKSt9nothrow_t, (size_t size, const void *nothrow), (size, nothrow), malloc(size))
NEW(_ZnamRKSt9nothrow_t, (size_t size, const void *nothrow), (size, nothrow), malloc(size))
NEW(_ZnwmSt11align_val_t, (size_t size, size_t alignment), (size, alignment),
    memalign(alignment, size))
NEW(_ZnamSt11align_val_t, (size_t size, size_t alignment), (size, alignment),
    memalign(alignment, size))
NEW(_ZnwmSt11align_val_tRKSt9nothrow_t, (size_t size, size_t alignment, const void *nothrow),
    (size, alignment, nothrow), memalign(alignment, size))
NEW(_ZnamSt11align_val_tRKSt9nothrow_t, (size_t size, size_t alignment, const void *nothrow),
    (size, alignment, nothrow), memalign(alignment, size))
