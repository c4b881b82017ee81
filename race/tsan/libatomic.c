/*
 * Atomic operations that the compiler leaves to libatomic: of sizes that the processor has no
 * instruction for, or none that it may count on. They are taken for what orders most: each acquires
 * and releases, whatever it was asked for.
 */
#include <dlfcn.h>
#include <stdbool.h>
#include <stdint.h>

#include "calls.h"
#include "real.h"

typedef unsigned __int128 word;

/* The function of libatomic that stands behind one of these. */
static void *next(void **known, const char *name)
{
    void *found = __atomic_load_n(known, __ATOMIC_RELAXED);

    if (!found) {
        found = dlsym(RTLD_NEXT, name);
        __atomic_store_n(known, found, __ATOMIC_RELAXED);
    }
    return found;
}

#define ATOMIC(type, name, parameters, arguments, object)                             \
    LH_INTERCEPT type wrapped_##name parameters __asm__("__atomic_" #name);           \
    LH_INTERCEPT type wrapped_##name parameters                                       \
    {                                                                                 \
        static void *known;                                                           \
        type(*real) parameters = (type(*) parameters)next(&known, "__atomic_" #name); \
        lh_tsan_release(object);                                                      \
        type result = real arguments;                                                 \
        lh_tsan_acquire(object);                                                      \
        return result;                                                                \
    }
#define ATOMIC_VOID(name, parameters, arguments, object)                              \
    LH_INTERCEPT void wrapped_##name parameters __asm__("__atomic_" #name);           \
    LH_INTERCEPT void wrapped_##name parameters                                       \
    {                                                                                 \
        static void *known;                                                           \
        void(*real) parameters = (void(*) parameters)next(&known, "__atomic_" #name); \
        lh_tsan_release(object);                                                      \
        real arguments;                                                               \
        lh_tsan_acquire(object);                                                      \
    }

ATOMIC_VOID(load, (size_t size, void *p, void *ret, int order), (size, p, ret, order), p)
ATOMIC_VOID(store, (size_t size, void *p, void *from, int order), (size, p, from, order), p)
ATOMIC_VOID(exchange, (size_t size, void *p, void *from, void *ret, int order),
            (size, p, from, ret, order), p)
ATOMIC(bool, compare_exchange,
       (size_t size, void *p, void *expected, void *desired, int order, int failure),
       (size, p, expected, desired, order, failure), p)
ATOMIC(word, load_16, (void *p, int order), (p, order), p)
ATOMIC_VOID(store_16, (void *p, word value, int order), (p, value, order), p)
ATOMIC(word, exchange_16, (void *p, word value, int order), (p, value, order), p)
ATOMIC(bool, compare_exchange_16, (void *p, void *expected, word desired, int order, int failure),
       (p, expected, desired, order, failure), p)
ATOMIC(word, fetch_add_16, (void *p, word value, int order), (p, value, order), p)
ATOMIC(word, fetch_sub_16, (void *p, word value, int order), (p, value, order), p)
ATOMIC(word, fetch_and_16, (void *p, word value, int order), (p, value, order), p)
ATOMIC(word, fetch_or_16, (void *p, word value, int order), (p, value, order), p)
ATOMIC(word, fetch_xor_16, (void *p, word value, int order), (p, value, order), p)
