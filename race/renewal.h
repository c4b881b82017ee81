/*
 * Memory that many read, each time with the lock taken anew: what one has read again and again is
 * the same read by the same place under the same locks. As long as nothing in the record changes
 * but that others do so, too, there is nothing to compare it with: reads do not conflict, and what
 * was in order stays so. It is counted, and its clock moves on.
 */
#ifndef LH_RACE_RENEWAL_H
#define LH_RACE_RENEWAL_H

#include <stdbool.h>
#include <stdint.h>

#include "discipline.h"
#include "hot.h"
#include "records.h"
#include "visit.h"
#include "watched.h"
#include "words.h"

static inline struct lh_renewal *lh_renewal_of(const struct lh_hot *hot, uint32_t record,
                                               uint32_t bits)
{
    uint64_t key = (uint64_t)(bits & LH_WORD_BYTES) << 32 | record;

    return &hot->thread->renewals[lh_cache_place(key, LH_RENEWAL_CACHE)];
}

static inline bool lh_is_judged(const struct lh_renewal *renewal, const struct lh_record *record)
{
    /* Relaxed: asked again with the cell locked. */
    return renewal->record == record->number &&
           renewal->version == __atomic_load_n(&record->version, __ATOMIC_RELAXED);
}

/* Of an access that cannot be renewed, remember where it lies (check.c). */
static inline void lh_note_renewal(const struct lh_visit *visit, const struct lh_entries *entries)
{
    struct lh_record *record = entries->record;
    bool others = visit->changed || visit->word & LH_WORD_WRITE;

    if (others)
        lh_record_changed(record);
    *lh_renewal_of(visit->hot, record->number, (uint32_t)visit->word) = (struct lh_renewal){
        .record = record->number,
        .version = record->version - (others || visit->found.kind || visit->breach.earlier),
        .access = visit->access,
        .at = visit->renewed ? visit->renewed - 1 : entries->count - 1,
    };
}

/* With the cell locked. false: it is to be judged in full. */
static inline bool lh_renew(const struct lh_hot *hot, struct lh_record *record, uint64_t word,
                            uint32_t access)
{
    if (word & LH_WORD_WRITE)
        return false;
    const struct lh_renewal *renewal = lh_renewal_of(hot, record->number, (uint32_t)word);
    if (!lh_is_judged(renewal, record) || renewal->access != access ||
        !lh_is_renewal(record->words[renewal->at], word))
        return false;
    struct lh_discipline *discipline = lh_discipline_of(record->discipline, word);
    if (discipline && !(word & LH_WORD_ATOMIC)) {
        if (discipline->breach.earlier)
            return false;
        lh_discipline_count(discipline, word, access, hot->lockset);
    }
    __atomic_store_n(&record->words[renewal->at], word, __ATOMIC_RELAXED);
    return true;
}

#endif
