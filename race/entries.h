/*
 * The entries of a cell, wherever they lie: in it, or in a record. Whoever changes a record, or
 * does more with a cell than to store one entry, locks the cell.
 */
#ifndef LH_RACE_ENTRIES_H
#define LH_RACE_ENTRIES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "records.h"
#include "words.h"

struct lh_entries {
    uint64_t *words;
    uint32_t *accesses;
    uint32_t count, capacity;
    struct lh_record *record; /* NULL: they are in the cell */
};

static inline uint64_t lh_cell_try(struct lh_cell *cell)
{
    /* Acquire pairs with the release in lh_cell_unlock(). */
    return __atomic_exchange_n(&cell->word[0], LH_WORD_LOCKED, __ATOMIC_ACQUIRE);
}

/* Another thread has it locked. */
uint64_t lh_cell_wait(struct lh_cell *cell);

/* Returns what was in word[0]. */
static inline uint64_t lh_cell_lock(struct lh_cell *cell)
{
    uint64_t word = lh_cell_try(cell);

    return __builtin_expect(word != LH_WORD_LOCKED, 1) ? word : lh_cell_wait(cell);
}

static inline void lh_cell_unlock(struct lh_cell *cell, uint64_t word)
{
    __atomic_store_n(&cell->word[0], word, __ATOMIC_RELEASE);
}

/* `local` has room for the cell's two entries and one more. */
static inline struct lh_entries lh_entries_open(struct lh_cell *cell, uint64_t word,
                                                uint64_t *local_words, uint32_t *local_accesses)
{
    if (lh_word_in_record(word)) {
        struct lh_record *record = lh_record_of(lh_word_clock(word));
        return (struct lh_entries){record->words, lh_record_accesses(record), record->count,
                                   record->capacity, record};
    }
    local_words[0] = word;
    local_words[1] = cell->word[1];
    local_accesses[0] = cell->access[0];
    local_accesses[1] = cell->access[1];
    return (struct lh_entries){local_words, local_accesses, word ? cell->word[1] ? 2 : 1 : 0, 3,
                               NULL};
}

/* Move them to a bigger record. false: no memory, or more than any record can hold. */
bool lh_entries_grow(struct lh_entries *entries);

/* Write the entries back. Returns what is to be word[0]. */
static inline uint64_t lh_entries_close(struct lh_cell *cell, struct lh_entries *entries)
{
    uint32_t n = entries->count;

    if (!entries->record && n > 2 && !lh_entries_grow(entries))
        n = 2;
    if (entries->record && (n > 1 || entries->record->discipline)) {
        __atomic_store_n(&entries->record->count, (uint16_t)n, __ATOMIC_RELAXED);
        __atomic_store_n(&cell->word[1], 0, __ATOMIC_RELAXED);
        return lh_record_word(entries->record);
    }
    uint64_t first = n > 0 ? entries->words[0] : 0;
    cell->access[0] = entries->accesses[0];
    cell->access[1] = entries->accesses[1];
    __atomic_store_n(&cell->word[1], n > 1 ? entries->words[1] : 0, __ATOMIC_RELAXED);
    if (entries->record)
        lh_record_free(entries->record);
    return first;
}

#endif
