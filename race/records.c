#include "records.h"

#include <stddef.h>
#include <string.h>

#include "pool.h"

#define CLASSES 16u
#define ENTRY   (sizeof(uint64_t) + sizeof(uint32_t))

static struct lh_record *free_records[CLASSES]; /* under the race lock */

static size_t size_of(unsigned class)
{
    return (size_t)64 << class;
}

static uint32_t capacity_of(unsigned class)
{
    return (uint32_t)((size_of(class) - sizeof(struct lh_record)) / ENTRY);
}

static unsigned class_of(uint32_t count)
{
    unsigned class = 0;

    while (class < CLASSES && capacity_of(class) < count)
        class ++;
    return class;
}

struct lh_record *lh_record_new(uint32_t count)
{
    unsigned class = class_of(count);

    if (class == CLASSES)
        return NULL;
    lh_race_lock();
    struct lh_record *record = free_records[class];
    if (record) {
        free_records[class] = record->next_free;
    } else {
        record = lh_pool_keep(size_of(class));
        if (record)
            record->capacity = capacity_of(class);
    }
    lh_race_unlock();
    if (record) {
        record->discipline = NULL;
        __atomic_store_n(&record->count, 0, __ATOMIC_RELAXED);
    }
    return record;
}

void lh_record_free(struct lh_record *record)
{
    unsigned class = class_of(record->capacity);

    record->discipline = NULL;
    lh_race_lock();
    record->next_free = free_records[class];
    free_records[class] = record;
    lh_race_unlock();
}

void lh_records_forked(void)
{
    memset(free_records, 0, sizeof free_records);
}
