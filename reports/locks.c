/* `lockhound locks`: the counters as a table for people or as a JSON array. */
#include "report.h"

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "escape.h"
#include "stack_text.h"
#include "json_parts.h"
#include "lock_rows.h"
#include "notes.h"
#include "style.h"
#include "words.h"

#define NAME_MOST 40 /* a longer name gets a line of its own */
#define CELL      32

const char *lh_locks_columns(void)
{
    return "class kind locks acquisitions contended share wait wait-p50 wait-p99 wait-max "
           "hold hold-p50 hold-p99 hold-max born";
}

/* What stands before the name, where one cannot tell without. */
enum lead {
    LEAD_NONE,
    LEAD_PID,
    LEAD_PROGRAM,
};

static const char *const lead_titles[] = {"", "PID", "PROGRAM"};

struct table {
    struct lh_style style;
    const struct lh_lock_rows *rows;
    size_t shown; /* of the rows */
    bool instances;
    enum lead lead;
    size_t lead_width;
    size_t widths[LH_COLUMNS];
};

static const char *column_title(const struct table *table, enum lh_lock_column column)
{
    return column == LH_COLUMN_CLASS && table->instances ? "lock" : lh_lock_column_name(column);
}

static void time_cell(uint64_t ns, bool known, char cell[CELL])
{
    char time[LH_TIME_TEXT];

    snprintf(cell, CELL, "%s", known ? lh_time_text(ns, time) : "-");
}

/* The text of a cell between name and birth. */
static void cell_text(const struct lh_lock_row *row, enum lh_lock_column column, char cell[CELL])
{
    char time[LH_TIME_TEXT];

    switch (column) {
    case LH_COLUMN_KIND:
        snprintf(cell, CELL, "%s", lh_lock_kind_name(row->kind));
        break;
    case LH_COLUMN_LOCKS:
        snprintf(cell, CELL, "%" PRIu64, row->locks);
        break;
    case LH_COLUMN_ACQUISITIONS:
        snprintf(cell, CELL, "%" PRIu64, lh_lock_row_acquisitions(row));
        break;
    case LH_COLUMN_CONTENDED:
        snprintf(cell, CELL, "%" PRIu64, row->contended);
        break;
    case LH_COLUMN_SHARE:
        if (lh_lock_row_acquisitions(row) > 0)
            snprintf(cell, CELL, "%.1f%%", 100 * lh_lock_row_share(row));
        else
            snprintf(cell, CELL, "-");
        break;
    case LH_COLUMN_WAIT:
        time_cell(row->wait_total, row->contended > 0, cell);
        break;
    case LH_COLUMN_WAIT_P50:
        time_cell(lh_lock_row_wait(row, 50), row->wait_times != NULL, cell);
        break;
    case LH_COLUMN_WAIT_P99:
        time_cell(lh_lock_row_wait(row, 99), row->wait_times != NULL, cell);
        break;
    case LH_COLUMN_WAIT_MAX:
        time_cell(row->wait_max, row->contended > 0, cell);
        break;
    case LH_COLUMN_HOLD:
        snprintf(cell, CELL, "%s%s", row->hold_estimated ? "~" : "",
                 row->hold_samples > 0 ? lh_time_text(row->hold_total, time) : "-");
        break;
    case LH_COLUMN_HOLD_P50:
        time_cell(lh_lock_row_hold(row, 50), row->hold_times != NULL, cell);
        break;
    case LH_COLUMN_HOLD_P99:
        time_cell(lh_lock_row_hold(row, 99), row->hold_times != NULL, cell);
        break;
    case LH_COLUMN_HOLD_MAX:
        time_cell(row->hold_max, row->hold_samples > 0, cell);
        break;
    case LH_COLUMN_CLASS:
    case LH_COLUMN_BORN:
    case LH_COLUMNS:
        cell[0] = '\0';
        break;
    }
}

static void widen(size_t *width, size_t columns)
{
    if (columns > *width)
        *width = columns;
}

