/*
 * The shadow of eight bytes of memory: who accessed which of them last, as a set of entries.
 *
 * An entry is a word and an access number (accesses.h). The word holds all that the check needs:
 *
 *     63        32 31     16 15      8 7       0
 *     | clock     | slot    | flags   | bytes   |
 *
 * A cell has room for two entries. A third one moves them all into a record (records.h); word[0]
 * then says LH_WORD_IN_RECORD, with the record's number in place of the clock, and in the 16 bits
 * below which of its uses this is.
 *
 * A word and its access number are not stored in one step. The tag in the word says whether they
 * belong together, for all but one in 32 that do not - which takes two threads within nanoseconds.
 */
#ifndef LH_RACE_WORDS_H
#define LH_RACE_WORDS_H

#include <stdbool.h>
#include <stdint.h>

#define LH_GRANULE        8u
#define LH_WORD_BYTES     0xffu
#define LH_WORD_WRITE     0x100u
#define LH_WORD_ATOMIC    0x200u
#define LH_WORD_EARLY     0x400u /* made by the first owner alone (discipline.h) */
#define LH_WORD_TAG       11     /* lowest of five bits that the access number gives */
#define LH_WORD_TAGS      (0x1fu << LH_WORD_TAG)
#define LH_WORD_SLOT      16 /* lowest bit of the slot */
#define LH_WORD_CLOCK     32
#define LH_SLOT_MAX       0xfff0u /* slots 1 .. this; 0 is nobody */
#define LH_WORD_LOCKED    ((uint64_t)0xfffe << LH_WORD_SLOT)
#define LH_WORD_IN_RECORD ((uint64_t)0xffff << LH_WORD_SLOT)

/* word[0] also is the cell's lock: LH_WORD_LOCKED while a thread works on it. */
struct lh_cell {
    uint64_t word[2];
    uint32_t access[2];
};

_Static_assert(sizeof(struct lh_cell) == 3 * LH_GRANULE, "the address arithmetic in shadow.h");

static inline uint32_t lh_word_slot(uint64_t word)
{
    return (uint32_t)(word >> LH_WORD_SLOT) & 0xffff;
}

static inline uint32_t lh_word_clock(uint64_t word)
{
    return (uint32_t)(word >> LH_WORD_CLOCK);
}

static inline bool lh_word_in_record(uint64_t word)
{
    return (word & ((uint64_t)0xffff << LH_WORD_SLOT)) == LH_WORD_IN_RECORD;
}

static inline uint64_t lh_word_tag(uint32_t access)
{
    return (uint64_t)(access << LH_WORD_TAG & LH_WORD_TAGS);
}

/* Clock and slot only: one thread between two of its releases. */
static inline uint64_t lh_word_epoch(uint64_t word)
{
    return word >> LH_WORD_SLOT << LH_WORD_SLOT;
}

#endif
