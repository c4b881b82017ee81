#include "renewal.h"

#include "accesses.h"
#include "deferred.h"
#include "discipline.h"
#include "judge.h"
#include "shadow.h"
#include "slots.h"

static bool is_renewable(uint64_t word)
{
    return !(word & LH_WORD_WRITE) || word & LH_WORD_ATOMIC;
}

/*
 * An atomic operation and another thread's plain read, say: if both were renewed, neither would be
 * compared with the other.
 */
static bool is_mixed(const struct lh_entries *entries, uint64_t word)
{
    for (uint32_t i = 0; i < entries->count; i++) {
        uint64_t other = entries->words[i];
        if (other & word & LH_WORD_BYTES && lh_conflict(other, word) && is_renewable(other) &&
            !lh_is_own(other, word))
            return true;
    }
    return false;
}

void lh_note_renewal(const struct lh_visit *visit, const struct lh_entries *entries)
{
    struct lh_record *record = entries->record;
    struct lh_renewal *renewal = lh_renewal_of(visit->hot->thread, visit->addr);
    uint64_t in = lh_record_word(record);
    bool renewable = is_renewable(visit->word) && !is_mixed(entries, visit->word) &&
                     !visit->found.kind && !visit->breach.earlier;

    if (visit->changed || !renewable)
        lh_record_changed(record);
    /* What its thread renews alone is not forgotten; it is settled when this access comes again. */
    if (renewal->alone && renewal->record != in)
        return;
    /* In this order: who gathers looks at the version first. */
    __atomic_store_n(&renewal->alone, 0, __ATOMIC_RELAXED);
    __atomic_store_n(&renewal->record, in, __ATOMIC_RELEASE);
    renewal->addr = visit->addr;
    renewal->access = visit->access;
    renewal->at = (uint16_t)(visit->renewed ? visit->renewed - 1 : entries->count - 1);
    __atomic_store_n(&renewal->word, visit->word, __ATOMIC_RELAXED);
    __atomic_store_n(&renewal->version, record->version - !renewable, __ATOMIC_RELEASE);
}

/* Each access counts at once where it shows, and where it may confirm a breach. */
static bool counts_at_once(const struct lh_discipline *discipline)
{
    return discipline && (discipline->race || lh_discipline_is_open(discipline));
}

static void go_alone(struct lh_renewal *renewal, struct lh_record *record)
{
    renewal->place = *lh_access_place(renewal->access);
    renewal->count = renewal->told = 0;
    record->alone = true;
    __atomic_store_n(&renewal->alone, (uint16_t)(renewal->word & ~(uint64_t)LH_WORD_TAGS),
                     __ATOMIC_RELEASE);
}

bool lh_renew(struct lh_hot *hot, uintptr_t addr, uint64_t in, uint64_t word, uint32_t access)
{
    struct lh_record *record = lh_record_of(lh_word_clock(in));
    struct lh_renewal *renewal = lh_renewal_of(hot->thread, addr);

    if (renewal->record != in || !lh_is_judged(renewal, record) || renewal->access != access ||
        !lh_is_renewal(record->words[renewal->at], word))
        return false;
    struct lh_discipline *discipline = NULL;
    if (!(word & LH_WORD_ATOMIC))
        discipline = lh_discipline_of(record->discipline, word);
    if (discipline) {
        if (lh_discipline_is_open(discipline))
            return false;
        lh_discipline_count(discipline, word, access, hot->lockset);
    }
    __atomic_store_n(&record->words[renewal->at], word, __ATOMIC_RELAXED);
    __atomic_store_n(&renewal->word, word, __ATOMIC_RELAXED);
    if (!renewal->alone && !counts_at_once(discipline))
        go_alone(renewal, record);
    return true;
}

/* With the cell locked, and the renewal known for one of this entry. */
static void gather(struct lh_renewal *renewal, struct lh_record *record)
{
    uint64_t word = __atomic_load_n(&renewal->word, __ATOMIC_RELAXED);
    uint32_t count = __atomic_load_n(&renewal->count, __ATOMIC_RELAXED);
    struct lh_discipline *discipline = NULL;

    __atomic_store_n(&record->words[renewal->at], word, __ATOMIC_RELAXED);
    if (!(word & LH_WORD_ATOMIC) && count != renewal->told)
        discipline = lh_discipline_of(record->discipline, word);
    if (discipline)
        lh_discipline_repeat(discipline, word, renewal->access, count - renewal->told);
    renewal->told = count;
}

