/* The entry points of atomic operations. The operation itself is always done, watched or not. */
#include "atomics.h"
#include "entry.h"

/* Bits above are flags (hardware lock elision). */
#define ORDER(order) ((order)&0x7fff)

typedef uint8_t a8;
typedef uint16_t a16;
typedef uint32_t a32;
typedef uint64_t a64;
typedef unsigned __int128 a128;

/* All with sequential consistency but for stores, where on x86_64 that is what costs. */
#define PRIMITIVES(bits)                                                              \
    static inline a##bits load##bits(const volatile a##bits *p)                       \
    {                                                                                 \
        return __atomic_load_n(p, __ATOMIC_SEQ_CST);                                  \
    }                                                                                 \
    static inline void store##bits(volatile a##bits *p, a##bits v, int mo)            \
    {                                                                                 \
        if (mo == __ATOMIC_SEQ_CST)                                                   \
            __atomic_store_n(p, v, __ATOMIC_SEQ_CST);                                 \
        else                                                                          \
            __atomic_store_n(p, v, __ATOMIC_RELEASE);                                 \
    }                                                                                 \
    static inline a##bits exchange##bits(volatile a##bits *p, a##bits v)              \
    {                                                                                 \
        return __atomic_exchange_n(p, v, __ATOMIC_SEQ_CST);                           \
    }                                                                                 \
    static inline a##bits swap##bits(volatile a##bits *p, a##bits e, a##bits v)       \
    {                                                                                 \
        __atomic_compare_exchange_n(p, &e, v, 0, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST); \
        return e;                                                                     \
    }
PRIMITIVES(8)
PRIMITIVES(16)
PRIMITIVES(32)
PRIMITIVES(64)

/* cmpxchg16b (this file is compiled with -mcx16). */
static inline a128 swap128(volatile a128 *p, a128 e, a128 v)
{
    return __sync_val_compare_and_swap(p, e, v);
}

static inline a128 load128(const volatile a128 *p)
{
    return __sync_val_compare_and_swap((volatile a128 *)(uintptr_t)p, 0, 0);
}

static inline a128 exchange128(volatile a128 *p, a128 v)
{
    a128 seen = *p, before;

    while ((before = swap128(p, seen, v)) != seen)
        seen = before;
    return seen;
}

static inline void store128(volatile a128 *p, a128 v, int mo)
{
    (void)mo;
    exchange128(p, v);
}

/* In one step: threads that contend for it do not make each other try again. */
#define FETCHES(bits)      \
    FETCH(bits, fetch_add) \
    FETCH(bits, fetch_sub) \
    FETCH(bits, fetch_and) \
    FETCH(bits, fetch_or)  \
    FETCH(bits, fetch_xor) \
    FETCH(bits, fetch_nand)
#define FETCH(bits, name)                                            \
    static inline a##bits name##bits(volatile a##bits *p, a##bits v) \
    {                                                                \
        return __atomic_##name(p, v, __ATOMIC_SEQ_CST);              \
    }
FETCHES(8)
FETCHES(16)
FETCHES(32)
FETCHES(64)

#define FETCH128(name, expression)                                      \
    static inline a128 name##128(volatile a128 * p, a128 v)             \
    {                                                                   \
        a128 seen = *p, before;                                         \
        while ((before = swap128(p, seen, (a128)(expression))) != seen) \
            seen = before;                                              \
        return seen;                                                    \
    }
FETCH128(fetch_add, seen + v)
FETCH128(fetch_sub, seen - v)
FETCH128(fetch_and, seen &v)
FETCH128(fetch_or, seen | v)
FETCH128(fetch_xor, seen ^ v)
FETCH128(fetch_nand, ~(seen &v))

#define RMW(bits, name)                                                                    \
    LH_ENTRY a##bits __tsan_atomic##bits##_##name(volatile a##bits *p, a##bits v, int mo); \
    LH_ENTRY a##bits __tsan_atomic##bits##_##name(volatile a##bits *p, a##bits v, int mo)  \
    {                                                                                      \
        struct lh_atomic atomic =                                                          \
            lh_atomic_begin((uintptr_t)p, bits / 8, LH_ATOMIC_RMW, ORDER(mo), LH_CALLER);  \
        a##bits before = name##bits(p, v);                                                 \
        lh_atomic_end(&atomic, LH_ATOMIC_RMW, ORDER(mo));                                  \
        return before;                                                                     \
    }

