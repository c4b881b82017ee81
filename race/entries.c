#include "entries.h"

#include "lock.h"

uint64_t lh_cell_wait(struct lh_cell *cell)
{
    struct lh_spin spin = {0};
    uint64_t word;

    do {
        while (__atomic_load_n(&cell->word[0], __ATOMIC_RELAXED) == LH_WORD_LOCKED) {
            if (!lh_race_spin(&spin)) {
                /* Its owner was thrown out: what the cell held is lost. */
                cell->word[1] = 0;
                return 0;
            }
        }
    } while ((word = lh_cell_try(cell)) == LH_WORD_LOCKED);
    return word;
}

bool lh_entries_grow(struct lh_entries *entries)
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
    *entries = (struct lh_entries){record->words, lh_record_accesses(record), entries->count,
                                   record->capacity, record};
    return true;
}