/* Is this renewal of this record, alone, and not outdated? */
static bool is_alone(const struct lh_renewal *renewal, const struct lh_record *record)
{
    /* The version first; pairs with the order of lh_note_renewal(). */
    return __atomic_load_n(&renewal->version, __ATOMIC_ACQUIRE) == record->version &&
           __atomic_load_n(&renewal->record, __ATOMIC_ACQUIRE) == lh_record_word(record) &&
           __atomic_load_n(&renewal->alone, __ATOMIC_ACQUIRE) != 0;
}

/* Of the entry's thread, for its bytes. */
static struct lh_renewal *renewal_of_entry(uint64_t word, uintptr_t addr)
{
    uintptr_t granule = addr & ~(uintptr_t)(LH_GRANULE - 1);
    unsigned first = (unsigned)__builtin_ctz((uint32_t)word & LH_WORD_BYTES);

    return lh_renewal_of(lh_race_thread_of(lh_word_slot(word)), granule + first);
}

void lh_renewals_gather(struct lh_record *record, uintptr_t addr)
{
    if (!record->alone)
        return;
    for (uint32_t i = 0; i < record->count; i++) {
        struct lh_renewal *renewal = renewal_of_entry(record->words[i], addr);
        if (is_alone(renewal, record) && renewal->at == i)
            gather(renewal, record);
    }
}

/* It is not alone any more. */
static void settle(const struct lh_hot *hot, struct lh_renewal *renewal)
{
    struct lh_cell *cell = lh_shadow_find(hot->shadow, renewal->addr);
    uint64_t before = lh_cell_lock(cell);
    struct lh_record *record = lh_record_of(lh_word_clock(renewal->record));

    if (before == renewal->record && is_alone(renewal, record))
        gather(renewal, record);
    __atomic_store_n(&renewal->alone, 0, __ATOMIC_RELEASE);
    lh_cell_unlock(cell, before);
}

void lh_renewals_look_again(struct lh_hot *hot)
{
    struct lh_race_thread *thread = hot->thread;

    /* What was renewed is seen by all before we look whether the cell was locked: pairs with
     * lh_cell_try(), after which it is gathered. */
    __atomic_thread_fence(__ATOMIC_SEQ_CST);
    while (thread->n_unsettled) {
        struct lh_renewal *renewal = thread->unsettled[--thread->n_unsettled];
        struct lh_cell *cell = lh_shadow_find(hot->shadow, renewal->addr);
        /* It is judged already if it is not alone: that takes a visit to the same bytes. */
        if (!renewal->alone || lh_is_passed_on(thread) ||
            (__atomic_load_n(&cell->word[0], __ATOMIC_ACQUIRE) == renewal->record &&
             lh_is_judged(renewal, lh_record_of(lh_word_clock(renewal->record)))))
            continue;
        struct lh_visit visit = {
            .hot = hot, .addr = renewal->addr, .word = renewal->word, .access = renewal->access};
        lh_judge_lock(&visit, cell);
    }
}

void lh_renewals_settle(struct lh_hot *hot)
{
    lh_renewals_look_again(hot);
    lh_hot_leave(hot);
}

void lh_renewal_make_room(struct lh_hot *hot, uintptr_t addr, uint64_t in)
{
    struct lh_renewal *renewal = lh_renewal_of(hot->thread, addr);

    if (!renewal->alone || renewal->record == in)
        return;
    lh_renewals_look_again(hot);
    settle(hot, renewal);
}

void lh_renewals_end(const struct lh_hot *hot, struct lh_race_thread *thread)
{
    for (uint32_t i = 0; i < 1u << LH_RENEWAL_CACHE; i++) {
        struct lh_renewal *renewal = &thread->renewals[i];
        if (!renewal->record)
            continue;
        if (renewal->alone)
            settle(hot, renewal);
        __atomic_store_n(&renewal->record, 0, __ATOMIC_RELEASE);
    }
}
