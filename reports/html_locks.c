/* The table of counters in the HTML report. The script makes it sortable; without, the top rows. */
#include "html_parts.h"

#include <inttypes.h>

#include "escape.h"
#include "lock_rows.h"
#include "words.h"

#define ROWS_MOST   3000 /* for the script */
#define STATIC_MOST 100  /* for browsers without */

static void put_time(FILE *out, uint64_t ns, bool known, bool estimated)
{
    char text[LH_TIME_TEXT];

    fprintf(out, "<td>%s%s</td>", known && estimated ? "~" : "",
            known ? lh_time_text(ns, text) : "-");
}

static void put_row(const struct lh_lock_row *row, FILE *out)
{
    fputs("<tr><td>", out);
    lh_put_html(out, row->name);
    fprintf(out, "</td><td>%s</td><td>%" PRIu64 "</td><td>%" PRIu64 "</td><td>%" PRIu64 "</td>",
            lh_lock_kind_name(row->kind), row->locks, lh_lock_row_acquisitions(row),
            row->contended);
    put_time(out, row->wait_total, row->contended > 0, false);
    put_time(out, lh_lock_row_wait(row, 50), row->wait_times != NULL, false);
    put_time(out, lh_lock_row_wait(row, 99), row->wait_times != NULL, false);
    put_time(out, row->wait_max, row->contended > 0, false);
    put_time(out, row->hold_total, row->hold_samples > 0, row->hold_estimated);
    put_time(out, lh_lock_row_hold(row, 50), row->hold_times != NULL, false);
    put_time(out, lh_lock_row_hold(row, 99), row->hold_times != NULL, false);
    put_time(out, row->hold_max, row->hold_samples > 0, false);
    fputs("</tr>\n", out);
}

static void put_static(const struct lh_lock_rows *rows, FILE *out)
{
    size_t n = rows->n < STATIC_MOST ? rows->n : STATIC_MOST;

    fputs("<noscript><div class=\"scroll\"><table>\n<thead><tr><th>class</th><th>kind</th>"
          "<th>locks</th><th>acquired</th><th>contended</th><th>wait</th><th>half of the waits up "
          "to</th>"
          "<th>99% of the waits up to</th><th>longest wait</th><th>hold</th>"
          "<th>half of the holds up to</th><th>99% of the holds up to</th><th>longest "
          "hold</th></tr></thead>\n<tbody>\n",
          out);
    for (size_t i = 0; i < n; i++)
        put_row(&rows->items[i], out);
    fputs("</tbody></table></div></noscript>\n", out);
}

static void put_histogram(const struct lh_times *times, FILE *data)
{
    size_t first = 0, end = LH_TIMES_PLACES;

    if (lh_times_total(times) == 0) {
        fputs(",null", data);
        return;
    }
    while (times->counts[first] == 0)
        first++;
    while (times->counts[end - 1] == 0)
        end--;
    fprintf(data, ",[%zu", first);
    for (size_t i = first; i < end; i++)
        fprintf(data, ",%" PRIu64, times->counts[i]);
    putc(']', data);
}

/*
 * [name, kind, locks, acquired, contended, wait, longest wait, hold, longest hold, is hold an
 * estimate, measured holds, born, node, processes, waits, holds]; times in ns, null: not measured;
 * waits and holds as [first place, counts ...], see lh_times_bound()
 */
static void put_row_data(const struct lh_html *html, const struct lh_lock_row *row, FILE *data)
{
    putc('[', data);
    lh_put_script_text(data, row->name, SIZE_MAX);
    fprintf(data, ",\"%s\",%" PRIu64 ",%" PRIu64 ",%" PRIu64 ",", lh_lock_kind_name(row->kind),
            row->locks, lh_lock_row_acquisitions(row), row->contended);
    if (row->contended > 0)
        fprintf(data, "%" PRIu64 ",%" PRIu64, row->wait_total, row->wait_max);
    else
        fputs("null,null", data);
    if (row->hold_samples > 0)
        fprintf(data, ",%" PRIu64 ",%" PRIu64, row->hold_total, row->hold_max);
    else
        fputs(",null,null", data);
    fprintf(data, ",%d,%" PRIu64 ",", row->hold_estimated, row->hold_samples);
    lh_html_put_number(data, lh_html_frame(html->tables, row->process, row->born));
    fprintf(data, ",%zu,%zu", lh_html_node(html->tables, row->process, row->class_id),
            row->n_processes);
    put_histogram(row->wait_times, data);
    put_histogram(row->hold_times, data);
    putc(']', data);
}

int lh_html_locks(const struct lh_html *html, FILE *data)
{
    struct lh_lock_rows rows;
    int result = lh_lock_rows_collect(html->report->model, lh_html_programs(html->tables),
                                      LH_ROWS_CLASSES, &rows);

    if (result != 0)
        return result;
    lh_lock_rows_sort(&rows,
                      &(const struct lh_lock_order){.column = LH_COLUMN_WAIT, .locks_first = true});
    size_t n = rows.n < ROWS_MOST ? rows.n : ROWS_MOST;
    fputs("<section id=\"locks\" aria-labelledby=\"locks-title\">\n"
          "<h2 id=\"locks-title\">Locks</h2>\n",
          html->out);
    if (n > 0) {
        fprintf(html->out, "<p class=\"about\">By class: all locks born at the same place%s.",
                html->report->model->n_processes > 1 ? ", in all runs of a program" : "");
        if (n < rows.n)
            fprintf(html->out,
                    " The %zu with the longest waits of %zu; the rest: <code>lockhound "
                    "locks</code>.",
                    n, rows.n);
        fputs("</p>\n<div id=\"lock-table\"></div>\n", html->out);
        put_static(&rows, html->out);
    } else {
        fputs("<p class=\"none\">No lock was used.</p>\n", html->out);
    }
    fputs("</section>\n", html->out);
    fputs("\"rows\":[", data);
    for (size_t i = 0; i < n; i++) {
        fputs(i > 0 ? ",\n" : "", data);
        put_row_data(html, &rows.items[i], data);
    }
    fputs("],\n", data);
    lh_lock_rows_free(&rows);
    return 0;
}
