/*
 * The check of an access against the last ones to the same bytes.
 */
#ifndef LH_RACE_CHECK_H
#define LH_RACE_CHECK_H

#include <stddef.h>
#include <stdint.h>

#include "hot.h"
#include "shadow.h"
#include "watched.h"
#include "words.h"

/*
 * An access that the fast path did not know: to the bytes of one granule that `bits` says
 * (LH_WORD_WRITE, LH_WORD_ATOMIC and the bytes). `where`: see accesses.h.
 */
void lh_check(struct lh_hot *hot, uintptr_t addr, uint32_t bits, uint64_t where);

/* The same for any number of bytes. */
void lh_check_range(struct lh_hot *hot, uintptr_t addr, uintptr_t size, uint32_t bits,
                    uint64_t where);

/*
 * Has this thread, since its last release, accessed at least these bytes in at least this way? Then
 * there is nothing new to be found: whatever races with this access races with that one.
 */
static inline bool lh_word_covers(uint64_t word, uint64_t epoch, uint32_t bits)
{
    uint64_t same = ~(uint64_t)(LH_WORD_BYTES | LH_WORD_TAGS) | (bits & LH_WORD_BYTES);

    /* A write covers a read, a plain access covers an atomic one. */
    if (!(bits & LH_WORD_WRITE))
        same &= ~(uint64_t)LH_WORD_WRITE;
    if (bits & LH_WORD_ATOMIC)
        same &= ~(uint64_t)LH_WORD_ATOMIC;
    return ((word ^ (epoch | bits)) & same) == 0;
}

/* The entries are in a record, `in`. Has this thread made the very same access since its last
 * release? It remembers its last one (renewal.h). */
static inline bool lh_is_made(const struct lh_hot *hot, const struct lh_renewal *renewal,
                              uint64_t in, uint32_t bits)
{
    return renewal->record == in &&
           (renewal->word & ~(uint64_t)LH_WORD_TAGS) == (hot->epoch | bits);
}

/* `where` is needed only when the access is new. */
static inline __attribute__((always_inline)) bool lh_is_known(const struct lh_hot *hot,
                                                              uintptr_t addr, uint32_t bits)
{
    const struct lh_cell *cell = lh_shadow_find(hot->shadow, addr);

    if (!cell)
        return false;
    /* Relaxed: only this thread writes words of its epoch. */
    uint64_t first = __atomic_load_n(&cell->word[0], __ATOMIC_RELAXED);
    if (lh_word_covers(first, hot->epoch, bits) ||
        lh_word_covers(__atomic_load_n(&cell->word[1], __ATOMIC_RELAXED), hot->epoch, bits))
        return true;
    return lh_word_in_record(first) &&
           lh_is_made(hot, lh_renewal_of(hot->thread, addr), first, bits);
}

/* The bytes of its granule that an access of `size` bytes at `addr` touches. */
static inline uint32_t lh_bytes(uintptr_t addr, uint32_t size)
{
    return (((1u << size) - 1) << (addr & (LH_GRANULE - 1))) & LH_WORD_BYTES;
}

#endif
