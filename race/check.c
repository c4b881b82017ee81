#include "check.h"

#include <stddef.h>

#include "accesses.h"
#include "anew.h"
#include "discipline.h"
#include "entry.h"
#include "locksets.h"
#include "pool.h"
#include "records.h"
#include "report.h"
#include "self.h"
#include "trace.h"
#include "watched.h"

/*
 * So many bytes of a block are marked as written when it begins and when it ends. What goes wrong
 * with a block shows at its beginning, and the shadow of big ones would cost more than it finds.
 */
#define MARKED 1024u

/* The entries of a cell, wherever they lie. */
struct entries {
    uint64_t *words;
    uint32_t *accesses;
    uint32_t count, capacity;
    struct lh_record *record; /* NULL: they are in the cell */
};

/* An access on its way into a cell, and what it met there. */
struct visit {
    struct lh_hot *hot;
    uintptr_t addr;
    uint64_t word;
    uint32_t access;
    struct lh_recent other;  /* the last entry of another thread */
    struct lh_finding found; /* a race */
    struct lh_breach breach; /* two accesses that luck orders */
    uint32_t renewed;        /* one more than the place of the entry that it renews; 0: none */
    bool changed;            /* the entries are others than before, not only renewed */
    bool withdraws;          /* `found` was told, and is none */
};

static uint64_t try_cell(struct lh_cell *cell)
{
    /* Acquire pairs with the release in unlock_cell(). */
    return __atomic_exchange_n(&cell->word[0], LH_WORD_LOCKED, __ATOMIC_ACQUIRE);
}

static __attribute__((noinline)) uint64_t wait_for_cell(struct lh_cell *cell)
{
    uint32_t spins = 0;
    uint64_t word;

    do {
        while (__atomic_load_n(&cell->word[0], __ATOMIC_RELAXED) == LH_WORD_LOCKED) {
            if (!lh_race_spin(&spins)) {
                /* Its owner was thrown out: what the cell held is lost. */
                cell->word[1] = 0;
                return 0;
            }
        }
    } while ((word = try_cell(cell)) == LH_WORD_LOCKED);
    return word;
}

static inline uint64_t lock_cell(struct lh_cell *cell)
{
    uint64_t word = try_cell(cell);

    return __builtin_expect(word != LH_WORD_LOCKED, 1) ? word : wait_for_cell(cell);
}

static void unlock_cell(struct lh_cell *cell, uint64_t word)
{
    __atomic_store_n(&cell->word[0], word, __ATOMIC_RELEASE);
}

/* `local` has room for the cell's two entries and one more. */
static struct entries open_entries(struct lh_cell *cell, uint64_t word, uint64_t *local_words,
                                   uint32_t *local_accesses)
{
    if (lh_word_in_record(word)) {
        struct lh_record *record = lh_record_of(lh_word_clock(word));
        return (struct entries){record->words, lh_record_accesses(record), record->count,
                                record->capacity, record};
    }
    local_words[0] = word;
    local_words[1] = cell->word[1];
    local_accesses[0] = cell->access[0];
    local_accesses[1] = cell->access[1];
    return (struct entries){local_words, local_accesses, word ? cell->word[1] ? 2 : 1 : 0, 3, NULL};
}

/* Move them to a bigger record. false: no memory, or more than any record can hold. */
static bool grow(struct entries *entries)
{
    struct lh_record *record = lh_record_new(entries->count + 1);

    if (!record)
        return false;
    for (uint32_t i = 0; i < entries->count; i++) {
        record->words[i] = entries->words[i];
        lh_record_accesses(record)[i] = entries->accesses[i];
    }
    if (entries->record) {
        record->discipline = entries->record->discipline;
        entries->record->discipline = NULL;
        lh_record_free(entries->record);
    }
    *entries = (struct entries){record->words, lh_record_accesses(record), entries->count,
                                record->capacity, record};
    return true;
}

