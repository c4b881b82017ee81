#include "check.h"

#include <stdbool.h>
#include <stddef.h>

#include "accesses.h"
#include "entries.h"
#include "entry.h"
#include "guarded.h"
#include "judge.h"
#include "records.h"
#include "renewal.h"
#include "stored.h"
#include "visit.h"
#include "watched.h"

static void store_entry(struct lh_cell *cell, int i, uint64_t before,
                        const struct lh_entries *entries)
{
    uint64_t word = (uint32_t)i < entries->count ? entries->words[i] : 0;

    if (word == before)
        return;
    cell->access[i] = entries->accesses[i];
    __atomic_store_n(&cell->word[i], word, __ATOMIC_RELEASE);
}

/* Is there anything to judge: a race, or the locks of bytes that are shared? */
static bool is_plain(const struct lh_visit *visit, uint64_t other)
{
    if (!(other & visit->word & LH_WORD_BYTES) || lh_word_slot(other) == lh_word_slot(visit->word))
        return true;
    return !visit->hot->lockset &&
           (!lh_conflict(other, visit->word) || lh_is_ordered(visit->hot, other));
}

/* Does the newer entry of the same thread say all that the older one does? No entry says nothing.
 */
static inline __attribute__((always_inline)) bool is_outdated(uint64_t older, uint64_t newer)
{
    return !(older & ~newer & LH_WORD_BYTES) && (!older || lh_replaces(newer, older));
}

static void store_at(struct lh_cell *cell, int i, uint64_t word, uint32_t access)
{
    cell->access[i] = access;
    /* Release: who sees the word sees its access number, but for one that comes between. */
    __atomic_store_n(&cell->word[i], word, __ATOMIC_RELEASE);
}

/* The cell has entries of this thread only, or none. false: no room for another one. */
static inline __attribute__((always_inline)) bool
store_own(struct lh_cell *cell, uint64_t first, uint64_t second, uint64_t word, uint32_t access)
{
    if (is_outdated(first, word)) {
        store_at(cell, 0, word, access);
        if (second && is_outdated(second, word))
            __atomic_store_n(&cell->word[1], 0, __ATOMIC_RELAXED);
        return true;
    }
    if ((first ^ word) <= LH_WORD_BYTES && cell->access[0] == access) {
        __atomic_store_n(&cell->word[0], first | word, __ATOMIC_RELAXED);
        return true;
    }
    if (is_outdated(second, word)) {
        store_at(cell, 1, word, access);
        return true;
    }
    if ((second ^ word) <= LH_WORD_BYTES && cell->access[1] == access) {
        __atomic_store_n(&cell->word[1], second | word, __ATOMIC_RELAXED);
        return true;
    }
    return false;
}

/* false: it takes a lock. */
static bool store_plainly(struct lh_visit *visit, struct lh_cell *cell, uint64_t first,
                          uint64_t second)
{
    uint64_t words[3];
    uint32_t accesses[3];

    if (lh_word_slot(first) > LH_SLOT_MAX || !is_plain(visit, first) || !is_plain(visit, second))
        return false;
    struct lh_entries entries = lh_entries_open(cell, first, words, accesses);
    lh_visit_compare(visit, &entries);
    lh_visit_insert(visit, &entries);
    if (entries.count > 2)
        return false;
    store_entry(cell, 0, first, &entries);
    store_entry(cell, 1, second, &entries);
    if (!first)
        lh_shadow_touch(visit->addr);
    lh_stored_add(visit, cell);
    return true;
}

static bool lies_at(const struct lh_hot *hot, const struct lh_record *record, uint32_t i,
                    uint32_t bits)
{
    return lh_word_covers(__atomic_load_n(&record->words[i], __ATOMIC_RELAXED), hot->epoch, bits);
}

/*
 * A look into a record without locking it. While an access can be renewed no other one of this
 * thread covers it: that would have taken its place.
 */
