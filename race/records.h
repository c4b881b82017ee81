/*
 * Cells with more than two entries, and those whose locking discipline is watched: their entries
 * lie here. Changed by whoever has the cell locked; may be read without that, as memory that was a
 * record once is a record of the same size for ever. Has a number, so that a cell names it in one
 * word.
 */
#ifndef LH_RACE_RECORDS_H
#define LH_RACE_RECORDS_H

#include <stdbool.h>
#include <stdint.h>

#include "words.h"

struct lh_discipline;

struct lh_record {
    uint32_t number; /* never changes */
    union {
        uint32_t next_free;
        struct {
            uint16_t use;   /* tells this use of it from others */
            uint16_t alone; /* some of its accesses may be renewed by their threads alone */
        };
    };
    struct lh_discipline *discipline; /* NULL: not watched */
    uint32_t version;                 /* atomic; steps on with all but a renewal (renewal.h) */
    uint16_t count;                   /* atomic; never more than capacity */
    uint16_t capacity;                /* never changes */
    uint64_t words[];                 /* then capacity access numbers */
};

#define LH_RECORD_UNIT  64u
#define LH_RECORD_CHUNK 16384u /* units */

extern char **lh_record_chunks __attribute__((visibility("hidden")));

static inline struct lh_record *lh_record_of(uint32_t number)
{
    return (struct lh_record *)(lh_record_chunks[number / LH_RECORD_CHUNK] +
                                (uintptr_t)(number % LH_RECORD_CHUNK) * LH_RECORD_UNIT);
}

static inline uint32_t *lh_record_accesses(struct lh_record *record)
{
    return (uint32_t *)(record->words + record->capacity);
}

/* What word[0] of its cell is. */
static inline uint64_t lh_record_word(const struct lh_record *record)
{
    return LH_WORD_IN_RECORD | (uint64_t)record->number << LH_WORD_CLOCK | record->use;
}

/* Each place of it, and what lies there, is not what it was. */
static inline void lh_record_changed(struct lh_record *record)
{
    record->alone = false;
    /* Atomic: others look at it without locking the cell. */
    __atomic_store_n(&record->version, record->version + 1, __ATOMIC_RELAXED);
}

/* Room for at least `count` entries; none in it. NULL: no memory. */
struct lh_record *lh_record_new(uint32_t count);
void lh_record_free(struct lh_record *record);

void lh_records_forked(void);

#endif
