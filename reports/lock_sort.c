/* The columns of the lock table and the orders they give. */
#include "lock_rows.h"

#include <stdlib.h>
#include <string.h>

#include "trace.h"
#include "words.h"

static const char *const names[LH_COLUMNS] = {
    [LH_COLUMN_CLASS] = "class",         [LH_COLUMN_KIND] = "kind",
    [LH_COLUMN_LOCKS] = "locks",         [LH_COLUMN_ACQUISITIONS] = "acquisitions",
    [LH_COLUMN_CONTENDED] = "contended", [LH_COLUMN_SHARE] = "share",
    [LH_COLUMN_WAIT] = "wait",           [LH_COLUMN_WAIT_P50] = "wait-p50",
    [LH_COLUMN_WAIT_P99] = "wait-p99",   [LH_COLUMN_WAIT_MAX] = "wait-max",
    [LH_COLUMN_HOLD] = "hold",           [LH_COLUMN_HOLD_P50] = "hold-p50",
    [LH_COLUMN_HOLD_P99] = "hold-p99",   [LH_COLUMN_HOLD_MAX] = "hold-max",
    [LH_COLUMN_BORN] = "born",
};

const char *lh_lock_column_name(enum lh_lock_column column)
{
    return names[column];
}

int lh_lock_column_from_name(const char *name)
{
    if (strcmp(name, "lock") == 0 || strcmp(name, "name") == 0)
        return LH_COLUMN_CLASS;
    for (int i = 0; i < LH_COLUMNS; i++)
        if (strcmp(name, names[i]) == 0)
            return i;
    return -1;
}

static int largest_first(uint64_t a, uint64_t b)
{
    return (a < b) - (a > b);
}

static int by_text(const char *a, const char *b)
{
    return strcmp(a != NULL ? a : "", b != NULL ? b : "");
}

static int by_birth(const struct lh_lock_row *a, const struct lh_lock_row *b)
{
    if (a->born == NULL || b->born == NULL)
        return (a->born == NULL) - (b->born == NULL);
    int order = by_text(a->born->file, b->born->file);
    if (order == 0)
        order = (a->born->line > b->born->line) - (a->born->line < b->born->line);
    return order != 0 ? order : by_text(a->born->function, b->born->function);
}

static int by_share(const struct lh_lock_row *a, const struct lh_lock_row *b)
{
    double left = lh_lock_row_share(a), right = lh_lock_row_share(b);

    return (left < right) - (left > right);
}

static int by_column(const struct lh_lock_row *a, const struct lh_lock_row *b,
                     enum lh_lock_column column)
{
    switch (column) {
    case LH_COLUMN_CLASS:
        return by_text(a->name, b->name);
    case LH_COLUMN_KIND:
        return by_text(lh_lock_kind_name(a->kind), lh_lock_kind_name(b->kind));
    case LH_COLUMN_LOCKS:
        return largest_first(a->locks, b->locks);
    case LH_COLUMN_ACQUISITIONS:
        return largest_first(lh_lock_row_acquisitions(a), lh_lock_row_acquisitions(b));
    case LH_COLUMN_CONTENDED:
        return largest_first(a->contended, b->contended);
    case LH_COLUMN_SHARE:
        return by_share(a, b);
    case LH_COLUMN_WAIT:
        return largest_first(a->wait_total, b->wait_total);
    case LH_COLUMN_WAIT_P50:
        return largest_first(lh_lock_row_wait(a, 50), lh_lock_row_wait(b, 50));
    case LH_COLUMN_WAIT_P99:
        return largest_first(lh_lock_row_wait(a, 99), lh_lock_row_wait(b, 99));
    case LH_COLUMN_WAIT_MAX:
        return largest_first(a->wait_max, b->wait_max);
    case LH_COLUMN_HOLD:
        return largest_first(a->hold_total, b->hold_total);
    case LH_COLUMN_HOLD_P50:
        return largest_first(lh_lock_row_hold(a, 50), lh_lock_row_hold(b, 50));
    case LH_COLUMN_HOLD_P99:
        return largest_first(lh_lock_row_hold(a, 99), lh_lock_row_hold(b, 99));
    case LH_COLUMN_HOLD_MAX:
        return largest_first(a->hold_max, b->hold_max);
    case LH_COLUMN_BORN:
        return by_birth(a, b);
    case LH_COLUMNS:
        break;
    }
    return 0;
}

static bool is_lock(const struct lh_lock_row *row)
{
    return row->kind != LH_LOCK_COND && row->kind != LH_LOCK_BARRIER && row->kind != LH_LOCK_ONCE &&
           row->kind != LH_LOCK_FUTEX;
}

static int compare(const void *left, const void *right, void *context)
{
    const struct lh_lock_row *a = left, *b = right;
    const struct lh_lock_order *wanted = context;

    if (wanted->locks_first && is_lock(a) != is_lock(b))
        return is_lock(a) ? -1 : 1;
    int order = by_column(a, b, wanted->column);
    if (order != 0)
        return wanted->reverse ? -order : order;
    order = by_column(a, b, LH_COLUMN_ACQUISITIONS);
    if (order == 0)
        order = by_text(a->name, b->name);
    return order != 0 ? order : (a->order > b->order) - (a->order < b->order);
}

void lh_lock_rows_sort(struct lh_lock_rows *rows, const struct lh_lock_order *order)
{
    qsort_r(rows->items, rows->n, sizeof *rows->items, compare, (void *)order);
}
