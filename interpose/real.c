#include "real.h"

#include <stdint.h>

#include "say.h"

struct lh_real lh_real;
bool lh_real_ready;

/*
 * The version matters where a name has two meanings: dlsym() may answer with the old one. A
 * preloaded allocator or another tool behind us is unversioned and found either way.
 */
static void *resolve(const char *name, const char *version)
{
    void *found = NULL;

    if (version[0])
        found = dlvsym(RTLD_NEXT, name, version);
    return found ? found : dlsym(RTLD_NEXT, name);
}

/* From the same object as `other`: the next one of the name may be of another allocator. */
static void *resolve_beside(void (*other)(void *), const char *name)
{
    void *found = dlsym(RTLD_NEXT, name);
    Dl_info of_found, of_other;

    if (!found || !dladdr(found, &of_found) || !dladdr((void *)(uintptr_t)other, &of_other) ||
        of_found.dli_fbase != of_other.dli_fbase)
        return NULL;
    return found;
}

void lh_real_resolve(void)
{
    /* Two threads may do this at once: both store the same values. */
#define HOOK(function, version, family, required)                               \
    if (!lh_real.function)                                                      \
        lh_real.function = (__typeof__(function) *)resolve(#function, version); \
    if (required && !lh_real.function)                                          \
        lh_die("this C library lacks " #function " (Lockhound needs glibc 2.28 or newer)");
#include "hooks.def"
#undef HOOK
    lh_real.malloc_usable_size =
        (size_t(*)(void *))resolve_beside(lh_real.free, "malloc_usable_size");
    lh_real.dl_find_object = (int (*)(void *, void *))dlsym(RTLD_NEXT, "_dl_find_object");
    /* Pairs with the acquire in lh_real_need(). */
    __atomic_store_n(&lh_real_ready, true, __ATOMIC_RELEASE);
}