static bool record_covers(const struct lh_hot *hot, uintptr_t addr, uint64_t in, uint32_t bits)
{
    const struct lh_renewal *renewal = lh_renewal_of(hot->thread, addr);
    const struct lh_record *record = lh_record_of(lh_word_clock(in));

    if (renewal->record == in) {
        if (lh_word_covers(renewal->word, hot->epoch, bits))
            return true;
        if (lh_is_judged(renewal, record))
            return false;
    }
    uint32_t count = __atomic_load_n(&record->count, __ATOMIC_RELAXED);
    for (uint32_t i = 0; i < count; i++) {
        if (lies_at(hot, record, i, bits))
            return true;
    }
    return false;
}

static struct lh_visit visit_of(struct lh_hot *hot, uintptr_t addr, uint64_t word, uint32_t access)
{
    return (struct lh_visit){.hot = hot, .addr = addr, .word = word, .access = access};
}

/* With the cell locked, where `before` was; unlocks it. */
static __attribute__((noinline)) void judge_locked(struct lh_hot *hot, struct lh_cell *cell,
                                                   uintptr_t addr, uint64_t word, uint32_t access,
                                                   uint64_t before)
{
    struct lh_visit visit = visit_of(hot, addr, word, access);

    lh_judge(&visit, cell, before);
}

static void renew_locked(struct lh_hot *hot, struct lh_cell *cell, uintptr_t addr, uint64_t word,
                         uint32_t access)
{
    uint64_t before = lh_cell_lock(cell);

    if (__builtin_expect(lh_word_in_record(before), 1) &&
        (lh_renew(hot, addr, before, word, access) ||
         lh_pass_guarded(hot, addr, before, word, access)))
        lh_cell_unlock(cell, before);
    else
        judge_locked(hot, cell, addr, word, access, before);
}

/* The same, once it is known where the access is made: mostly that is where it was made before. */
static bool renew_alone(struct lh_hot *hot, uintptr_t addr, uint32_t bits, uint64_t in,
                        uint32_t access)
{
    struct lh_renewal *renewal = lh_renewal_of(hot->thread, addr);

    if (renewal->record != in || renewal->access != access || !lh_may_renew_alone(renewal, bits))
        return false;
    if (!lh_renew_now(hot, renewal))
        lh_renewals_look_again(hot);
    return true;
}

static __attribute__((noinline)) void check_in_record(struct lh_hot *hot, struct lh_cell *cell,
                                                      uintptr_t addr, uint32_t bits, uint64_t where,
                                                      uint64_t in)
{
    if (record_covers(hot, addr, in, bits) || !lh_hot_enter(hot))
        return;
    uint32_t access = lh_access_number(hot, where);
    if (!renew_alone(hot, addr, bits, in, access)) {
        lh_renewal_make_room(hot, addr, in);
        renew_locked(hot, cell, addr, hot->epoch | bits | lh_word_tag(access), access);
    }
    lh_hot_leave(hot);
}

/* The entries are in a record, `in`. Mostly one look at what the thread itself did there will do.
 */
static inline void check_record(struct lh_hot *hot, struct lh_cell *cell, uintptr_t addr,
                                uint32_t bits, uint64_t where, uint64_t in)
{
    struct lh_renewal *renewal = lh_renewal_of(hot->thread, addr);

    if (renewal->record != in ||
        (!lh_is_made(hot, renewal, in, bits) && !lh_renew_alone(hot, renewal, bits, where)))
        check_in_record(hot, cell, addr, bits, where, in);
}

/* Others have entries there, too. */
static __attribute__((noinline)) void check_shared(struct lh_hot *hot, struct lh_cell *cell,
                                                   uintptr_t addr, uint64_t word, uint32_t access)
{
    struct lh_visit visit = visit_of(hot, addr, word, access);
    uint64_t first = __atomic_load_n(&cell->word[0], __ATOMIC_ACQUIRE);
    uint64_t second = __atomic_load_n(&cell->word[1], __ATOMIC_ACQUIRE);

    if (!store_plainly(&visit, cell, first, second))
        lh_judge_lock(&visit, cell);
}

/* One's own cell: another thread that comes at this moment looks again at its own entry. */
static __attribute__((noinline)) void first_entry(struct lh_hot *hot, struct lh_cell *cell,
                                                  uintptr_t addr, uint64_t word, uint32_t access)
{
    struct lh_visit visit = visit_of(hot, addr, word, access);

    lh_shadow_touch(addr);
    lh_stored_add(&visit, cell);
}

