#include "anew.h"

#include <stddef.h>

#include "discipline.h"
#include "records.h"
#include "shadow.h"
#include "trace.h"

#define AROUND      8u /* granules to either side that are looked at */
#define LEAST       2u /* so many of them must be written */
#define LEAST_READ  4u /* the same when the first one was read before it was written */
#define CLOCK_RANGE 8u /* releases of the thread that "at that time" may span before the write */

struct search {
    uint32_t slot, clock; /* who wrote, and not before when */
    uint32_t guard;       /* lock that it did not hold; LH_NO_LOCK */
};

static bool is_it(const struct search *search, uint64_t word, uint32_t access)
{
    return word & LH_WORD_WRITE && !(word & LH_WORD_ATOMIC) && lh_word_slot(word) == search->slot &&
           lh_word_clock(word) >= search->clock && (word & LH_WORD_TAGS) == lh_word_tag(access) &&
           !lh_discipline_holds(word, access, search->guard);
}

/* Entries may change meanwhile: at worst one is overlooked (records.h). */
static bool is_in_record(const struct search *search, uint64_t word)
{
    struct lh_record *record = lh_record_of(lh_word_clock(word));
    uint32_t count = __atomic_load_n(&record->count, __ATOMIC_RELAXED);

    for (uint32_t i = 0; i < count && i < record->capacity; i++) {
        if (is_it(search, __atomic_load_n(&record->words[i], __ATOMIC_RELAXED),
                  __atomic_load_n(&lh_record_accesses(record)[i], __ATOMIC_RELAXED)))
            return true;
    }
    return false;
}

static bool is_written(const struct search *search, const struct lh_cell *cell)
{
    /* Acquire pairs with the release in lh_cell_unlock() (entries.h). */
    uint64_t first = __atomic_load_n(&cell->word[0], __ATOMIC_ACQUIRE);

    if (first == LH_WORD_LOCKED)
        return false;
    if (lh_word_in_record(first))
        return is_in_record(search, first);
    return is_it(search, first, __atomic_load_n(&cell->access[0], __ATOMIC_RELAXED)) ||
           is_it(search, __atomic_load_n(&cell->word[1], __ATOMIC_RELAXED),
                 __atomic_load_n(&cell->access[1], __ATOMIC_RELAXED));
}

bool lh_is_begun_anew(const struct lh_hot *hot, uintptr_t addr,
                      const struct lh_discipline *discipline)
{
    const struct lh_guard *guard = lh_discipline_guard(discipline);
    uint32_t clock = lh_word_clock(discipline->anew), found = 0;
    uint32_t least = discipline->anew_is_read ? LEAST_READ : LEAST;
    struct search search = {
        .slot = lh_word_slot(discipline->anew),
        .clock = clock > CLOCK_RANGE ? clock - CLOCK_RANGE : 0,
        .guard = guard ? guard->lock : LH_NO_LOCK,
    };
    uintptr_t first = addr - AROUND * LH_GRANULE, last = addr + AROUND * LH_GRANULE;

    for (uintptr_t at = first; at <= last && found < least; at += LH_GRANULE) {
        const struct lh_cell *cell = at != addr ? lh_shadow_find(hot->shadow, at) : NULL;
        found += cell && is_written(&search, cell);
    }
    return found >= least;
}
