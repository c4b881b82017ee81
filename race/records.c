#include "records.h"

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

#include "discipline.h"
#include "pool.h"

#define CLASSES 12u
#define CHUNKS  ((size_t)1 << 18)
#define ENTRY   (sizeof(uint64_t) + sizeof(uint32_t))

char **lh_record_chunks;

/* Under the race lock. */
static uint32_t free_records[CLASSES]; /* numbers */
static uint32_t next_unit;             /* number of the next record */
static uint32_t units_left;

static uint32_t units_of(unsigned class)
{
    return 1u << class;
}

static uint32_t capacity_of(unsigned class)
{
    size_t size = (size_t)units_of(class) * LH_RECORD_UNIT;

    return (uint32_t)((size - sizeof(struct lh_record)) / ENTRY);
}

static unsigned class_of(uint32_t count)
{
    unsigned class = 0;

    while (class < CLASSES && capacity_of(class) < count)
        class ++;
    return class;
}

static bool next_chunk(void)
{
    if (!lh_record_chunks)
        lh_record_chunks = lh_pages_alloc(CHUNKS * sizeof *lh_record_chunks);
    uint32_t chunk = (next_unit + units_left) / LH_RECORD_CHUNK;
    if (!lh_record_chunks || chunk == CHUNKS)
        return false;
    lh_record_chunks[chunk] = lh_pages_alloc((size_t)LH_RECORD_CHUNK * LH_RECORD_UNIT);
    if (!lh_record_chunks[chunk])
        return false;
    /* Number 0 stays unused. */
    next_unit = chunk * LH_RECORD_CHUNK + !chunk;
    units_left = LH_RECORD_CHUNK - !chunk;
    return true;
}

static struct lh_record *carve(unsigned class)
{
    uint32_t units = units_of(class);

    if (units_left < units && !next_chunk())
        return NULL;
    struct lh_record *record = lh_record_of(next_unit);
    record->number = next_unit;
    record->capacity = (uint16_t)capacity_of(class);
    next_unit += units;
    units_left -= units;
    return record;
}

struct lh_record *lh_record_new(uint32_t count)
{
    unsigned class = class_of(count);

    if (class == CLASSES)
        return NULL;
    lh_race_lock();
    struct lh_record *record;
    if (free_records[class]) {
        record = lh_record_of(free_records[class]);
        free_records[class] = record->next_free;
    } else {
        record = carve(class);
    }
    lh_race_unlock();
    if (record) {
        record->discipline = NULL;
        lh_record_changed(record);
        record->use = (uint16_t)record->version;
        __atomic_store_n(&record->count, 0, __ATOMIC_RELAXED);
    }
    return record;
}

void lh_record_free(struct lh_record *record)
{
    unsigned class = class_of(record->capacity);

    lh_discipline_free(record->discipline);
    record->discipline = NULL;
    lh_race_lock();
    record->next_free = free_records[class];
    free_records[class] = record->number;
    lh_race_unlock();
}

void lh_records_forked(void)
{
    memset(free_records, 0, sizeof free_records);
    lh_record_chunks = NULL;
    next_unit = units_left = 0;
}
