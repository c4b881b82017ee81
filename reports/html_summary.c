/* The head of the HTML report: a verdict in words, then how many of what. */
#include "html_parts.h"

#include <inttypes.h>

#include "escape.h"
#include "site.h"
#include "totals.h"

static size_t count_kind(const struct lh_findings *findings, enum lh_kind kind)
{
    size_t count = 0;

    for (size_t i = 0; i < findings->n_items; i++)
        count += findings->items[i].kind == kind;
    return count;
}

static bool any_error(const struct lh_findings *findings, const enum lh_kind *kinds, size_t n)
{
    for (size_t i = 0; i < findings->n_items; i++)
        for (size_t k = 0; k < n; k++)
            if (findings->items[i].kind == kinds[k] && findings->items[i].severity == LH_ERROR)
                return true;
    return false;
}

static bool deadlocked(const struct lh_findings *findings)
{
    static const enum lh_kind kinds[] = {LH_KIND_DEADLOCK, LH_KIND_UPGRADE_DEADLOCK};

    return any_error(findings, kinds, sizeof kinds / sizeof *kinds);
}

static bool locked_itself_out(const struct lh_findings *findings)
{
    static const enum lh_kind kinds[] = {LH_KIND_SELF_DEADLOCK};

    return any_error(findings, kinds, sizeof kinds / sizeof *kinds);
}

static bool hung(const struct lh_findings *findings)
{
    static const enum lh_kind kinds[] = {LH_KIND_STALL, LH_KIND_LOST_WAKEUP,
                                         LH_KIND_STARVED_BARRIER, LH_KIND_STARVED_SEMAPHORE};

    return any_error(findings, kinds, sizeof kinds / sizeof *kinds);
}

struct verdict {
    const char *class, *title, *text;
};

static struct verdict verdict_of(const struct lh_report *report)
{
    const struct lh_findings *findings = report->findings;
    size_t counts[LH_SEVERITIES];

    lh_total_severities(findings, counts);
    if (deadlocked(findings))
        return (struct verdict){"error", "It deadlocked.",
                                "Threads waited for locks that could not become free."};
    /* The C library refuses some of these calls instead, and the program goes on. */
    if (locked_itself_out(findings))
        return (struct verdict){"error", "It locked itself out.",
                                "A thread wanted what it held itself: it waited for ever, or the "
                                "call was refused."};
    if (hung(findings))
        return (struct verdict){"error", "It hung.",
                                "Threads waited, and nobody was left to wake them."};
    if (report->run.timeout != NULL)
        return (struct verdict){"error", "It took too long.",
                                "It was ended. What its threads did then is told below."};
    if (counts[LH_ERROR] > 0)
        return (struct verdict){"error", "Something went wrong.",
                                "What the errors below tell has happened in this run."};
    if (count_kind(findings, LH_KIND_LOCK_ORDER_INVERSION) > 0)
        return (struct verdict){"warning", "It can deadlock.",
                                "It did not in this run, but with unlucky timing it will."};
    if (counts[LH_WARNING] > 0)
        return (struct verdict){"warning", "It can go wrong.",
                                "Nothing did in this run, but what the warnings tell can happen."};
    if (counts[LH_NOTE] > 0)
        return (struct verdict){"note", "Nothing wrong was found.",
                                "The notes below are worth a look."};
    return (struct verdict){"good", "No findings.",
                            "Nothing wrong was found in what was run. A lock order is known only "
                            "if the program went that way while it was watched."};
}

void lh_html_put_program(const struct lh_html *html)
{
    lh_put_html(html->out, lh_site_basename(lh_program_name(html->report)));
}

static void put_end(const struct lh_html *html)
{
    const struct lh_run *run = &html->report->run;

    if (lh_ended_by_us(html->report))
        fputs(", ended by lockhound", html->out);
    else if (run->signal != 0)
        fprintf(html->out, ", ended by signal %d", run->signal);
    else if (run->exit_known)
        fprintf(html->out, ", exit status %d", run->exit);
}

