/*
 * The counters of locks, summed by class or one by one, in the order wanted. One thread at a time.
 */
#ifndef LH_REPORTS_LOCK_ROWS_H
#define LH_REPORTS_LOCK_ROWS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "model.h"
#include "programs.h"

struct lh_lock_row {
    const struct lh_process *process; /* the first that has it */
    size_t n_processes;               /* runs of one program that are summed in it */
    const char *name;                 /* the class's, or the lock's own; never NULL */
    uint8_t kind;
    uint32_t flags; /* every flag that a lock of the row has; enum lh_lock_flags */
    uint64_t addr;  /* of the lock; 0 in rows of classes */
    uint64_t locks;
    uint64_t exclusive, shared, contended;
    uint64_t wait_total, wait_max;                  /* ns */
    uint64_t hold_measured, hold_samples, hold_max; /* ns over the holds that were measured */
    uint64_t hold_total; /* ns, estimated for all acquisitions from the measured ones */
    bool hold_estimated; /* hold_total is more than what was measured */
    struct lh_times *wait_times, *hold_times; /* NULL: none was measured; the rows' */
    const struct lh_frame *born;              /* NULL: unknown */
    size_t order;                             /* place in the model: the last tie-breaker */
    uint32_t class_id;                        /* index into process->classes */
};

struct lh_lock_rows {
    struct lh_lock_row *items; /* malloced */
    size_t n;
    struct lh_pool *pool; /* of their times */
};

enum lh_lock_rows_of {
    LH_ROWS_CLASSES,         /* a row for a class in all runs of a program */
    LH_ROWS_PROCESS_CLASSES, /* in each process */
    LH_ROWS_INSTANCES,       /* for each lock */
};

/* The programs are those of the model. Rows with no activity are left out, except of instances.
 * -ENOMEM. */
int lh_lock_rows_collect(const struct lh_model *model, const struct lh_programs *programs,
                         enum lh_lock_rows_of of, struct lh_lock_rows *ret);
void lh_lock_rows_free(struct lh_lock_rows *rows);

uint64_t lh_lock_row_acquisitions(const struct lh_lock_row *row);
/* What half of the waits and holds do not exceed, and 99 of a hundred; ns, 0: none was measured. */
uint64_t lh_lock_row_wait(const struct lh_lock_row *row, double percent);
uint64_t lh_lock_row_hold(const struct lh_lock_row *row, double percent);
/* Contended acquisitions, from 0 to 1. */
double lh_lock_row_share(const struct lh_lock_row *row);

/* Columns, in the order of the table. */
enum lh_lock_column {
    LH_COLUMN_CLASS,
    LH_COLUMN_KIND,
    LH_COLUMN_LOCKS,
    LH_COLUMN_ACQUISITIONS,
    LH_COLUMN_CONTENDED,
    LH_COLUMN_SHARE,
    LH_COLUMN_WAIT,
    LH_COLUMN_WAIT_P50,
    LH_COLUMN_WAIT_P99,
    LH_COLUMN_WAIT_MAX,
    LH_COLUMN_HOLD,
    LH_COLUMN_HOLD_P50,
    LH_COLUMN_HOLD_P99,
    LH_COLUMN_HOLD_MAX,
    LH_COLUMN_BORN,
    LH_COLUMNS,
};

const char *lh_lock_column_name(enum lh_lock_column column);
/* -1: no such column. "lock" and "name" are other words for "class". */
int lh_lock_column_from_name(const char *name);

struct lh_lock_order {
    enum lh_lock_column column; /* numbers: largest first; names: alphabetically */
    bool reverse;
    bool locks_first; /* before conditions and barriers, whose waits are mostly idleness */
};

void lh_lock_rows_sort(struct lh_lock_rows *rows, const struct lh_lock_order *order);

#endif
