/*
 * JUnit XML: a test case a finding. One that makes the command fail is a failure; what is known,
 * suppressed, or below the gate is a skipped test that says so. Without findings one test passes,
 * so that "no tests" never stands for "no findings".
 */
#include "report.h"

#include <errno.h>
#include <stdlib.h>

#include "escape.h"
#include "place.h"
#include "style.h"
#include "text_finding.h"

struct junit {
    const struct lh_report *report;
    FILE *out;
};

static void put_attribute(FILE *out, const char *name, const char *value)
{
    fprintf(out, " %s=\"", name);
    lh_put_xml_attribute(out, value);
    putc('"', out);
}

static const char *message_of(const struct lh_finding *finding)
{
    return finding->message != NULL ? finding->message : lh_kind_help(finding->kind);
}

/* The whole finding as the text report has it. */
static int put_body(const struct junit *junit, const struct lh_finding *finding)
{
    char *text = NULL;
    size_t size;
    FILE *stream = open_memstream(&text, &size);
    const struct lh_text_context context = {{stream, false}, junit->report->model};

    if (stream == NULL)
        return -ENOMEM;
    lh_text_finding(&context, finding, NULL, 0);
    if (fclose(stream) != 0) {
        free(text);
        return -ENOMEM;
    }
    lh_put_xml(junit->out, text);
    free(text);
    return 0;
}

static const char *why_skipped(const struct lh_finding *finding)
{
    if (finding->suppressed != NULL)
        return finding->suppressed;
    if (finding->baseline == LH_BASELINE_KNOWN)
        return finding->reason != NULL ? finding->reason : "known: the baseline has it";
    return "below what --fail-on names";
}

static int put_case(const struct junit *junit, const struct lh_finding *finding)
{
    const struct lh_frame *place = lh_place_of_finding(finding);
    FILE *out = junit->out;
    int r;

    fputs("  <testcase", out);
    put_attribute(out, "classname", lh_kind_name(finding->kind));
    put_attribute(out, "name", message_of(finding));
    if (place != NULL && place->file != NULL) {
        put_attribute(out, "file", lh_place_path(junit->report, place->file));
        fprintf(out, " line=\"%d\"", place->line);
    }
    fputs(">\n    <", out);
    fputs(finding->fails ? "failure" : "skipped", out);
    if (finding->fails)
        put_attribute(out, "type", lh_severity_name(finding->severity));
    put_attribute(out, "message", finding->fails ? message_of(finding) : why_skipped(finding));
    fputs(finding->fails ? ">" : "/>\n    <system-out>", out);
    r = put_body(junit, finding);
    fputs(finding->fails ? "</failure>\n" : "</system-out>\n", out);
    fputs("  </testcase>\n", out);
    return r;
}

static const char *program(const struct lh_report *report)
{
    if (report->run.argv != NULL && report->run.argc > 0)
        return report->run.argv[0];
    if (report->model->n_processes > 0 && report->model->processes[0]->argc > 0)
        return report->model->processes[0]->argv[0];
    return "the program";
}

static void put_passed(const struct junit *junit)
{
    fputs("  <testcase classname=\"lockhound\"", junit->out);
    put_attribute(junit->out, "name", "no findings");
    fputs("/>\n", junit->out);
}

static void put_head(const struct junit *junit)
{
    const struct lh_findings *findings = junit->report->findings;
    size_t shown = findings->n_items + (junit->report->all ? findings->n_suppressed : 0);
    size_t failures = 0;

    for (size_t i = 0; i < findings->n_items; i++)
        failures += findings->items[i].fails;
    fputs("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites>\n<testsuite", junit->out);
    put_attribute(junit->out, "name", "lockhound");
    fprintf(junit->out, " tests=\"%zu\" failures=\"%zu\" errors=\"0\" skipped=\"%zu\"",
            shown > 0 ? shown : 1, failures, shown - failures);
    fputs(">\n  <properties>\n    <property name=\"program\"", junit->out);
    put_attribute(junit->out, "value", program(junit->report));
    fprintf(junit->out,
            "/>\n    <property name=\"lockhound\" value=\"%s\"/>\n"
            "    <property name=\"complete\" value=\"%s\"/>\n  </properties>\n",
            LH_VERSION, lh_report_complete(junit->report) ? "true" : "false");
}

int lh_report_junit(const struct lh_report *report, FILE *out)
{
    const struct junit junit = {report, out};
    const struct lh_findings *findings = report->findings;
    int r = 0;

    put_head(&junit);
    for (size_t i = 0; i < findings->n_items && r == 0; i++)
        r = put_case(&junit, &findings->items[i]);
    for (size_t i = 0; i < findings->n_suppressed && report->all && r == 0; i++)
        r = put_case(&junit, &findings->suppressed[i]);
    if (findings->n_items == 0 && (findings->n_suppressed == 0 || !report->all))
        put_passed(&junit);
    fputs("</testsuite>\n</testsuites>\n", out);
    return r != 0 ? r : lh_finish(out);
}