/* Write the entries back. Returns what is to be word[0]. */
static uint64_t close_entries(struct lh_cell *cell, struct entries *entries)
{
    uint32_t n = entries->count;

    if (!entries->record && n > 2 && !grow(entries))
        n = 2;
    if (entries->record && (n > 1 || entries->record->discipline)) {
        __atomic_store_n(&entries->record->count, (uint16_t)n, __ATOMIC_RELAXED);
        __atomic_store_n(&cell->word[1], 0, __ATOMIC_RELAXED);
        return LH_WORD_IN_RECORD | (uint64_t)entries->record->number << LH_WORD_CLOCK;
    }
    uint64_t first = n > 0 ? entries->words[0] : 0;
    cell->access[0] = entries->accesses[0];
    cell->access[1] = entries->accesses[1];
    __atomic_store_n(&cell->word[1], n > 1 ? entries->words[1] : 0, __ATOMIC_RELAXED);
    if (entries->record)
        lh_record_free(entries->record);
    return first;
}

/* May the older entry be forgotten where the newer one, which is after it, has the same bytes? */
static bool replaces(uint64_t newer, uint64_t older)
{
    return (newer & LH_WORD_WRITE || !(older & LH_WORD_WRITE)) &&
           (!(newer & LH_WORD_ATOMIC) || older & LH_WORD_ATOMIC);
}

static bool conflict(uint64_t a, uint64_t b)
{
    return (a | b) & LH_WORD_WRITE && !(a & b & LH_WORD_ATOMIC);
}

static bool ordered(const struct lh_hot *hot, uint64_t word)
{
    return hot->clocks[lh_word_slot(word)] >= lh_word_clock(word);
}

static bool meant(const struct lh_hot *hot, uint64_t word)
{
    return hot->strict[lh_word_slot(word)] >= lh_word_clock(word);
}

/* Was the order of these two no more than luck? Atomic accesses need no lock. */
static bool is_lucky(const struct visit *visit, uint64_t other)
{
    return !((other | visit->word) & LH_WORD_ATOMIC) && !meant(visit->hot, other);
}

/* Was there a lock that both accesses hold? Mostly the two sets are those of the last question. */
static bool held_both(const struct visit *visit, uint32_t access)
{
    uint32_t theirs = lh_access_place(access)->lockset, mine = visit->hot->lockset;
    uint64_t pair = (uint64_t)theirs << 32 | mine;

    if (!theirs || !mine)
        return false;
    if (visit->hot->thread->met == pair)
        return true;
    if (!lh_locksets_meet(theirs, mine))
        return false;
    visit->hot->thread->met = pair;
    return true;
}

static __attribute__((noinline)) void compare_conflict(struct visit *visit, uint64_t other,
                                                       uint32_t access, bool before)
{
    if (!before && !visit->found.kind)
        visit->found = (struct lh_finding){LH_RACE_PROVEN, LH_DOUBT_NONE, other,
                                           visit->word,    access,        visit->access};
    else if (before && is_lucky(visit, other) && !held_both(visit, access))
        visit->breach = (struct lh_breach){other, visit->word, access, visit->access, false};
}

static bool is_own(uint64_t word, uint64_t other)
{
    return !((word ^ other) & (uint64_t)0xffff << LH_WORD_SLOT);
}

/* Is it before the access in the visit? If it is another thread's and conflicts, that is noted. */
static inline __attribute__((always_inline)) bool compare_one(struct visit *visit, uint64_t other,
                                                              const uint32_t *access)
{
    uint64_t word = visit->word;

    /* What one did is before what one does. */
    if (is_own(other, word))
        return true;
    bool before = ordered(visit->hot, other);
    visit->other = (struct lh_recent){other, *access};
    if (conflict(other, word))
        compare_conflict(visit, other, *access, before);
    return before;
}

/*
 * Is it the very same access, made again after a release? Then the entry stays where it is. Not for
 * few bytes: those had better be joined with their neighbours again (insert()).
 */