static void put_severities(const struct lh_html *html)
{
    size_t counts[LH_SEVERITIES];

    lh_total_severities(html->report->findings, counts);
    fputs("<ul class=\"counts\">\n", html->out);
    for (int severity = LH_ERROR; severity >= LH_NOTE; severity--) {
        const char *name = lh_severity_name((enum lh_severity)severity);
        fprintf(html->out, "<li class=\"%s%s\"><b>%zu</b> %s%s</li>\n", name,
                counts[severity] == 0 ? " zero" : "", counts[severity], name,
                counts[severity] == 1 ? "" : "s");
    }
    for (int kind = 0; kind < LH_KINDS; kind++) {
        size_t count = count_kind(html->report->findings, (enum lh_kind)kind);
        if (count > 0)
            fprintf(html->out, "<li class=\"of-kind\"><b>%zu</b> %s</li>\n", count,
                    lh_kind_name((enum lh_kind)kind));
    }
    fputs("</ul>\n", html->out);
}

/* What of that is new, where there is a baseline; what suppressions took out. */
static void put_gating(const struct lh_html *html)
{
    const struct lh_findings *findings = html->report->findings;
    size_t known = 0, fresh = 0;

    for (size_t i = 0; i < findings->n_items; i++) {
        known += findings->items[i].baseline == LH_BASELINE_KNOWN;
        fresh += findings->items[i].baseline == LH_BASELINE_NEW;
    }
    if (known + fresh > 0)
        fprintf(html->out,
                "<p class=\"gating\">Compared with the baseline: <b>%zu new</b>, %zu known.", fresh,
                known);
    if (findings->n_vanished > 0)
        fprintf(html->out, "%s<a href=\"#known\">%zu in the baseline</a> %s not found.",
                known + fresh > 0 ? " " : "<p class=\"gating\">", findings->n_vanished,
                findings->n_vanished == 1 ? "was" : "were");
    if (known + fresh + findings->n_vanished > 0)
        fputs("</p>\n", html->out);
    if (findings->n_suppressed > 0)
        fprintf(html->out, "<p class=\"gating\"><a href=\"#known\">%zu suppressed</a>.</p>\n",
                findings->n_suppressed);
}

static void put_trust(const struct lh_html *html)
{
    const struct lh_report *report = html->report;
    uint64_t dropped = lh_report_dropped(report);

    if (lh_report_complete(report) && !report->findings->cut) {
        fputs("<p class=\"complete\">The report is complete: nothing was dropped.</p>\n",
              html->out);
        return;
    }
    fputs("<p class=\"incomplete\"><b>The report is incomplete</b>", html->out);
    if (dropped > 0)
        fprintf(html->out, ": %" PRIu64 " record%s dropped", dropped, dropped == 1 ? "" : "s");
    fputs(". <a href=\"#run\">What is missing, and why</a></p>\n", html->out);
}

void lh_html_summary(const struct lh_html *html)
{
    const struct lh_report *report = html->report;
    struct verdict verdict = verdict_of(report);
    uint64_t locks = lh_total_locks(report->model), threads = lh_total_threads(report->model);

    fprintf(html->out,
            "<section id=\"summary\" class=\"verdict %s\" aria-labelledby=\"verdict\">\n"
            "<h2 id=\"verdict\">%s</h2>\n<p>%s</p>\n",
            verdict.class, verdict.title, verdict.text);
    put_severities(html);
    put_gating(html);
    put_trust(html);
    fputs("<p class=\"program\"><code>", html->out);
    lh_put_html(html->out, lh_program_name(report));
    fputs("</code>", html->out);
    if (lh_program_pid(report) != 0)
        fprintf(html->out, ", pid %d", lh_program_pid(report));
    if (report->model->n_processes > 1)
        fprintf(html->out, " and %zu more process%s", report->model->n_processes - 1,
                report->model->n_processes > 2 ? "es" : "");
    put_end(html);
    fprintf(html->out,
            "; %" PRIu64 " lock%s, %" PRIu64 " thread%s; Lockhound " LH_VERSION
            "</p>\n</section>\n",
            locks, locks == 1 ? "" : "s", threads, threads == 1 ? "" : "s");
}