static void measure(struct table *table)
{
    char cell[CELL];

    for (int column = 0; column < LH_COLUMNS; column++)
        table->widths[column] = strlen(column_title(table, (enum lh_lock_column)column));
    table->lead_width = table->lead == LEAD_PID ? 7 : strlen(lead_titles[table->lead]);
    for (size_t i = 0; i < table->shown; i++) {
        size_t columns = lh_terminal_columns(table->rows->items[i].name);
        if (table->lead == LEAD_PROGRAM)
            widen(&table->lead_width,
                  lh_terminal_columns(lh_process_program(table->rows->items[i].process)));
        if (columns <= NAME_MOST)
            widen(&table->widths[LH_COLUMN_CLASS], columns);
        for (int column = LH_COLUMN_KIND; column < LH_COLUMN_BORN; column++) {
            cell_text(&table->rows->items[i], (enum lh_lock_column)column, cell);
            widen(&table->widths[column], strlen(cell));
        }
    }
}

static void put_title(const struct table *table, enum lh_lock_column column)
{
    FILE *out = table->style.out;
    const char *title = column_title(table, column);
    size_t padding = table->widths[column] - strlen(title);
    bool left = column == LH_COLUMN_CLASS || column == LH_COLUMN_KIND || column == LH_COLUMN_BORN;

    if (!left)
        lh_put_spaces(out, padding);
    for (const char *letter = title; *letter != '\0'; letter++)
        putc(toupper((unsigned char)*letter), out);
    if (left && column != LH_COLUMN_BORN)
        lh_put_spaces(out, padding);
}

static void put_titles(const struct table *table)
{
    FILE *out = table->style.out;

    lh_paint_begin(&table->style, LH_PAINT_BOLD);
    if (table->lead == LEAD_PID)
        lh_put_spaces(out, table->lead_width - strlen(lead_titles[LEAD_PID]));
    fputs(lead_titles[table->lead], out);
    if (table->lead == LEAD_PROGRAM)
        lh_put_spaces(out, table->lead_width - strlen(lead_titles[LEAD_PROGRAM]));
    fputs(table->lead != LEAD_NONE ? "  " : "", out);
    for (int column = 0; column < LH_COLUMNS; column++) {
        put_title(table, (enum lh_lock_column)column);
        fputs(column + 1 < LH_COLUMNS ? "  " : "", out);
    }
    lh_paint_end(&table->style);
    putc('\n', out);
}

static void put_name(const struct table *table, const char *name)
{
    FILE *out = table->style.out;
    size_t columns = lh_terminal_columns(name), width = table->widths[LH_COLUMN_CLASS];

    lh_paint_text(&table->style, LH_PAINT_BOLD, name);
    if (columns > width) {
        putc('\n', out);
        lh_put_spaces(out, width + (table->lead != LEAD_NONE ? table->lead_width + 2 : 0));
    } else {
        lh_put_spaces(out, width - columns);
    }
}

static void put_born(const struct table *table, const struct lh_frame *born)
{
    if (born == NULL) {
        putc('-', table->style.out);
        return;
    }
    if (born->function != NULL) {
        lh_put_terminal(table->style.out, born->function);
        fputs("  ", table->style.out);
    }
    lh_paint_begin(&table->style, LH_PAINT_CYAN);
    lh_put_place(table->style.out, born);
    lh_paint_end(&table->style);
}

static void put_cell(const struct table *table, const struct lh_lock_row *row,
                     enum lh_lock_column column)
{
    FILE *out = table->style.out;
    char cell[CELL];

    cell_text(row, column, cell);
    if (column == LH_COLUMN_KIND)
        fprintf(out, "  %-*s", (int)table->widths[column], cell);
    else if (column == LH_COLUMN_SHARE && lh_lock_row_share(row) >= 0.1 && table->style.color)
        fprintf(out, "  \033[1;31m%*s\033[0m", (int)table->widths[column], cell);
    else
        fprintf(out, "  %*s", (int)table->widths[column], cell);
}

