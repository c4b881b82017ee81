/*
 * What the parts of loading share; nobody but load*.c includes this. A trace is read in passes,
 * since its extents come in any order: measure all tables, fill those that refer to nothing, then
 * those that refer to them.
 *
 * Numbers in the trace index tables only below a limit that the size of the trace gives, so that a
 * damaged number cannot make the tables huge.
 */
#ifndef LH_ANALYZER_LOAD_H
#define LH_ANALYZER_LOAD_H

#include "model.h"
#include "pool.h"
#include "reader.h"

/* No record with an id is shorter, so no table of ids has more entries than trace bytes / this. */
#define LH_LOAD_ID_BYTES 16u

struct lh_loader {
    struct lh_reader *reader;
    struct lh_pool *pool; /* the model's */
    struct lh_process *process;
    size_t n_thread_records, n_module_records, n_unload_records; /* at most; from measuring */
    size_t n_misuse_records, n_race_records;
    uint64_t unknown; /* extents and records of unknown type */
};

typedef int (*lh_extent_visit)(struct lh_loader *loader, const struct lh_extent *extent,
                               void *data);
typedef int (*lh_record_visit)(struct lh_loader *loader, const struct lh_record *record,
                               void *data);

/* Call visit for each extent of the type; ends at its first error and returns that. */
int lh_load_each_extent(struct lh_loader *loader, uint16_t type, lh_extent_visit visit, void *data);
/* Call visit for each record of the type that is not dead. */
int lh_load_each_record(struct lh_loader *loader, uint8_t type, lh_record_visit visit, void *data);

/* true: the record has its fixed part and count elements of element_size. Else notes the damage. */
bool lh_load_fits(struct lh_loader *loader, const struct lh_record *record, size_t fixed,
                  uint64_t count, size_t element_size);
/* Zeroed array in the pool; *ret is NULL when count is 0. */
int lh_load_array(struct lh_loader *loader, uint64_t count, size_t element_size, void **ret);
uint64_t lh_load_ns(const struct lh_loader *loader, uint64_t ticks);
/* The id, or 0 when there is no such stack. */
uint32_t lh_load_stack_id(struct lh_loader *loader, uint32_t id);
bool lh_load_has_lock(const struct lh_loader *loader, uint32_t index);

/* What COUNTS extents say, for each key once. */
struct lh_counts {
    struct lh_count {
        uint64_t key; /* of a SEEN record */
        uint64_t count;
    } * list; /* by key */
    size_t n;
};

int lh_load_counts(struct lh_loader *loader, struct lh_counts *ret);
uint64_t lh_count_of(const struct lh_counts *counts, uint64_t key);

/* The last deeds of one thread. */
int lh_load_deeds(struct lh_loader *loader, const struct lh_trace_thread *slot,
                  struct lh_thread *thread);

int lh_load_locks(struct lh_loader *loader);
int lh_load_names(struct lh_loader *loader);
int lh_load_stacks(struct lh_loader *loader);
int lh_load_segments(struct lh_loader *loader);
int lh_load_modules(struct lh_loader *loader);
int lh_load_threads(struct lh_loader *loader);
int lh_load_deps(struct lh_loader *loader);
int lh_load_misuses(struct lh_loader *loader);
int lh_load_wakers(struct lh_loader *loader);
int lh_load_times(struct lh_loader *loader);
/* After all that threads hold and did. */
int lh_load_woken(struct lh_loader *loader);
int lh_load_races(struct lh_loader *loader);
int lh_load_codes(struct lh_loader *loader);

#endif
