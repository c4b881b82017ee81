/* The report for people: findings, then what was filtered, notes, and one line of summary. */
#include "report.h"

#include <errno.h>
#include <inttypes.h>

#include "escape.h"
#include "notes.h"
#include "site.h"
#include "style.h"
#include "text_finding.h"
#include "totals.h"
#include "text_timeout.h"
#include "text_waiting.h"

static void put_findings(const struct lh_text_context *text, const struct lh_report *report)
{
    const struct lh_findings *findings = report->findings;

    for (size_t i = 0; i < findings->n_items; i++) {
        const struct lh_finding *finding = &findings->items[i];
        size_t number = findings->n_items > 1 ? i + 1 : 0;
        if (finding->baseline == LH_BASELINE_KNOWN && !report->all)
            lh_text_known(text, finding, number);
        else
            lh_text_finding(text, finding, i > 0 ? finding - 1 : NULL, number);
    }
    if (!report->all)
        return;
    for (size_t i = 0; i < findings->n_suppressed; i++)
        lh_text_suppressed(text, &findings->suppressed[i]);
    for (size_t i = 0; i < findings->n_filtered; i++)
        lh_text_filtered(text, &findings->filtered[i]);
}

static void put_program(FILE *out, const struct lh_report *report)
{
    const struct lh_model *model = report->model;

    fputs(" in ", out);
    lh_put_terminal(out, lh_program_name(report));
    if (lh_program_pid(report) != 0)
        fprintf(out, " [pid %d]", lh_program_pid(report));
    if (model->n_processes > 1)
        fprintf(out, " and %zu more process%s", model->n_processes - 1,
                model->n_processes > 2 ? "es" : "");
    if (lh_ended_by_us(report))
        fputs(", ended by lockhound", out);
    else if (report->run.signal != 0)
        fprintf(out, ", ended by signal %d", report->run.signal);
}

static void put_size(FILE *out, const struct lh_model *model)
{
    uint64_t locks = lh_total_locks(model), threads = lh_total_threads(model);

    fprintf(out, "; %" PRIu64 " lock%s, %" PRIu64 " thread%s", locks, locks == 1 ? "" : "s",
            threads, threads == 1 ? "" : "s");
}

static void put_severities(FILE *out, const struct lh_findings *findings)
{
    size_t counts[LH_SEVERITIES];
    const char *separator = " (";

    lh_total_severities(findings, counts);
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

    if (lh_total_filtered(report->findings) == 0)
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

static void put_known(FILE *out, const struct lh_findings *findings)
{
    size_t known = 0;

    for (size_t i = 0; i < findings->n_items; i++)
        known += findings->items[i].baseline == LH_BASELINE_KNOWN;
    if (known > 0)
        fprintf(out, ", %zu known", known);
}

static void put_suppressed(FILE *out, const struct lh_report *report)
{
    if (report->findings->n_suppressed > 0)
        fprintf(out, "; suppressed: %zu%s", report->findings->n_suppressed,
                report->all ? "" : " (--all shows them)");
}

/* What a baseline or a list of suppressions could do without. */
static void put_needless(const struct lh_style *style, const struct lh_findings *findings)
{
    for (size_t i = 0; i < findings->n_unused_suppressions; i++) {
        lh_put_note(style, "a suppression matched nothing:");
        fputs("      ", style->out);
        lh_put_terminal(style->out, findings->unused_suppressions[i]);
        putc('\n', style->out);
    }
    for (size_t i = 0; i < findings->n_vanished; i++) {
        const struct lh_known_finding *known = &findings->vanished[i];
        lh_put_note(style, "in the baseline, but not found here:");
        fprintf(style->out, "      %s %s ", lh_kind_name(known->kind), known->fingerprint);
        lh_put_terminal(style->out, known->message);
        putc('\n', style->out);
    }
}

/* The program's place of it has no name. NULL: it has one, or is none. */
static const char *nameless_module(const struct lh_process *process, uint32_t stack)
{
    const struct lh_frame *frame = lh_site_frame(process, stack);

    return frame && !frame->function ? frame->module : NULL;
}

static const char *nameless_part(const struct lh_finding *finding)
{
    for (size_t i = 0; i < finding->n_participants; i++) {
        const struct lh_participant *participant = &finding->participants[i];
        const char *module = nameless_module(finding->process, participant->wants.stack);
        for (size_t k = 0; k < participant->n_holds && module == NULL; k++)
            module = nameless_module(finding->process, participant->holds[k].stack);
        if (module != NULL)
            return module;
    }
    return NULL;
}

/* Addresses alone help nobody: say once what would give names. */
static void put_nameless(const struct lh_style *style, const struct lh_findings *findings)
{
    for (size_t i = 0; i < findings->n_items; i++) {
        const char *module = nameless_part(&findings->items[i]);
        if (module == NULL)
            continue;
        lh_put_note(style, "no symbols or debug information tell the names of functions in");
        fputs("      ", style->out);
        lh_put_terminal(style->out, module);
        fputs("\n      (compile it with -g, install its -dbg or -dbgsym package, or set "
              "DEBUGINFOD_URLS; then report again)\n",
              style->out);
        return;
    }
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
    if (n > 0) {
        put_severities(out, report->findings);
        put_known(out, report->findings);
    }
    put_program(out, report);
    put_size(out, report->model);
    put_filtered(out, report);
    put_suppressed(out, report);
    putc('\n', out);
}

int lh_report_text(const struct lh_report *report, FILE *out)
{
    const struct lh_text_context text = {{out, report->color}, report->model};
    const struct lh_findings *findings = report->findings;

    put_findings(&text, report);
    if (report->run.timeout != NULL && lh_text_timeout(&text, report->run.timeout) < 0)
        return -ENOMEM;
    lh_text_waiting(&text.style, report);
    lh_put_notes(&text.style, report->model);
    if (findings->cut)
        lh_put_note(&text.style, findings->cut_text != NULL
                                     ? findings->cut_text
                                     : "the search was cut; there may be more cycles");
    put_needless(&text.style, findings);
    put_nameless(&text.style, findings);
    put_summary(&text.style, report);
    return lh_finish(out);
}