#define COMPARE(bits, name)                                                                      \
    LH_ENTRY int __tsan_atomic##bits##_compare_exchange_##name(                                  \
        volatile a##bits *p, a##bits *expected, a##bits v, int mo, int fmo);                     \
    LH_ENTRY int __tsan_atomic##bits##_compare_exchange_##name(                                  \
        volatile a##bits *p, a##bits *expected, a##bits v, int mo, int fmo)                      \
    {                                                                                            \
        a##bits wanted = *expected;                                                              \
        a##bits before = compare_exchange##bits(p, wanted, v, ORDER(mo), ORDER(fmo), LH_CALLER); \
        if (before == wanted)                                                                    \
            return 1;                                                                            \
        *expected = before;                                                                      \
        return 0;                                                                                \
    }

#define WIDTH(bits)                                                                               \
    LH_ENTRY a##bits __tsan_atomic##bits##_load(const volatile a##bits *p, int mo);               \
    LH_ENTRY a##bits __tsan_atomic##bits##_load(const volatile a##bits *p, int mo)                \
    {                                                                                             \
        struct lh_atomic atomic =                                                                 \
            lh_atomic_begin((uintptr_t)p, bits / 8, LH_ATOMIC_LOAD, ORDER(mo), LH_CALLER);        \
        a##bits value = load##bits(p);                                                            \
        lh_atomic_end(&atomic, LH_ATOMIC_LOAD, ORDER(mo));                                        \
        return value;                                                                             \
    }                                                                                             \
    LH_ENTRY void __tsan_atomic##bits##_store(volatile a##bits *p, a##bits v, int mo);            \
    LH_ENTRY void __tsan_atomic##bits##_store(volatile a##bits *p, a##bits v, int mo)             \
    {                                                                                             \
        struct lh_atomic atomic =                                                                 \
            lh_atomic_begin((uintptr_t)p, bits / 8, LH_ATOMIC_STORE, ORDER(mo), LH_CALLER);       \
        store##bits(p, v, ORDER(mo));                                                             \
        lh_atomic_end(&atomic, LH_ATOMIC_STORE, ORDER(mo));                                       \
    }                                                                                             \
    LH_ENTRY a##bits __tsan_atomic##bits##_exchange(volatile a##bits *p, a##bits v, int mo);      \
    LH_ENTRY a##bits __tsan_atomic##bits##_exchange(volatile a##bits *p, a##bits v, int mo)       \
    {                                                                                             \
        struct lh_atomic atomic =                                                                 \
            lh_atomic_begin((uintptr_t)p, bits / 8, LH_ATOMIC_RMW, ORDER(mo), LH_CALLER);         \
        a##bits before = exchange##bits(p, v);                                                    \
        lh_atomic_end(&atomic, LH_ATOMIC_RMW, ORDER(mo));                                         \
        return before;                                                                            \
    }                                                                                             \
    static a##bits compare_exchange##bits(volatile a##bits *p, a##bits e, a##bits v, int mo,      \
                                          int fmo, uintptr_t pc)                                  \
    {                                                                                             \
        struct lh_atomic atomic = lh_atomic_begin((uintptr_t)p, bits / 8, LH_ATOMIC_RMW, mo, pc); \
        a##bits before = swap##bits(p, e, v);                                                     \
        if (before == e)                                                                          \
            lh_atomic_end(&atomic, LH_ATOMIC_RMW, mo);                                            \
        else                                                                                      \
            lh_atomic_end(&atomic, LH_ATOMIC_LOAD, fmo);                                          \
        return before;                                                                            \
    }                                                                                             \
    COMPARE(bits, strong)                                                                         \
    COMPARE(bits, weak)                                                                           \
    LH_ENTRY a##bits __tsan_atomic##bits##_compare_exchange_val(volatile a##bits *p, a##bits e,   \
                                                                a##bits v, int mo, int fmo);      \
    LH_ENTRY a##bits __tsan_atomic##bits##_compare_exchange_val(volatile a##bits *p, a##bits e,   \
                                                                a##bits v, int mo, int fmo)       \
    {                                                                                             \
        return compare_exchange##bits(p, e, v, ORDER(mo), ORDER(fmo), LH_CALLER);                 \
    }                                                                                             \
    RMW(bits, fetch_add)                                                                          \
    RMW(bits, fetch_sub)                                                                          \
    RMW(bits, fetch_and)                                                                          \
    RMW(bits, fetch_or)                                                                           \
    RMW(bits, fetch_xor)                                                                          \
    RMW(bits, fetch_nand)

WIDTH(8)
WIDTH(16)
WIDTH(32)
WIDTH(64)
WIDTH(128)

LH_ENTRY void __tsan_atomic_thread_fence(int mo);
LH_ENTRY void __tsan_atomic_thread_fence(int mo)
{
    lh_atomic_fence(ORDER(mo));
    __atomic_thread_fence(__ATOMIC_SEQ_CST);
}

LH_ENTRY void __tsan_atomic_signal_fence(int mo);
LH_ENTRY void __tsan_atomic_signal_fence(int mo)
{
    (void)mo;
    __atomic_signal_fence(__ATOMIC_SEQ_CST);
}
