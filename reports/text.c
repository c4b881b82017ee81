/* The report for people: findings, then what was filtered, notes, and one line of summary. */
#include "report.h"

#include <inttypes.h>

#include "escape.h"
#include "notes.h"
#include "style.h"
#include "text_finding.h"

static uint64_t filtered_total(const struct lh_findings *findings)
{
    uint64_t sum = 0;

    for (size_t i = 0; i < LH_FILTERS; i++)
        sum += findings->filtered_count[i];
    return sum;
}

static void put_findings(const struct lh_text_context *text, const struct lh_report *report)
{
    const struct lh_findings *findings = report->findings;

    for (size_t i = 0; i < findings->n_items; i++)
        lh_text_finding(text, &findings->items[i], i > 0 ? &findings->items[i - 1] : NULL,
                        findings->n_items > 1 ? i + 1 : 0);
    if (!report->all)
        return;
    for (size_t i = 0; i < findings->n_filtered; i++)
        lh_text_filtered(text, &findings->filtered[i]);
}

static void put_program(FILE *out, const struct lh_report *report)
{
    const struct lh_model *model = report->model;
    const struct lh_process *first = model->n_processes > 0 ? model->processes[0] : NULL;
    int pid = report->run.pid != 0 ? report->run.pid : first != NULL ? (int)first->pid : 0;
    const char *name = NULL;

    if (report->run.argv != NULL && report->run.argc > 0)
        name = report->run.argv[0];
    else if (first != NULL && first->argc > 0)
        name = first->argv[0];
    fputs(" in ", out);
    lh_put_terminal(out, name != NULL ? name : "the program");
    if (pid != 0)
        fprintf(out, " [pid %d]", pid);
    if (model->n_processes > 1)
        fprintf(out, " and %zu more process%s", model->n_processes - 1,
                model->n_processes > 2 ? "es" : "");
    if (report->run.signal != 0)
        fprintf(out, ", ended by signal %d", report->run.signal);
}

static uint64_t count_locks(const struct lh_process *process)
{
    uint64_t count = 0;

    for (size_t i = 1; i < process->n_locks; i++)
        count += process->locks[i].uid != 0;
    return count > process->counters[LH_COUNT_LOCKS] ? count : process->counters[LH_COUNT_LOCKS];
}

static uint64_t count_threads(const struct lh_process *process)
{
    uint64_t seen = process->counters[LH_COUNT_THREADS];

    return process->n_threads > seen ? process->n_threads : seen;
}

static void put_size(FILE *out, const struct lh_model *model)
{
    uint64_t locks = 0, threads = 0;

    for (size_t i = 0; i < model->n_processes; i++) {
        locks += count_locks(model->processes[i]);
        threads += count_threads(model->processes[i]);
    }
    fprintf(out, "; %" PRIu64 " lock%s, %" PRIu64 " thread%s", locks, locks == 1 ? "" : "s",
            threads, threads == 1 ? "" : "s");
}

static void put_severities(FILE *out, const struct lh_findings *findings)
{
    size_t counts[LH_SEVERITIES] = {0};
    const char *separator = " (";

    for (size_t i = 0; i < findings->n_items; i++)
        counts[findings->items[i].severity]++;
    for (int severity = LH_ERROR; severity >= LH_NOTE; severity--) {
        if (counts[severity] == 0)
            continue;
        fprintf(out, "%s%zu %s%s", separator, counts[severity],
                lh_severity_name((enum lh_severity)severity), counts[severity] == 1 ? "" : "s");
        separator = ", ";
    }
    putc(')', out);
}

static void put_filtered(FILE *out, const struct lh_report *report)
{
    const char *separator = "; filtered: ";

    if (filtered_total(report->findings) == 0)
        return;
    for (int i = 0; i < LH_FILTERS; i++) {
        if (report->findings->filtered_count[i] == 0)
            continue;
        fprintf(out, "%s%" PRIu64 " %s", separator, report->findings->filtered_count[i],
                lh_filter_name((enum lh_filter)i));
        separator = ", ";
    }
    if (!report->all)
        fputs(" (--all shows them)", out);
}

static void put_summary(const struct lh_style *style, const struct lh_report *report)
{
    size_t n = report->findings->n_items;
    FILE *out = style->out;

    lh_paint_begin(style, LH_PAINT_BOLD);
    fputs("lockhound: ", out);
    if (n == 0)
        fputs("no findings", out);
    else
        fprintf(out, "%zu finding%s", n, n == 1 ? "" : "s");
    lh_paint_end(style);
    if (n > 0)
        put_severities(out, report->findings);
    put_program(out, report);
    put_size(out, report->model);
    put_filtered(out, report);
    putc('\n', out);
}

int lh_report_text(const struct lh_report *report, FILE *out)
{
    const struct lh_text_context text = {{out, report->color}, report->model};
    const struct lh_findings *findings = report->findings;

    put_findings(&text, report);
    lh_put_notes(&text.style, report->model);
    if (findings->cut)
        lh_put_note(&text.style, findings->cut_text != NULL
                                     ? findings->cut_text
                                     : "the search was cut; there may be more cycles");
    put_summary(&text.style, report);
    return lh_finish(out);
}