static void put_lead(const struct table *table, const struct lh_lock_row *row)
{
    FILE *out = table->style.out;
    const char *program = lh_process_program(row->process);

    if (table->lead == LEAD_PID)
        fprintf(out, "%*" PRIu32 "  ", (int)table->lead_width, row->process->pid);
    if (table->lead != LEAD_PROGRAM)
        return;
    lh_put_terminal(out, program);
    lh_put_spaces(out, table->lead_width - lh_terminal_columns(program) + 2);
}

static void put_row(const struct table *table, const struct lh_lock_row *row)
{
    FILE *out = table->style.out;

    put_lead(table, row);
    put_name(table, row->name);
    for (int column = LH_COLUMN_KIND; column < LH_COLUMN_BORN; column++)
        put_cell(table, row, (enum lh_lock_column)column);
    fputs("  ", out);
    put_born(table, row->born);
    putc('\n', out);
}

static bool any_estimated(const struct table *table)
{
    for (size_t i = 0; i < table->shown; i++)
        if (table->rows->items[i].hold_estimated)
            return true;
    return false;
}

static enum lead lead_of(const struct lh_model *model, const struct lh_programs *programs,
                         enum lh_lock_rows_of of)
{
    if (of == LH_ROWS_CLASSES)
        return lh_programs_count(programs) > 1 ? LEAD_PROGRAM : LEAD_NONE;
    return model->n_processes > 1 ? LEAD_PID : LEAD_NONE;
}

static void put_table(struct table *table, const struct lh_model *model)
{
    FILE *out = table->style.out;

    if (table->rows->n == 0)
        fputs("lockhound: no lock was used\n", out);
    if (table->shown > 0) {
        measure(table);
        put_titles(table);
    }
    for (size_t i = 0; i < table->shown; i++)
        put_row(table, &table->rows->items[i]);
    if (table->shown < table->rows->n)
        fprintf(out, "... and %zu more rows\n", table->rows->n - table->shown);
    if (any_estimated(table))
        lh_put_note(&table->style, "hold times are sampled: ~ is an estimate for all acquisitions "
                                   "from the holds that were measured; hold-p50, -p99 and -max are "
                                   "of those alone");
    lh_put_notes(&table->style, model);
}

static json_t *frame_or_null(const struct lh_frame *frame)
{
    return frame != NULL ? lh_json_frame(frame) : json_null();
}

/* [[from_ns, to_ns, count], ...]: where there are any */
static json_t *histogram(const struct lh_times *times)
{
    json_t *array = json_array();

    for (size_t i = 0; times != NULL && i < LH_TIMES_PLACES; i++) {
        if (times->counts[i] > 0 &&
            json_array_append_new(array, json_pack("[o, o, o]", lh_json_count(lh_times_bound(i)),
                                                   lh_json_count(lh_times_bound(i + 1)),
                                                   lh_json_count(times->counts[i]))) != 0) {
            json_decref(array);
            return NULL;
        }
    }
    return array;
}

static json_t *quantile(const struct lh_times *times, double percent, uint64_t longest)
{
    return times != NULL ? lh_json_count(lh_times_quantile(times, percent, longest)) : json_null();
}

/* "wait_p50_ns", "wait_p99_ns", "wait_histogram" */
static bool put_times(json_t *object, const char *what, const struct lh_times *times,
                      uint64_t longest)
{
    char key[32];

    snprintf(key, sizeof key, "%s_p50_ns", what);
    if (!lh_json_put(object, key, quantile(times, 50, longest)))
        return false;
    snprintf(key, sizeof key, "%s_p99_ns", what);
    if (!lh_json_put(object, key, quantile(times, 99, longest)))
        return false;
    snprintf(key, sizeof key, "%s_histogram", what);
    return lh_json_put(object, key, histogram(times));
}