static bool is_renewal(uint64_t word, uint64_t other)
{
    return (uint32_t)word == (uint32_t)other && ((word & 0x0f) == 0x0f || (word & 0xf0) == 0xf0);
}

/* Compare the access with each entry; drop what it replaces. */
static inline __attribute__((always_inline)) void compare(struct visit *visit,
                                                          struct entries *entries)
{
    uint64_t *words = entries->words, word = visit->word;
    uint32_t *accesses = entries->accesses, count = entries->count, kept = 0;

    for (uint32_t i = 0; i < count; i++) {
        uint64_t other = words[i];
        if (other & word & LH_WORD_BYTES && compare_one(visit, other, &accesses[i]) &&
            replaces(word, other)) {
            if (is_renewal(word, other) && accesses[i] == visit->access) {
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
static void insert(struct visit *visit, struct entries *entries)
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
    if (entries->count == entries->capacity && !grow(entries))
        entries->count--;
    entries->words[entries->count] = word;
    entries->accesses[entries->count++] = access;
}

/* ---- the discipline of locks ---- */

/* What was done before may have been initialization (discipline.c). */
static void look_back(const struct visit *visit, struct entries *entries,
                      struct lh_discipline *discipline)
{
    for (uint32_t i = 0; i < entries->count; i++) {
        if (entries->words[i] & visit->word & LH_WORD_BYTES)
            entries->words[i] |= LH_WORD_EARLY;
    }
    lh_discipline_inherit(discipline, visit->other.word | LH_WORD_EARLY, visit->other.access);
}

static struct lh_discipline *discipline_of(struct visit *visit, struct entries *entries)
{
    struct lh_discipline *found =
        entries->record ? lh_discipline_of(entries->record->discipline, visit->word) : NULL;

    /* Bytes that nobody accesses with a lock held have no guard. */
    if (found || !visit->other.word || !visit->hot->lockset || (!entries->record && !grow(entries)))
        return found;
    visit->breach.earlier = 0;
    found = lh_discipline_begin(&entries->record->discipline, visit->word);
    if (found)
        look_back(visit, entries, found);
    return found;
}

/*
 * The last access of another thread is forgotten when this one's are ordered after it. But if a
 * lock's luck ordered them, what this thread does without that lock may come first next time.
 */
static void compare_recent(struct visit *visit, const struct lh_discipline *discipline)
{
    const struct lh_recent *other = lh_discipline_other(discipline, visit->word);

    if (other && other->word & visit->word & LH_WORD_BYTES && conflict(other->word, visit->word))
        compare_conflict(visit, other->word, other->access, true);
}

/* What the new owner did before this access, which is another thread's, is initialization. */
static void mark_early(struct visit *visit, struct entries *entries, uint64_t since)
{
    for (uint32_t i = 0; i < entries->count; i++) {
        uint64_t *word = &entries->words[i];
        if (*word & visit->word & LH_WORD_BYTES && lh_word_slot(*word) == lh_word_slot(since) &&
            lh_word_clock(*word) >= lh_word_clock(since))
            *word |= LH_WORD_EARLY;
    }
    if (lh_word_slot(visit->other.word) == lh_word_slot(since))
        visit->other.word |= LH_WORD_EARLY;
    visit->breach.earlier = 0;
}

/* The first access of another thread after what may have been the beginning of a new use. */
static void look_for_new_use(struct visit *visit, struct entries *entries)
{
    struct lh_discipline *discipline =
        entries->record ? lh_discipline_of(entries->record->discipline, visit->word) : NULL;
    uint64_t since = discipline ? discipline->anew : 0;
    struct lh_finding told;

    if (!since || lh_word_slot(since) == lh_word_slot(visit->word))
        return;
    bool is_new =
        lh_is_begun_anew(visit->hot, visit->addr & ~(uintptr_t)(LH_GRANULE - 1), discipline);
    discipline->anew = 0;
    if (!is_new)
        return;
    mark_early(visit, entries, since);
    if (lh_discipline_end(&entries->record->discipline, discipline, &told) && !visit->found.kind) {
        visit->found = told;
        visit->withdraws = true;
    }
}

static void count_access(struct visit *visit, struct entries *entries)
{
    struct lh_discipline *discipline;

    if (visit->word & LH_WORD_ATOMIC)
        return;
    look_for_new_use(visit, entries);
    discipline = discipline_of(visit, entries);
    if (!discipline)
        return;
    if (!visit->breach.earlier)
        compare_recent(visit, discipline);
    lh_discipline_count(discipline, visit->word, visit->access, visit->hot->lockset);
    if (visit->breach.earlier)
        lh_discipline_breach(discipline, visit->breach);
    if (!visit->found.kind)
        lh_discipline_is_broken(discipline, &visit->found);
}

/* The record in the trace shows the counts from now on. */
static void attach(uint64_t found_word, struct lh_cell *cell, struct lh_trace_race *race)
{
    uint64_t local_words[3];
    uint32_t local_accesses[3];
    uint64_t word = lock_cell(cell);
    struct entries entries = open_entries(cell, word, local_words, local_accesses);
    struct lh_discipline *discipline =
        entries.record ? lh_discipline_of(entries.record->discipline, found_word) : NULL;

    if (discipline) {
        discipline->race = race;
        lh_discipline_show(discipline);
    }
    unlock_cell(cell, word);
}

/* ---- what was found ---- */

static void report(const struct lh_untold *untold)
{
    if (untold->withdraws) {
        lh_report_withdraw(&untold->found, untold->addr);
        return;
    }
    struct lh_trace_race *race = lh_report(&untold->found, untold->addr);

    if (race)
        attach(untold->word, untold->cell, race);
}

static void catch_up(struct lh_race_thread *thread)
{
    while (thread->n_untold && !lh_self_is_inside()) {
        struct lh_untold untold = thread->untold[--thread->n_untold];
        report(&untold);
    }
}

/*
 * While the recorder is at work in this thread - it has asked for what the thread did so far, or a
 * signal handler interrupted it - it takes no reports: they are made once it is done.
 */
static void tell(const struct visit *visit, struct lh_cell *cell)
{
    struct lh_race_thread *thread = visit->hot->thread;
    struct lh_untold untold = {visit->found, visit->addr, visit->word, cell, visit->withdraws};

    /* With no room left lh_report() counts it as dropped. */
    if (lh_self_is_inside() && thread->n_untold < LH_UNTOLD)
        thread->untold[thread->n_untold++] = untold;
    else
        report(&untold);
}

/* ---- into the cell ---- */

/*
 * Memory that many read, each time with the lock taken anew: what one has read again and again is
 * the same read by the same place under the same locks. As long as nothing in the record changes
 * but that others do so, too, there is nothing to compare it with: reads do not conflict, and what
 * was in order stays so. It is counted, and its clock moves on.
 */
static inline struct lh_renewal *renewal_of(const struct lh_hot *hot, uint32_t record,
                                            uint32_t bits)
{
    uint64_t key = (uint64_t)(bits & LH_WORD_BYTES) << 32 | record;

    return &hot->thread->renewals[lh_cache_place(key, LH_RENEWAL_CACHE)];
}

static inline bool is_judged(const struct lh_renewal *renewal, const struct lh_record *record)
{
    /* Relaxed: asked again with the cell locked. */
    return renewal->record == record->number &&
           renewal->version == __atomic_load_n(&record->version, __ATOMIC_RELAXED);
}

/* Of an access that cannot be renewed, remember where it lies (record_covers()). */
static void note_renewal(const struct visit *visit, const struct entries *entries)
{
    struct lh_record *record = entries->record;
    bool others = visit->changed || visit->word & LH_WORD_WRITE;

    if (others)
        lh_record_changed(record);
    *renewal_of(visit->hot, record->number, (uint32_t)visit->word) = (struct lh_renewal){
        .record = record->number,
        .version = record->version - (others || visit->found.kind || visit->breach.earlier),
        .access = visit->access,
        .at = visit->renewed ? visit->renewed - 1 : entries->count - 1,
    };
}

/* With the cell locked. false: it is to be judged in full. */
static inline bool renew(const struct lh_hot *hot, struct lh_record *record, uint64_t word,
                         uint32_t access)
{
    if (word & LH_WORD_WRITE)
        return false;
    const struct lh_renewal *renewal = renewal_of(hot, record->number, (uint32_t)word);
    if (!is_judged(renewal, record) || renewal->access != access ||
        !is_renewal(record->words[renewal->at], word))
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

/* With the cell locked, where `before` was; unlocks it. */
static __attribute__((noinline)) void judge(struct visit *visit, struct lh_cell *cell,
                                            uint64_t before)
{
    uint64_t local_words[3];
    uint32_t local_accesses[3];
    struct entries entries = open_entries(cell, before, local_words, local_accesses);

    compare(visit, &entries);
    count_access(visit, &entries);
    insert(visit, &entries);
    if (entries.record)
        note_renewal(visit, &entries);
    unlock_cell(cell, close_entries(cell, &entries));
    if (__builtin_expect(visit->found.kind, 0))
        tell(visit, cell);
}

static void store_locked(struct visit *visit, struct lh_cell *cell)
{
    judge(visit, cell, lock_cell(cell));
}

/*
 * Most cells are one thread's alone, or nearly, and locking each costs more than all else: it keeps
 * the processor from going ahead. So an access that finds nothing to judge is stored as it is.
 * Another thread may do so at the same moment, and one entry is lost. Hence each thread looks again
 * a little later, when its stores have long been seen by all, and at the latest before it releases
 * anything: if its entry is gone, and not by its own doing, the access is judged once more, now
 * with the cell locked.
 */
static bool is_lost(const struct lh_stored *stored)
{
    uint64_t first = __atomic_load_n(&stored->cell->word[0], __ATOMIC_RELAXED);
    uint64_t second = __atomic_load_n(&stored->cell->word[1], __ATOMIC_RELAXED);

    if (first == stored->word || second == stored->word)
        return false;
    if (lh_word_slot(first) > LH_SLOT_MAX)
        return lh_word_in_record(first);
    return (first && lh_word_slot(first) != lh_word_slot(stored->word)) ||
           (second && lh_word_slot(second) != lh_word_slot(stored->word));
}

static void look_again(struct lh_hot *hot, struct lh_stored *stored)
{
    struct visit visit = {
        .hot = hot, .addr = stored->addr, .word = stored->word, .access = stored->access};

    if (is_lost(stored))
        store_locked(&visit, stored->cell);
}

void lh_check_settle(struct lh_hot *hot)
{
    struct lh_race_thread *thread = hot->thread;

    while (thread->n_stored) {
        thread->next_stored = (thread->next_stored - 1) % LH_STORED;
        thread->n_stored--;
        look_again(hot, &thread->stored[thread->next_stored]);
    }
    if (__builtin_expect(thread->n_untold != 0, 0))
        catch_up(thread);
}

static void remember(const struct visit *visit, struct lh_cell *cell)
{
    struct lh_race_thread *thread = visit->hot->thread;
    struct lh_stored *stored = &thread->stored[thread->next_stored];

    if (thread->n_stored == LH_STORED)
        look_again(visit->hot, stored);
    else
        thread->n_stored++;
    *stored = (struct lh_stored){cell, visit->addr, visit->word, visit->access};
    thread->next_stored = (thread->next_stored + 1) % LH_STORED;
}

static void store_entry(struct lh_cell *cell, int i, uint64_t before, const struct entries *entries)
{
    uint64_t word = (uint32_t)i < entries->count ? entries->words[i] : 0;

    if (word == before)
        return;
    cell->access[i] = entries->accesses[i];
    __atomic_store_n(&cell->word[i], word, __ATOMIC_RELEASE);
}

/* Is there anything to judge: a race, or the locks of bytes that are shared? */
static bool is_plain(const struct visit *visit, uint64_t other)
{
    if (!(other & visit->word & LH_WORD_BYTES) || lh_word_slot(other) == lh_word_slot(visit->word))
        return true;
    return !visit->hot->lockset && (!conflict(other, visit->word) || ordered(visit->hot, other));
}

static bool is_own_or_none(uint64_t word, uint64_t epoch)
{
    return !word || !((word ^ epoch) & (uint64_t)0xffff << LH_WORD_SLOT);
}

/* Does the newer entry of the same thread say all that the older one does? No entry says nothing.
 */
static inline __attribute__((always_inline)) bool is_outdated(uint64_t older, uint64_t newer)
{
    return !(older & ~newer & LH_WORD_BYTES) && (!older || replaces(newer, older));
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
static bool store_plainly(struct visit *visit, struct lh_cell *cell, uint64_t first,
                          uint64_t second)
{
    uint64_t words[3];
    uint32_t accesses[3];

    if (lh_word_slot(first) > LH_SLOT_MAX || !is_plain(visit, first) || !is_plain(visit, second))
        return false;
    struct entries entries = open_entries(cell, first, words, accesses);
    compare(visit, &entries);
    insert(visit, &entries);
    if (entries.count > 2)
        return false;
    store_entry(cell, 0, first, &entries);
    store_entry(cell, 1, second, &entries);
    if (!first)
        lh_shadow_touch(visit->addr);
    remember(visit, cell);
    return true;
}

static bool lies_at(const struct lh_hot *hot, const struct lh_record *record, uint32_t i,
                    uint32_t bits)
{
    return lh_word_covers(__atomic_load_n(&record->words[i], __ATOMIC_RELAXED), hot->epoch, bits);
}

/*
 * A look into a record without locking it: many threads that read have it for themselves. While an
 * access can be renewed no other one of this thread covers it: that would have taken its place.
 */
static bool record_covers(const struct lh_hot *hot, const struct lh_record *record, uint32_t bits)
{
    const struct lh_renewal *renewal = renewal_of(hot, record->number, bits);
    uint32_t count = __atomic_load_n(&record->count, __ATOMIC_RELAXED);

    if (renewal->record == record->number && renewal->at < count) {
        if (lies_at(hot, record, renewal->at, bits))
            return true;
        if (is_judged(renewal, record) && !(bits & LH_WORD_WRITE))
            return false;
    }
    for (uint32_t i = 0; i < count; i++) {
        if (lies_at(hot, record, i, bits))
            return true;
    }
    return false;
}

static struct visit visit_of(struct lh_hot *hot, uintptr_t addr, uint64_t word, uint32_t access)
{
    return (struct visit){.hot = hot, .addr = addr, .word = word, .access = access};
}

/* With the cell locked, where `before` was; unlocks it. */
static __attribute__((noinline)) void judge_locked(struct lh_hot *hot, struct lh_cell *cell,
                                                   uintptr_t addr, uint64_t word, uint32_t access,
                                                   uint64_t before)
{
    struct visit visit = visit_of(hot, addr, word, access);

    judge(&visit, cell, before);
}

static __attribute__((noinline)) void check_in_record(struct lh_hot *hot, struct lh_cell *cell,
                                                      uintptr_t addr, uint64_t word,
                                                      uint32_t access)
{
    uint64_t before = lock_cell(cell);

    if (__builtin_expect(lh_word_in_record(before), 1) &&
        renew(hot, lh_record_of(lh_word_clock(before)), word, access))
        unlock_cell(cell, before);
    else
        judge_locked(hot, cell, addr, word, access, before);
}

/* Others have entries there, too. */
static __attribute__((noinline)) void check_shared(struct lh_hot *hot, struct lh_cell *cell,
                                                   uintptr_t addr, uint64_t word, uint32_t access)
{
    struct visit visit = visit_of(hot, addr, word, access);
    uint64_t first = __atomic_load_n(&cell->word[0], __ATOMIC_ACQUIRE);
    uint64_t second = __atomic_load_n(&cell->word[1], __ATOMIC_ACQUIRE);

    if (!store_plainly(&visit, cell, first, second))
        store_locked(&visit, cell);
}

/* One's own cell: another thread that comes at this moment looks again at its own entry. */
static __attribute__((noinline)) void first_entry(struct lh_hot *hot, struct lh_cell *cell,
                                                  uintptr_t addr, uint64_t word, uint32_t access)
{
    struct visit visit = visit_of(hot, addr, word, access);

    lh_shadow_touch(addr);
    remember(&visit, cell);
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

void lh_check(struct lh_hot *hot, uintptr_t addr, uint32_t bits, uint64_t where)
{
    struct lh_cell *cell = lh_shadow_find(hot->shadow, addr);

    if (__builtin_expect(!cell, 0) && !(cell = make_cell(hot, addr)))
        return;
    /* Acquire pairs with the release in unlock_cell(). */
    uint64_t first = __atomic_load_n(&cell->word[0], __ATOMIC_ACQUIRE);
    if ((lh_word_in_record(first) &&
         record_covers(hot, lh_record_of(lh_word_clock(first)), bits)) ||
        !lh_hot_enter(hot))
        return;
    /* This may take a while, so it comes before the look at what is to be replaced. */
    uint32_t access = lh_access_number(hot, where);
    uint64_t word = hot->epoch | bits | lh_word_tag(access);
    first = __atomic_load_n(&cell->word[0], __ATOMIC_ACQUIRE);
    uint64_t second = __atomic_load_n(&cell->word[1], __ATOMIC_ACQUIRE);
    if (__builtin_expect(is_own_or_none(first, word) && is_own_or_none(second, word), 1) &&
        store_own(cell, first, second, word, access)) {
        if (!first)
            first_entry(hot, cell, addr, word, access);
    } else if (lh_word_in_record(first)) {
        check_in_record(hot, cell, addr, word, access);
    } else {
        check_shared(hot, cell, addr, word, access);
    }
    lh_hot_leave(hot);
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

/* ---- memory that is given back, or begins ---- */

struct ending {
    struct lh_hot *hot;
    uint32_t access; /* 0: it is no access */
};

static void end_cell(struct ending *ending, struct lh_cell *cell, uintptr_t addr)
{
    struct lh_hot *hot = ending->hot;
    struct visit visit = {.hot = hot, .addr = addr};
    uint64_t local_words[3], before = lock_cell(cell);
    uint32_t local_accesses[3];
    struct entries entries = open_entries(cell, before, local_words, local_accesses);

    if (ending->access) {
        visit.word = hot->epoch | LH_WORD_WRITE | LH_WORD_BYTES | lh_word_tag(ending->access);
        visit.access = ending->access;
        compare(&visit, &entries);
    }
    entries.count = 0;
    if (entries.record) {
        lh_record_free(entries.record);
        entries.record = NULL;
    }
    unlock_cell(cell, close_entries(cell, &entries));
    if (visit.found.kind)
        tell(&visit, cell);
}

/*
 * Is nothing to be compared, and no record to be given back? Another thread whose access comes at
 * this moment looks again at its entry, and finds it lost.
 */
static inline bool ends_plainly(const struct ending *ending, const struct lh_cell *cell,
                                uint64_t word)
{
    if (!ending->access)
        return lh_word_slot(word) <= LH_SLOT_MAX;
    return is_own_or_none(word, ending->hot->epoch) &&
           is_own_or_none(__atomic_load_n(&cell->word[1], __ATOMIC_RELAXED), ending->hot->epoch);
}

static void empty_cell(struct ending *ending, struct lh_cell *cell, uint64_t word, uintptr_t addr)
{
    if (!ends_plainly(ending, cell, word)) {
        end_cell(ending, cell, addr);
        return;
    }
    __atomic_store_n(&cell->word[1], 0, __ATOMIC_RELAXED);
    __atomic_store_n(&cell->word[0], 0, __ATOMIC_RELAXED);
}

static void end_piece(uintptr_t start, uintptr_t end, void *data)
{
    struct lh_cell *cell = lh_shadow_find(lh_shadow_table(), start);

    for (uintptr_t addr = start; addr < end; addr += LH_GRANULE, cell++) {
        /* Relaxed: who gives the memory back has ordered itself after its users, or is late. */
        uint64_t word = __atomic_load_n(&cell->word[0], __ATOMIC_RELAXED);
        if (word)
            empty_cell(data, cell, word, addr);
    }
    if (end - start == 4096)
        lh_shadow_release(start);
}

static uintptr_t whole_up(uintptr_t addr)
{
    return (addr + LH_GRANULE - 1) & ~(uintptr_t)(LH_GRANULE - 1);
}

static uintptr_t whole_down(uintptr_t addr)
{
    return addr & ~(uintptr_t)(LH_GRANULE - 1);
}

void lh_check_end(struct lh_hot *hot, uintptr_t start, uintptr_t end, uint64_t where)
{
    struct ending ending = {hot, where && hot->epoch ? lh_access_number(hot, where) : 0};

    start = whole_up(start);
    end = whole_down(end);
    if (start < end)
        lh_shadow_pages(start, end, end_piece, &ending);
}

static void mark_cell(struct lh_cell *cell, uint64_t word, uint32_t access)
{
    cell->access[0] = access;
    __atomic_store_n(&cell->word[1], 0, __ATOMIC_RELAXED);
    __atomic_store_n(&cell->word[0], word, __ATOMIC_RELEASE);
}

/* From an address to the end of its page, or of what is to be marked. */
static bool mark_page(struct ending *ending, uintptr_t start, uintptr_t end, uint64_t mark,
                      uint32_t access)
{
    struct lh_cell *cell = lh_shadow_find(ending->hot->shadow, start);

    if (!cell)
        cell = lh_shadow_make(start);
    if (!cell)
        return false;
    lh_shadow_touch(start);
    for (uintptr_t addr = start; addr < end; addr += LH_GRANULE, cell++) {
        uint64_t word = __atomic_load_n(&cell->word[0], __ATOMIC_RELAXED);
        if (word && !ends_plainly(ending, cell, word))
            end_cell(ending, cell, addr);
        mark_cell(cell, mark, access);
    }
    return true;
}

void lh_check_mark(struct lh_hot *hot, uintptr_t start, uintptr_t end, bool ends, uint64_t where)
{
    uint32_t access = lh_access_number(hot, where);
    struct ending ending = {hot, ends ? access : 0};
    /* Early: what the thread itself does there next is not covered by this. */
    uint64_t mark =
        hot->epoch | LH_WORD_WRITE | LH_WORD_EARLY | LH_WORD_BYTES | lh_word_tag(access);

    start = whole_up(start);
    end = whole_down(end);
    uintptr_t marked = end > start + MARKED ? start + MARKED : end, next;
    for (uintptr_t from = start; from < marked; from = next) {
        next = (from | 4095) + 1 < marked ? (from | 4095) + 1 : marked;
        if (!mark_page(&ending, from, next, mark, access))
            break;
    }
    if (marked < end)
        lh_shadow_pages(marked, end, end_piece, &ending);
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

void lh_entry_slow(uintptr_t addr, uint32_t bits, uint64_t where)
{
    struct lh_hot *hot = &lh_hot;

    if (is_watched(hot, bits))
        lh_check(hot, addr, bits, where);
}
