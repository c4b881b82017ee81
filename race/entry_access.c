/*
 * The entry points of memory accesses (LLVM's tsan_interface.h names them all; gcc and clang each
 * use some).
 */
#include "entry.h"

static inline __attribute__((always_inline)) void access_wide(uintptr_t addr, uint32_t bits,
                                                              uint32_t flags, uintptr_t pc)
{
    const struct lh_hot *hot = &lh_hot;

    if (hot->epoch && lh_is_known(hot, addr, bits | LH_WORD_BYTES) &&
        lh_is_known(hot, addr + LH_GRANULE, bits | LH_WORD_BYTES) && !(addr & (LH_GRANULE - 1)))
        return;
    lh_entry_range(addr, 16, bits, lh_where(pc, 16, flags));
}

/* Anywhere: it may lie in two granules. */
static inline __attribute__((always_inline)) void
access_unaligned(uintptr_t addr, uint32_t size, uint32_t bits, uint32_t flags, uintptr_t pc)
{
    if ((addr & (LH_GRANULE - 1)) + size <= LH_GRANULE)
        lh_entry_access(addr, size, bits, flags, pc);
    else
        lh_entry_range(addr, size, bits, lh_where(pc, size, flags));
}

#define ACCESS(name, size, bits, flags)                                     \
    LH_ENTRY void __tsan_##name##size(void *addr);                          \
    LH_ENTRY void __tsan_##name##size(void *addr)                           \
    {                                                                       \
        lh_entry_access((uintptr_t)addr, size, bits, flags, LH_CALLER);     \
    }                                                                       \
    LH_ENTRY void __tsan_##name##size##_pc(void *addr, void *pc);           \
    LH_ENTRY void __tsan_##name##size##_pc(void *addr, void *pc)            \
    {                                                                       \
        lh_entry_access((uintptr_t)addr, size, bits, flags, (uintptr_t)pc); \
    }
#define UNALIGNED(name, size, bits, flags)                               \
    LH_ENTRY void __tsan_unaligned_##name##size(void *addr);             \
    LH_ENTRY void __tsan_unaligned_##name##size(void *addr)              \
    {                                                                    \
        access_unaligned((uintptr_t)addr, size, bits, flags, LH_CALLER); \
    }
#define WIDE(name, bits, flags)                               \
    LH_ENTRY void __tsan_##name##16(void *addr);              \
    LH_ENTRY void __tsan_##name##16(void *addr)               \
    {                                                         \
        access_wide((uintptr_t)addr, bits, flags, LH_CALLER); \
    }

#define SIZES(name, bits, flags)    \
    ACCESS(name, 1, bits, flags)    \
    ACCESS(name, 2, bits, flags)    \
    ACCESS(name, 4, bits, flags)    \
    ACCESS(name, 8, bits, flags)    \
    WIDE(name, bits, flags)         \
    UNALIGNED(name, 2, bits, flags) \
    UNALIGNED(name, 4, bits, flags) \
    UNALIGNED(name, 8, bits, flags) \
    WIDE(unaligned_##name, bits, flags)

SIZES(read, 0, 0)
SIZES(write, LH_WORD_WRITE, 0)
SIZES(volatile_read, 0, LH_ACCESS_VOLATILE)
SIZES(volatile_write, LH_WORD_WRITE, LH_ACCESS_VOLATILE)
SIZES(read_write, LH_WORD_WRITE, 0)

/* Older spellings of clang: volatile comes after unaligned. */
UNALIGNED(volatile_read, 1, 0, LH_ACCESS_VOLATILE)
UNALIGNED(volatile_write, 1, LH_WORD_WRITE, LH_ACCESS_VOLATILE)
UNALIGNED(read, 1, 0, 0)
UNALIGNED(write, 1, LH_WORD_WRITE, 0)

#define RANGE(name, bits)                                                             \
    LH_ENTRY void __tsan_##name##_range(void *addr, uintptr_t size);                  \
    LH_ENTRY void __tsan_##name##_range(void *addr, uintptr_t size)                   \
    {                                                                                 \
        lh_entry_range((uintptr_t)addr, size, bits,                                   \
                       lh_where(LH_CALLER, size < 0xff ? (uint32_t)size : 0, 0));     \
    }                                                                                 \
    LH_ENTRY void __tsan_##name##_range_pc(void *addr, uintptr_t size, void *pc);     \
    LH_ENTRY void __tsan_##name##_range_pc(void *addr, uintptr_t size, void *pc)      \
    {                                                                                 \
        lh_entry_range((uintptr_t)addr, size, bits,                                   \
                       lh_where((uintptr_t)pc, size < 0xff ? (uint32_t)size : 0, 0)); \
    }
RANGE(read, 0)
RANGE(write, LH_WORD_WRITE)

/*
 * The pointer to a C++ object's virtual functions. Storing the value that is there already is what
 * a destructor does that has nothing to change: no write then.
 */
LH_ENTRY void __tsan_vptr_update(void **vptr, void *value);
LH_ENTRY void __tsan_vptr_update(void **vptr, void *value)
{
    if (__atomic_load_n(vptr, __ATOMIC_RELAXED) != value)
        lh_entry_access((uintptr_t)vptr, sizeof *vptr, LH_WORD_WRITE, LH_ACCESS_VTABLE, LH_CALLER);
}

LH_ENTRY void __tsan_vptr_read(void **vptr);
LH_ENTRY void __tsan_vptr_read(void **vptr)
{
    lh_entry_access((uintptr_t)vptr, sizeof *vptr, 0, LH_ACCESS_VTABLE, LH_CALLER);
}
