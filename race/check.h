/*
 * The check of an access against the last ones to the same bytes.
 */
#ifndef LH_RACE_CHECK_H
#define LH_RACE_CHECK_H

#include <stddef.h>
#include <stdint.h>

#include "hot.h"
#include "shadow.h"
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

static inline bool lh_cell_covers(const struct lh_cell *cell, uint64_t epoch, uint32_t bits)
{
    /* Relaxed: only this thread writes words of its epoch. */
    return lh_word_covers(__atomic_load_n(&cell->word[0], __ATOMIC_RELAXED), epoch, bits) ||
           lh_word_covers(__atomic_load_n(&cell->word[1], __ATOMIC_RELAXED), epoch, bits);
}

/* `where` is needed only when the access is new. */
static inline __attribute__((always_inline)) bool lh_is_known(const struct lh_hot *hot,
                                                              uintptr_t addr, uint32_t bits)
{
    const struct lh_cell *cell = lh_shadow_find(hot->shadow, addr);

    return cell && lh_cell_covers(cell, hot->epoch, bits);
}

/* The bytes of its granule that an access of `size` bytes at `addr` touches. */
static inline uint32_t lh_bytes(uintptr_t addr, uint32_t size)
{
    return (((1u << size) - 1) << (addr & (LH_GRANULE - 1))) & LH_WORD_BYTES;
}

#endif
