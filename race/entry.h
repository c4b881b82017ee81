/* For the files that hold the entry points which compilers and annotations call. */
#ifndef LH_RACE_ENTRY_H
#define LH_RACE_ENTRY_H

#include <stdint.h>

#include "accesses.h"
#include "check.h"
#include "hot.h"
#include "trace.h"

#define LH_ENTRY  __attribute__((visibility("default")))
#define LH_CALLER ((uintptr_t)__builtin_return_address(0))

/* What the fast path does not know: see lh_check(). */
void lh_entry_slow(uintptr_t addr, uint32_t bits, uint64_t where);

/* Any number of bytes anywhere. */
void lh_entry_range(uintptr_t addr, uintptr_t size, uint32_t bits, uint64_t where);

/* Up to eight bytes that lie in one granule; `bits`: LH_WORD_WRITE, LH_WORD_ATOMIC. */
static inline __attribute__((always_inline)) void
lh_entry_access(uintptr_t addr, uint32_t size, uint32_t bits, uint32_t flags, uintptr_t pc)
{
    const struct lh_hot *hot = &lh_hot;

    bits |= lh_bytes(addr, size);
    /* The program is about to come here itself: let that wait go on beside ours for the shadow. */
    __builtin_prefetch((const void *)addr);
    if (__builtin_expect(hot->epoch && lh_is_known(hot, addr, bits), 1))
        return;
    lh_entry_slow(addr, bits, lh_where(pc, size, flags));
}

#endif