/* Its region has no shadow yet. */
static __attribute__((noinline)) struct lh_cell *make_cell(struct lh_hot *hot, uintptr_t addr)
{
    struct lh_cell *cell = NULL;

    if (lh_hot_enter(hot)) {
        cell = lh_shadow_make(addr);
        lh_hot_leave(hot);
    }
    return cell;
}

static __attribute__((noinline)) void check_cell(struct lh_hot *hot, struct lh_cell *cell,
                                                 uintptr_t addr, uint32_t bits, uint64_t where)
{
    if (__builtin_expect(!cell, 0) && !(cell = make_cell(hot, addr)))
        return;
    if (!lh_hot_enter(hot))
        return;
    /* This may take a while, so it comes before the look at what is to be replaced. */
    uint32_t access = lh_access_number(hot, where);
    uint64_t word = hot->epoch | bits | lh_word_tag(access);
    /* Acquire pairs with the release in lh_cell_unlock(). */
    uint64_t first = __atomic_load_n(&cell->word[0], __ATOMIC_ACQUIRE);
    uint64_t second = __atomic_load_n(&cell->word[1], __ATOMIC_ACQUIRE);
    if (__builtin_expect(lh_is_own_or_none(first, word) && lh_is_own_or_none(second, word), 1) &&
        store_own(cell, first, second, word, access)) {
        if (!first)
            first_entry(hot, cell, addr, word, access);
    } else if (lh_word_in_record(first)) {
        renew_locked(hot, cell, addr, word, access);
    } else {
        check_shared(hot, cell, addr, word, access);
    }
    lh_hot_leave(hot);
}

void lh_check(struct lh_hot *hot, uintptr_t addr, uint32_t bits, uint64_t where)
{
    struct lh_cell *cell = lh_shadow_find(hot->shadow, addr);
    uint64_t first =
        __builtin_expect(!cell, 0) ? 0 : __atomic_load_n(&cell->word[0], __ATOMIC_ACQUIRE);

    if (lh_word_in_record(first))
        check_record(hot, cell, addr, bits, where, first);
    else
        check_cell(hot, cell, addr, bits, where);
}

void lh_check_range(struct lh_hot *hot, uintptr_t addr, uintptr_t size, uint32_t bits,
                    uint64_t where)
{
    for (uintptr_t end = addr + size; addr < end;) {
        uintptr_t next = (addr & ~(uintptr_t)(LH_GRANULE - 1)) + LH_GRANULE;
        uint32_t part = (uint32_t)((next < end ? next : end) - addr);
        uint32_t all = bits | lh_bytes(addr, part);
        if (!lh_is_known(hot, addr, all))
            lh_check(hot, addr, all, where);
        addr = next;
    }
}

/* ---- what the entry points call ---- */

/* Is this thread watched, and not told to look away? */
static inline bool is_watched(struct lh_hot *hot, uint32_t bits)
{
    if (__builtin_expect(!hot->epoch, 0) && !lh_race_watch(hot))
        return false;
    return !(bits & LH_WORD_WRITE ? hot->ignore_writes : hot->ignore_reads);
}

void lh_entry_range(uintptr_t addr, uintptr_t size, uint32_t bits, uint64_t where)
{
    struct lh_hot *hot = &lh_hot;

    if (is_watched(hot, bits))
        lh_check_range(hot, addr, size, bits, where);
}

static __attribute__((noinline)) void enter_rarely(struct lh_hot *hot, uintptr_t addr,
                                                   uint32_t bits, uint64_t where)
{
    if (is_watched(hot, bits))
        lh_check(hot, addr, bits, where);
}

void lh_entry_slow(uintptr_t addr, uint32_t bits, uint64_t where)
{
    struct lh_hot *hot = &lh_hot;

    if (__builtin_expect(!hot->epoch || hot->ignore_reads | hot->ignore_writes, 0))
        enter_rarely(hot, addr, bits, where);
    else
        lh_check(hot, addr, bits, where);
}
