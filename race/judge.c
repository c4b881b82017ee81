#include "judge.h"

#include <stddef.h>

#include "anew.h"
#include "discipline.h"
#include "entries.h"
#include "hot.h"
#include "renewal.h"
#include "untold.h"

/* What was done before may have been initialization (discipline.c). */
static void look_back(const struct lh_visit *visit, struct lh_entries *entries,
                      struct lh_discipline *discipline)
{
    for (uint32_t i = 0; i < entries->count; i++) {
        if (entries->words[i] & visit->word & LH_WORD_BYTES)
            entries->words[i] |= LH_WORD_EARLY;
    }
    lh_discipline_inherit(discipline, visit->other.word | LH_WORD_EARLY, visit->other.access);
}

/* `former`: what is to be kept of a use that ends with this access; NULL: none does. */
static struct lh_discipline *discipline_of(struct lh_visit *visit, struct lh_entries *entries,
                                           const struct lh_former *former)
{
    struct lh_discipline *found =
        entries->record ? lh_discipline_of(entries->record->discipline, visit->word) : NULL;

    /* Bytes that nobody accesses with a lock held have no guard. */
    if (found || !visit->other.word || !visit->hot->lockset ||
        (!entries->record && !lh_entries_grow(entries)))
        return found;
    visit->breach.earlier = 0;
    found = lh_discipline_begin(&entries->record->discipline, visit->word);
    if (found) {
        look_back(visit, entries, found);
        if (former)
            found->former = *former;
    }
    return found;
}

/*
 * The last access of another thread is forgotten when this one's are ordered after it. But if a
 * lock's luck ordered them, what this thread does without that lock may come first next time.
 */
static void compare_recent(struct lh_visit *visit, const struct lh_discipline *discipline)
{
    const struct lh_recent *other = lh_discipline_other(discipline, visit->word);

    if (other && other->word & visit->word & LH_WORD_BYTES && lh_conflict(other->word, visit->word))
        lh_visit_conflict(visit, other->word, other->access, true);
}

/* What the new owner did before this access, which is another thread's, is initialization. */
static void mark_early(struct lh_visit *visit, struct lh_entries *entries, uint64_t since)
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

/* The first access of another thread after what may have been the beginning of a new use: was it?
 */
static bool is_new_use(struct lh_visit *visit, struct lh_entries *entries,
                       struct lh_former *ret_former)
{
    struct lh_discipline *discipline =
        entries->record ? lh_discipline_of(entries->record->discipline, visit->word) : NULL;
    uint64_t since = discipline ? discipline->anew : 0;
    struct lh_finding told;

    if (!since || lh_word_slot(since) == lh_word_slot(visit->word))
        return false;
    bool is_new =
        lh_is_begun_anew(visit->hot, visit->addr & ~(uintptr_t)(LH_GRANULE - 1), discipline);
    discipline->anew = 0;
    if (!is_new)
        return false;
    mark_early(visit, entries, since);
    if (lh_discipline_end(&entries->record->discipline, discipline, &told, ret_former) &&
        !visit->found.kind) {
        visit->found = told;
        visit->withdraws = LH_DOUBT_ANEW;
    }
    return true;
}

/* What the access says of the lock that guards its bytes, and what those say that it met. */
static void count_access(struct lh_visit *visit, struct lh_entries *entries)
{
    struct lh_discipline *discipline;
    struct lh_former former;

    if (visit->word & LH_WORD_ATOMIC)
        return;
    bool is_new = is_new_use(visit, entries, &former);
    discipline = discipline_of(visit, entries, is_new ? &former : NULL);
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

void lh_judge(struct lh_visit *visit, struct lh_cell *cell, uint64_t before)
{
    uint64_t local_words[3];
    uint32_t local_accesses[3];
    struct lh_entries entries = lh_entries_open(cell, before, local_words, local_accesses);

    if (entries.record)
        lh_renewals_gather(entries.record, visit->addr);
    lh_visit_compare(visit, &entries);
    count_access(visit, &entries);
    lh_visit_insert(visit, &entries);
    if (entries.record)
        lh_note_renewal(visit, &entries);
    lh_cell_unlock(cell, lh_entries_close(cell, &entries));
    if (__builtin_expect(visit->found.kind, 0))
        lh_tell(visit, cell);
}