static bool put_counters(json_t *object, const struct lh_lock_row *row)
{
    return lh_json_put(object, "acquisitions", lh_json_count(lh_lock_row_acquisitions(row))) &&
           lh_json_put(object, "exclusive", lh_json_count(row->exclusive)) &&
           lh_json_put(object, "shared", lh_json_count(row->shared)) &&
           lh_json_put(object, "contended", lh_json_count(row->contended)) &&
           lh_json_put(object, "share", json_real(lh_lock_row_share(row))) &&
           lh_json_put(object, "wait_total_ns", lh_json_count(row->wait_total)) &&
           lh_json_put(object, "wait_max_ns", lh_json_count(row->wait_max)) &&
           lh_json_put(object, "hold_total_ns", lh_json_count(row->hold_total)) &&
           lh_json_put(object, "hold_estimated", json_boolean(row->hold_estimated)) &&
           lh_json_put(object, "hold_measured_ns", lh_json_count(row->hold_measured)) &&
           lh_json_put(object, "hold_samples", lh_json_count(row->hold_samples)) &&
           lh_json_put(object, "hold_max_ns", lh_json_count(row->hold_max)) &&
           put_times(object, "wait", row->wait_times, row->wait_max) &&
           put_times(object, "hold", row->hold_times, row->hold_max);
}

static json_t *row_object(const struct lh_lock_row *row, bool instances)
{
    json_t *object = json_object();

    if (lh_json_put(object, instances ? "lock" : "class", lh_json_text(row->name)) &&
        lh_json_put(object, "kind", json_string(lh_lock_kind_name(row->kind))) &&
        lh_json_put(object, "program", lh_json_text(lh_process_program(row->process))) &&
        lh_json_put(object, "processes", json_integer((json_int_t)row->n_processes)) &&
        lh_json_put(object, "pid",
                    row->n_processes == 1 ? json_integer(row->process->pid) : json_null()) &&
        (!instances || lh_json_put(object, "address", lh_json_address(row->addr))) &&
        lh_json_put(object, "locks", lh_json_count(row->locks)) && put_counters(object, row) &&
        lh_json_put(object, "born", frame_or_null(row->born)))
        return object;
    json_decref(object);
    return NULL;
}

static int put_json(const struct table *table)
{
    json_t *array = json_array();
    int result = 0;

    for (size_t i = 0; i < table->shown && result == 0; i++)
        if (json_array_append_new(array, row_object(&table->rows->items[i], table->instances)) != 0)
            result = -ENOMEM;
    if (result == 0 && (json_dumpf(array, table->style.out, JSON_INDENT(2)) != 0 ||
                        putc('\n', table->style.out) == EOF))
        result = -EIO;
    json_decref(array);
    return result;
}

static int print(const struct lh_model *model, const struct lh_programs *programs,
                 const struct lh_locks_options *options, enum lh_lock_column column, FILE *out)
{
    enum lh_lock_rows_of of = options->instances     ? LH_ROWS_INSTANCES
                              : options->per_process ? LH_ROWS_PROCESS_CLASSES
                                                     : LH_ROWS_CLASSES;
    struct lh_lock_rows rows;
    int result = lh_lock_rows_collect(model, programs, of, &rows);

    if (result != 0)
        return result;
    lh_lock_rows_sort(&rows, &(const struct lh_lock_order){
                                 .column = column,
                                 .reverse = options->reverse,
                                 .locks_first = options->sort == NULL,
                             });
    struct table table = {
        .style = {out, options->color},
        .rows = &rows,
        .shown = options->limit > 0 && options->limit < rows.n ? options->limit : rows.n,
        .instances = options->instances,
        .lead = lead_of(model, programs, of),
    };
    if (options->json)
        result = put_json(&table);
    else
        put_table(&table, model);
    lh_lock_rows_free(&rows);
    return result != 0 ? result : lh_finish(out);
}

int lh_report_locks(const struct lh_model *model, const struct lh_locks_options *options, FILE *out)
{
    int column = options->sort != NULL ? lh_lock_column_from_name(options->sort) : LH_COLUMN_WAIT;
    struct lh_programs *programs = column >= 0 ? lh_programs_new(model) : NULL;

    if (column < 0)
        return -EINVAL;
    if (programs == NULL)
        return -ENOMEM;
    int result = print(model, programs, options, (enum lh_lock_column)column, out);
    lh_programs_free(programs);
    return result;
}
