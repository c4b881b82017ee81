#include "next.h"

#include <dlfcn.h>
#include <link.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

static struct lh_next nexts[LH_NEXT_COUNT];

/* This library's own, whichever the program would find by the name. */
#define DELETE(name, parameters, arguments, size) \
    extern void lh_own##name parameters __attribute__((visibility("hidden")));
#include "deletes.def"
#undef DELETE

static const struct own {
    const char *name;
    void (*function)(void);
} owns[] = {
#define DELETE(symbol, parameters, arguments, size) {#symbol, (void (*)(void))lh_own##symbol},
#include "deletes.def"
#undef DELETE
};

static bool are_beside(const void *one, const void *other)
{
    Dl_info of_one, of_other;

    return dladdr(one, &of_one) && dladdr(other, &of_other) &&
           of_one.dli_fbase == of_other.dli_fbase;
}

/* Of another allocator, it would read what lies before the block as if it had written it. */
static void *usable_size_beside(const void *function)
{
    void *found = dlsym(RTLD_NEXT, "malloc_usable_size");

    return found && are_beside(found, function) ? found : NULL;
}

/* A C++ library that a C program has loaded for a plugin alone. */
static void *in_plugin(const char *name)
{
    static const char *const libraries[] = {"libstdc++.so.6", "libc++.so.1", "libc++abi.so.1"};

    for (size_t i = 0; i < sizeof(libraries) / sizeof(libraries[0]); i++) {
        void *library = dlopen(libraries[i], RTLD_LAZY | RTLD_NOLOAD);
        void *found = library ? dlsym(library, name) : NULL;
        if (found)
            return found;
    }
    return NULL;
}

/* Two threads may do this at once: both store the same values. */
static void resolve(enum lh_next_name name, void *function)
{
    struct lh_next *next = &nexts[name];

    next->usable_size = (size_t(*)(void *))usable_size_beside(function);
    /* Pairs with the acquire in lh_next(). */
    __atomic_store_n(&next->function, (void (*)(void))function, __ATOMIC_RELEASE);
}

const struct lh_next *lh_next(enum lh_next_name name)
{
    if (__builtin_expect(!__atomic_load_n(&nexts[name].function, __ATOMIC_ACQUIRE), 0)) {
        void *found = dlsym(RTLD_NEXT, owns[name].name);
        if (!found)
            found = in_plugin(owns[name].name);
        resolve(name, found ? found : (void *)(uintptr_t)free);
    }
    return &nexts[name];
}

/*
 * The loader passes over symbols without a value (dl-lookup.c, check_match()). In a C program there
 * is no next operator delete: there, plugins that were loaded apart from each other find their own,
 * and must not find this one before it. Programs inherit what is preloaded from each other.
 */
static void withdraw(const struct own *own)
{
    uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE);
    ElfW(Sym) *symbol = NULL;
    Dl_info info;

    if (!dladdr1((void *)(uintptr_t)own->function, &info, (void **)&symbol, RTLD_DL_SYMENT) ||
        !symbol || !info.dli_sname || strcmp(info.dli_sname, own->name) != 0)
        return;
    uintptr_t start = (uintptr_t)symbol & ~(page - 1);
    size_t size = (uintptr_t)(symbol + 1) - start;
    if (mprotect((void *)start, size, PROT_READ | PROT_WRITE) < 0)
        return;
    symbol->st_value = 0;
    mprotect((void *)start, size, PROT_READ);
}

__attribute__((constructor(101))) static void begin(void)
{
    for (enum lh_next_name name = 0; name < LH_NEXT_COUNT; name++) {
        void *found = dlsym(RTLD_NEXT, owns[name].name);
        if (found)
            resolve(name, found);
        else
            withdraw(&owns[name]);
    }
}
