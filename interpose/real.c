#include "real.h"

#include "say.h"

struct lh_real lh_real;
bool lh_real_ready;

/*
 * The version matters where a name has two meanings: dlsym() may answer with the old one. A preloaded
 * allocator or another tool behind us is unversioned and found either way.
 */
static void *resolve(const char *name, const char *version)
{
    void *found = NULL;

    if (version[0])
        found = dlvsym(RTLD_NEXT, name, version);
    return found ? found : dlsym(RTLD_NEXT, name);
}

void lh_real_resolve(void)
{
    /* Two threads may do this at once: both store the same values. */
#define HOOK(function, version, family, required)                                                  \
    if (!lh_real.function)                                                                         \
        lh_real.function = (__typeof__(function) *)resolve(#function, version);                    \
    if (required && !lh_real.function)                                                             \
        lh_die("this C library lacks " #function " (Lockhound needs glibc 2.28 or newer)");
#include "hooks.def"
#undef HOOK
    lh_real.malloc_usable_size =
        (size_t(*)(void *))dlsym(RTLD_NEXT, "malloc_usable_size");
    /* Pairs with the acquire in lh_real_need(). */
    __atomic_store_n(&lh_real_ready, true, __ATOMIC_RELEASE);
}
