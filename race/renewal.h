/*
 * Memory that many read, each time with the lock taken anew: what one has read again and again is
 * the same read by the same place under the same locks. As long as nothing in the record changes
 * but that others do so, too, there is nothing to compare it with: reads do not conflict, and what
 * was in order stays so. The same holds for atomic operations among each other. Such an access is
 * counted, and its clock moves on: renewed.
 *
 * From the second time on its thread does so alone: no memory is written that another thread uses.
 * Who judges an access, with the cell locked, first gathers what the threads did meanwhile. One
 * that renews at that moment may be overlooked. So it looks again a little later, at the latest
 * before it releases anything: if the record changed, the access is judged after all.
 */
#ifndef LH_RACE_RENEWAL_H
#define LH_RACE_RENEWAL_H

#include <stdbool.h>
#include <stdint.h>

#include "entries.h"
#include "hot.h"
#include "records.h"
#include "visit.h"
#include "watched.h"
#include "words.h"

/* Did nothing but renewals happen since? */
static inline bool lh_is_judged(const struct lh_renewal *renewal, const struct lh_record *record)
{
    /* Relaxed: asked again with the cell locked, or between two looks at the cell. */
    return renewal->version == __atomic_load_n(&record->version, __ATOMIC_RELAXED);
}

/* After a visit to a record, with the cell locked: may its access be renewed? */
void lh_note_renewal(const struct lh_visit *visit, const struct lh_entries *entries);

/* With the cell locked, in whose place `in` was. false: it is to be judged in full. */
bool lh_renew(struct lh_hot *hot, uintptr_t addr, uint64_t in, uint64_t word, uint32_t access);

/* With the cell of the address locked: what threads did alone is in the record and in its
 * discipline. */
void lh_renewals_gather(struct lh_record *record, uintptr_t addr);

/*
 * What the thread renewed alone and has not looked at again: where the record changed meanwhile,
 * the access is judged. Before the thread releases anything, and when it has no more room. No cell
 * is locked by this thread.
 */
void lh_renewals_look_again(struct lh_hot *hot);

/* The same, and leave the detector. */
void lh_renewals_settle(struct lh_hot *hot);

/* The place of such an access is not to be taken by another record's, renewed alone. No cell is
 * locked by this thread. */
void lh_renewal_make_room(struct lh_hot *hot, uintptr_t addr, uint64_t in);

/* The thread, or fiber, ends, and another one may get its slot. No cell is locked. */
void lh_renewals_end(const struct lh_hot *hot, struct lh_race_thread *thread);

static inline bool lh_is_same_place(const struct lh_hot *hot, const struct lh_renewal *renewal,
                                    uint64_t where)
{
    uint32_t context = hot->frame[-1].context;

    return renewal->place.where == where && renewal->place.context == context && context &&
           renewal->place.lockset == hot->lockset && !hot->lockset_stale;
}

static inline bool lh_may_renew_alone(const struct lh_renewal *renewal, uint32_t bits)
{
    return renewal->alone == bits &&
           lh_is_judged(renewal, lh_record_of(lh_word_clock(renewal->record)));
}

/* Between lh_hot_enter() and lh_hot_leave(). Returns whether there is room for another one. */
static inline bool lh_renew_now(struct lh_hot *hot, struct lh_renewal *renewal)
{
    struct lh_race_thread *thread = hot->thread;

    __atomic_store_n(&renewal->word, hot->epoch | (renewal->word & 0xffff), __ATOMIC_RELAXED);
    __atomic_store_n(&renewal->count, renewal->count + 1, __ATOMIC_RELAXED);
    thread->unsettled[thread->n_unsettled++] = renewal;
    return thread->n_unsettled < LH_UNSETTLED;
}

/* Without a lock. false: it is to be renewed or judged otherwise. */
static inline __attribute__((always_inline)) bool
lh_renew_alone(struct lh_hot *hot, struct lh_renewal *renewal, uint32_t bits, uint64_t where)
{
    if (!lh_may_renew_alone(renewal, bits) || !lh_is_same_place(hot, renewal, where) ||
        !lh_hot_try(hot))
        return false;
    if (__builtin_expect(lh_renew_now(hot, renewal), 1))
        lh_hot_leave(hot);
    else
        lh_renewals_settle(hot);
    return true;
}

#endif
