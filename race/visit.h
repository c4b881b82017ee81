/*
 * An access on its way into a cell: it is compared with the entries that it meets there, takes the
 * place of those that it replaces, and is put among the others.
 */
#ifndef LH_RACE_VISIT_H
#define LH_RACE_VISIT_H

#include <stdbool.h>
#include <stdint.h>

#include "discipline.h"
#include "entries.h"
#include "hot.h"
#include "report.h"
#include "words.h"

#define LH_STAYING 8u /* entries that are few enough to keep */

struct lh_visit {
    struct lh_hot *hot;
    uintptr_t addr;
    uint64_t word;
    uint32_t access;
    struct lh_recent other;  /* the last entry of another thread */
    struct lh_finding found; /* a race */
    struct lh_breach breach; /* two accesses that luck orders */
    uint32_t renewed;        /* one more than the place of the entry that it renews; 0: none */
    bool changed;            /* the entries are others than before, not only renewed */
    uint32_t withdraws;      /* `found` was told, and is none, by this doubt; 0 */
};

/* May the older entry be forgotten where the newer one, which is after it, has the same bytes? */
static inline bool lh_replaces(uint64_t newer, uint64_t older)
{
    return (newer & LH_WORD_WRITE || !(older & LH_WORD_WRITE)) &&
           (!(newer & LH_WORD_ATOMIC) || older & LH_WORD_ATOMIC);
}

static inline bool lh_conflict(uint64_t a, uint64_t b)
{
    return (a | b) & LH_WORD_WRITE && !(a & b & LH_WORD_ATOMIC);
}

static inline bool lh_is_ordered(const struct lh_hot *hot, uint64_t word)
{
    return hot->clocks[lh_word_slot(word)] >= lh_word_clock(word);
}

/* They conflict; `before`: and are ordered. Notes the race, or that they are no more than luck's.
 */
void lh_visit_conflict(struct lh_visit *visit, uint64_t other, uint32_t access, bool before);

static inline bool lh_is_own(uint64_t left, uint64_t right)
{
    return !((left ^ right) & (uint64_t)0xffff << LH_WORD_SLOT);
}

/* One of this thread, or none. */
static inline bool lh_is_own_or_none(uint64_t entry, uint64_t epoch)
{
    return !entry || !((entry ^ epoch) & (uint64_t)0xffff << LH_WORD_SLOT);
}

/* Is it before the access in the visit? If it is another thread's and conflicts, that is noted. */
static inline __attribute__((always_inline)) bool
lh_visit_meet(struct lh_visit *visit, uint64_t other, const uint32_t *access)
{
    uint64_t word = visit->word;

    /* What one did is before what one does. */
    if (lh_is_own(other, word))
        return true;
    bool before = lh_is_ordered(visit->hot, other);
    visit->other = (struct lh_recent){other, *access};
    if (lh_conflict(other, word))
        lh_visit_conflict(visit, other, *access, before);
    return before;
}

/*
 * Is it the very same access, made again after a release? Then the entry stays where it is. Not for
 * few bytes: those had better be joined with their neighbours again (lh_visit_insert()).
 */
static inline bool lh_is_renewal(uint64_t word, uint64_t other)
{
    return (uint32_t)word == (uint32_t)other && ((word & 0x0f) == 0x0f || (word & 0xf0) == 0xf0);
}

/*
 * Two threads do the same atomic operation, mostly again and again: where each keeps its entry, the
 * entries change no more than those of reads do (renewal.h).
 */
static inline bool lh_both_stay(uint64_t word, uint64_t other, uint32_t count)
{
    uint64_t same = LH_WORD_BYTES | LH_WORD_WRITE | LH_WORD_ATOMIC;

    return word & LH_WORD_ATOMIC && !((word ^ other) & same) && !lh_is_own(other, word) &&
           count <= LH_STAYING;
}

/* Compare the access with each entry; drop what it replaces. */
static inline __attribute__((always_inline)) void lh_visit_compare(struct lh_visit *visit,
                                                                   struct lh_entries *entries)
{
    uint64_t *words = entries->words, word = visit->word;
    uint32_t *accesses = entries->accesses, count = entries->count, kept = 0;

    for (uint32_t i = 0; i < count; i++) {
        uint64_t other = words[i];
        if (other & word & LH_WORD_BYTES && lh_visit_meet(visit, other, &accesses[i]) &&
            lh_replaces(word, other) && !lh_both_stay(word, other, count)) {
            if (lh_is_renewal(word, other) && accesses[i] == visit->access) {
                other = word;
                visit->renewed = kept + 1;
            } else {
                other &= ~(word & LH_WORD_BYTES);
                visit->changed = true;
                if (!(other & LH_WORD_BYTES))
                    continue;
            }
        } else if (kept == i) {
            kept++;
            continue;
        }
        words[kept] = other;
        accesses[kept++] = accesses[i];
    }
    entries->count = kept;
}

/* Add the access; bytes that the same place accessed just before join in one entry. */
static inline void lh_visit_insert(struct lh_visit *visit, struct lh_entries *entries)
{
    uint64_t word = visit->word;
    uint32_t access = visit->access;

    if (visit->renewed)
        return;
    visit->changed = true;
    for (uint32_t i = 0; i < entries->count; i++) {
        if (entries->accesses[i] == access && (entries->words[i] ^ word) <= LH_WORD_BYTES) {
            entries->words[i] |= word;
            return;
        }
    }
    if (entries->count == entries->capacity && !lh_entries_grow(entries))
        entries->count--;
    entries->words[entries->count] = word;
    entries->accesses[entries->count++] = access;
}

#endif
