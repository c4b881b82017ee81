#include "lock_rows.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "site.h"
#include "trace.h"

static void add(uint64_t *sum, uint64_t value)
{
    if (__builtin_add_overflow(*sum, value, sum))
        *sum = UINT64_MAX;
}

static void raise_to(uint64_t *most, uint64_t value)
{
    if (value > *most)
        *most = value;
}

static uint64_t lock_acquisitions(const struct lh_lock *lock)
{
    uint64_t sum = lock->acquisitions;

    add(&sum, lock->acquisitions_shared);
    return sum;
}

uint64_t lh_lock_row_acquisitions(const struct lh_lock_row *row)
{
    uint64_t sum = row->exclusive;

    add(&sum, row->shared);
    return sum;
}

double lh_lock_row_share(const struct lh_lock_row *row)
{
    uint64_t acquisitions = lh_lock_row_acquisitions(row);

    return acquisitions > 0 ? (double)row->contended / (double)acquisitions : 0;
}

static uint64_t scaled(uint64_t total, uint64_t of, uint64_t samples)
{
    if (samples == 0 || of <= samples)
        return total;
    double estimate = (double)total * ((double)of / (double)samples);
    return estimate < 1.8e19 ? (uint64_t)estimate : UINT64_MAX;
}

/*
 * Holds are timed by sampling. Each lock is scaled by its own samples; `hold_samples` gathers how
 * many acquisitions that covers, so that finish_row() can scale by the locks that have no sample at
 * all.
 */
static void add_lock(struct lh_lock_row *row, const struct lh_lock *lock, uint64_t *covered)
{
    row->flags |= lock->flags;
    add(&row->locks, lock->instances > 0 ? lock->instances : 1);
    add(&row->exclusive, lock->acquisitions);
    add(&row->shared, lock->acquisitions_shared);
    add(&row->contended, lock->contended);
    add(&row->wait_total, lock->wait_total_ns);
    raise_to(&row->wait_max, lock->wait_max_ns);
    add(&row->hold_measured, lock->hold_total_ns);
    add(&row->hold_samples, lock->hold_samples);
    raise_to(&row->hold_max, lock->hold_max_ns);
    if (lock->hold_samples > 0) {
        add(&row->hold_total,
            scaled(lock->hold_total_ns, lock_acquisitions(lock), lock->hold_samples));
        add(covered, lock_acquisitions(lock));
    }
}

static void finish_row(struct lh_lock_row *row, uint64_t covered)
{
    row->hold_total = scaled(row->hold_total, lh_lock_row_acquisitions(row), covered);
    row->hold_estimated = row->hold_total > row->hold_measured;
}

static bool is_active(const struct lh_lock_row *row)
{
    return lh_lock_row_acquisitions(row) > 0 || row->contended > 0 || row->wait_total > 0;
}

static const char *or_unnamed(const char *name)
{
    return name != NULL && name[0] != '\0' ? name : "(unnamed)";
}

/* A row for each lock of a process. `rows` has room. */
static void collect_instances(const struct lh_process *process, struct lh_lock_rows *rows)
{
    for (size_t i = 1; i < process->n_locks; i++) {
        const struct lh_lock *lock = &process->locks[i];
        struct lh_lock_row *row = &rows->items[rows->n];
        uint64_t covered = 0;
        if (lock->uid == 0)
            continue;
        *row = (struct lh_lock_row){
            .process = process,
            .name = or_unnamed(lock->name),
            .kind = lock->kind,
            .addr = lock->addr,
            .born = lh_site_frame(process, lock->birth_stack),
            .order = rows->n++,
            .class_id = lock->class_id,
        };
        add_lock(row, lock, &covered);
        finish_row(row, covered);
    }
}

static void begin_class(struct lh_lock_row *row, const struct lh_process *process,
                        uint32_t class_id, size_t order)
{
    const struct lh_class *class = &process->classes[class_id];

    *row = (struct lh_lock_row){
        .process = process,
        .name = or_unnamed(class->name),
        .kind = class->kind,
        .born = lh_site_frame(process, class->birth_stack),
        .order = order,
        .class_id = class_id,
    };
}

/* A row for each class that was used. `rows` has room; `covered` is one number a class. */
static void collect_classes(const struct lh_process *process, struct lh_lock_rows *rows,
                            uint64_t *covered)
{
    struct lh_lock_row *first = &rows->items[rows->n];

    for (size_t i = 0; i < process->n_classes; i++)
        begin_class(&first[i], process, (uint32_t)i, rows->n + i);
    for (size_t i = 1; i < process->n_locks; i++) {
        uint32_t class = process->locks[i].class_id;
        if (process->locks[i].uid != 0 && class < process->n_classes)
            add_lock(&first[class], &process->locks[i], &covered[class]);
    }
    for (size_t i = 0; i < process->n_classes; i++) {
        finish_row(&first[i], covered[i]);
        if (is_active(&first[i]))
            rows->items[rows->n++] = first[i];
    }
}

int lh_lock_rows_collect(const struct lh_model *model, bool instances, struct lh_lock_rows *ret)
{
    struct lh_lock_rows rows = {NULL, 0};
    size_t most = 0;

    for (size_t i = 0; i < model->n_processes; i++)
        most += instances ? model->processes[i]->n_locks : model->processes[i]->n_classes;
    rows.items = calloc(most + 1, sizeof *rows.items);
    if (rows.items == NULL)
        return -ENOMEM;
    for (size_t i = 0; i < model->n_processes; i++) {
        const struct lh_process *process = model->processes[i];
        uint64_t *covered = instances ? NULL : calloc(process->n_classes + 1, sizeof *covered);
        if (!instances && covered == NULL) {
            lh_lock_rows_free(&rows);
            return -ENOMEM;
        }
        if (instances)
            collect_instances(process, &rows);
        else
            collect_classes(process, &rows, covered);
        free(covered);
    }
    *ret = rows;
    return 0;
}

void lh_lock_rows_free(struct lh_lock_rows *rows)
{
    free(rows->items);
    *rows = (struct lh_lock_rows){NULL, 0};
}
