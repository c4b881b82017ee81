#include "guarded.h"

#include "accesses.h"
#include "discipline.h"
#include "entries.h"
#include "renewal.h"
#include "visit.h"

/* No lock but this one was ever seen, and nothing is open that an access could decide. */
static bool is_settled(const struct lh_discipline *discipline, uint64_t word, uint64_t lock)
{
    return !discipline->next && !(word & LH_WORD_BYTES & ~discipline->bytes) &&
           discipline->uids[0] == lock && discipline->guards[1].lock == LH_NO_LOCK &&
           !lh_discipline_is_open(discipline) && !discipline->anew && !discipline->race;
}

/* Did the other thread hold what this one holds? */
static bool holds_too(const struct lh_hot *hot, uint32_t access)
{
    uint32_t theirs = lh_access_place(access)->lockset;

    return theirs == hot->lockset || hot->thread->met == ((uint64_t)theirs << 32 | hot->lockset);
}

static bool is_quiet(const struct lh_hot *hot, uint64_t word, uint64_t other, uint32_t access)
{
    if (lh_is_own(other, word))
        return true;
    return lh_is_ordered(hot, other) && (!lh_conflict(other, word) || holds_too(hot, access));
}

/* Of entries for the same bytes only those that this one takes the place of, or leaves whole. */
static bool are_quiet(const struct lh_hot *hot, struct lh_record *record, uint64_t word)
{
    const uint32_t *accesses = lh_record_accesses(record);

    for (uint32_t i = 0; i < record->count; i++) {
        uint64_t other = record->words[i];
        if (other & word & LH_WORD_BYTES &&
            (other & LH_WORD_BYTES & ~word || !is_quiet(hot, word, other, accesses[i])))
            return false;
    }
    return true;
}

static bool is_recent_quiet(const struct lh_hot *hot, const struct lh_discipline *discipline,
                            uint64_t word)
{
    const struct lh_recent *other = lh_discipline_other(discipline, word);

    return !other || !(other->word & word & LH_WORD_BYTES) || !lh_conflict(other->word, word) ||
           holds_too(hot, other->access);
}

static void count(struct lh_discipline *discipline, uint64_t word, uint32_t access)
{
    struct lh_guard *guard = &discipline->guards[0];

    lh_discipline_seen(discipline, word, access);
    if (guard->slot != lh_word_slot(word))
        guard->slot = guard->slot ? LH_SLOT_SEVERAL : lh_word_slot(word);
    if (word & LH_WORD_WRITE) {
        discipline->writes++;
        guard->writes++;
    } else {
        discipline->reads++;
        guard->reads++;
    }
}

static struct lh_entries entries_of(struct lh_record *record)
{
    return (struct lh_entries){record->words, lh_record_accesses(record), record->count,
                               record->capacity, record};
}

static void drop_replaced(struct lh_entries *entries, uint64_t word)
{
    uint32_t kept = 0;

    for (uint32_t i = 0; i < entries->count; i++) {
        uint64_t other = entries->words[i];
        if (other & word & LH_WORD_BYTES && lh_replaces(word, other))
            continue;
        entries->words[kept] = other;
        entries->accesses[kept++] = entries->accesses[i];
    }
    entries->count = kept;
}

bool lh_pass_guarded(struct lh_hot *hot, uintptr_t addr, uint64_t in, uint64_t word,
                     uint32_t access)
{
    struct lh_record *record = lh_record_of(lh_word_clock(in));
    struct lh_discipline *discipline = record->discipline;

    if (!hot->guard || !discipline || record->alone || word & LH_WORD_ATOMIC ||
        record->count == record->capacity || !is_settled(discipline, word, hot->guard) ||
        !are_quiet(hot, record, word) || !is_recent_quiet(hot, discipline, word))
        return false;
    struct lh_visit visit = {.hot = hot, .addr = addr, .word = word, .access = access};
    struct lh_entries entries = entries_of(record);
    count(discipline, word, access);
    drop_replaced(&entries, word);
    lh_visit_insert(&visit, &entries);
    lh_note_renewal(&visit, &entries);
    __atomic_store_n(&record->count, (uint16_t)entries.count, __ATOMIC_RELAXED);
    return true;
}
