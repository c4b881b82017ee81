#include "lock_rows.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "pool.h"
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

uint64_t lh_lock_row_wait(const struct lh_lock_row *row, double percent)
{
    return lh_times_quantile(row->wait_times, percent, row->wait_max);
}

uint64_t lh_lock_row_hold(const struct lh_lock_row *row, double percent)
{
    return lh_times_quantile(row->hold_times, percent, row->hold_max);
}

static uint64_t scaled(uint64_t total, uint64_t of, uint64_t samples)
{
    if (samples == 0 || of <= samples)
        return total;
    double estimate = (double)total * ((double)of / (double)samples);
    return estimate < 1.8e19 ? (uint64_t)estimate : UINT64_MAX;
}

static int add_times(struct lh_pool *pool, struct lh_times **sum, const struct lh_times *times)
{
    if (times == NULL)
        return 0;
    if (*sum == NULL)
        *sum = lh_pool_alloc(pool, sizeof **sum);
    if (*sum == NULL)
        return -ENOMEM;
    lh_times_add_all(*sum, times);
    return 0;
}

/*
 * Holds are timed by sampling. Each lock is scaled by its own samples; `hold_samples` gathers how
 * many acquisitions that covers, so that finish_row() can scale by the locks that have no sample at
 * all.
 */
static int add_lock(struct lh_pool *pool, struct lh_lock_row *row, const struct lh_lock *lock,
                    uint64_t *covered)
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
    int result = add_times(pool, &row->wait_times, lock->wait_times);
    return result != 0 ? result : add_times(pool, &row->hold_times, lock->hold_times);
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
static int collect_instances(const struct lh_process *process, struct lh_lock_rows *rows)
{
    for (size_t i = 1; i < process->n_locks; i++) {
        const struct lh_lock *lock = &process->locks[i];
        struct lh_lock_row *row = &rows->items[rows->n];
        uint64_t covered = 0;
        if (lock->uid == 0)
            continue;
        *row = (struct lh_lock_row){
            .process = process,
            .n_processes = 1,
            .name = or_unnamed(lock->name),
            .kind = lock->kind,
            .addr = lock->addr,
            .born = lh_site_frame(process, lock->birth_stack),
            .order = rows->n++,
            .class_id = lock->class_id,
        };
        if (add_lock(rows->pool, row, lock, &covered) != 0)
            return -ENOMEM;
        finish_row(row, covered);
    }
    return 0;
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

/* Rows in the making: one for each class, and how many acquisitions its samples cover. */
struct class_rows {
    struct lh_lock_row *items;
    struct lh_pool *pool;
    uint64_t *covered;
    size_t n;
};

/* The locks of a process are added to the rows that its classes have. */
static int add_process(struct class_rows *rows, const struct lh_process *process,
                       const struct lh_programs *programs, size_t base)
{
    for (uint32_t class = 0; class < process->n_classes; class ++) {
        size_t place = programs ? lh_programs_number(programs, process, class) : base + class;
        if (rows->items[place].process == NULL)
            begin_class(&rows->items[place], process, class, place);
        rows->items[place].n_processes++;
    }
    for (size_t i = 1; i < process->n_locks; i++) {
        uint32_t class = process->locks[i].class_id;
        if (process->locks[i].uid == 0 || class >= process->n_classes)
            continue;
        size_t place = programs ? lh_programs_number(programs, process, class) : base + class;
        if (add_lock(rows->pool, &rows->items[place], &process->locks[i], &rows->covered[place]) !=
            0)
            return -ENOMEM;
    }
    return 0;
}

/* Without programs each process has rows of its own. `ret` has room. */
static int collect_classes(const struct lh_model *model, const struct lh_programs *programs,
                           size_t most, struct lh_lock_rows *ret)
{
    struct class_rows rows = {
        .items = ret->items,
        .pool = ret->pool,
        .covered = calloc(most + 1, sizeof(uint64_t)),
    };
    int result = rows.covered != NULL ? 0 : -ENOMEM;

    for (size_t i = 0; i < model->n_processes && result == 0; i++) {
        result = add_process(&rows, model->processes[i], programs, rows.n);
        rows.n += model->processes[i]->n_classes;
    }
    if (programs != NULL)
        rows.n = lh_programs_classes(programs) + 1;
    for (size_t i = 0; i < rows.n && result == 0; i++) {
        finish_row(&rows.items[i], rows.covered[i]);
        if (is_active(&rows.items[i]))
            ret->items[ret->n++] = rows.items[i];
    }
    free(rows.covered);
    return result;
}

int lh_lock_rows_collect(const struct lh_model *model, const struct lh_programs *programs,
                         enum lh_lock_rows_of of, struct lh_lock_rows *ret)
{
    struct lh_lock_rows rows = {.pool = lh_pool_new()};
    size_t most = 0;
    int result = 0;

    for (size_t i = 0; i < model->n_processes; i++)
        most +=
            of == LH_ROWS_INSTANCES ? model->processes[i]->n_locks : model->processes[i]->n_classes;
    rows.items = calloc(most + 1, sizeof *rows.items);
    if (rows.items == NULL || rows.pool == NULL)
        result = -ENOMEM;
    else if (of == LH_ROWS_INSTANCES)
        for (size_t i = 0; i < model->n_processes && result == 0; i++)
            result = collect_instances(model->processes[i], &rows);
    else
        result = collect_classes(model, of == LH_ROWS_CLASSES ? programs : NULL, most, &rows);
    if (result == 0)
        *ret = rows;
    else
        lh_lock_rows_free(&rows);
    return result;
}

void lh_lock_rows_free(struct lh_lock_rows *rows)
{
    free(rows->items);
    lh_pool_free(rows->pool);
    *rows = (struct lh_lock_rows){0};
}
