/*
 * Annotations of GitHub Actions: workflow commands, one line a finding. In a command % CR LF must
 * be escaped, in its properties : and , too.
 */
#include "report.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "escape.h"
#include "place.h"
#include "stack_text.h"
#include "style.h"

static void put_escaped(FILE *out, const char *text, const char *special)
{
    for (; *text != '\0'; text++) {
        if (strchr(special, *text) != NULL)
            fprintf(out, "%%%02X", (unsigned)(unsigned char)*text);
        else
            putc(*text, out);
    }
}

/* What the log of a job cannot show is made visible before it is escaped. */
static int put_text(FILE *out, const char *text, const char *special)
{
    char *visible = NULL;
    size_t size;
    FILE *stream = open_memstream(&visible, &size);

    if (stream == NULL)
        return -ENOMEM;
    lh_put_terminal(stream, text);
    if (fclose(stream) != 0) {
        free(visible);
        return -ENOMEM;
    }
    put_escaped(out, visible, special);
    free(visible);
    return 0;
}

static int put_data(FILE *out, const char *text)
{
    return put_text(out, text, "%\r\n");
}

static int put_property(FILE *out, const char *text)
{
    return put_text(out, text, "%\r\n:,");
}

static int put_steps(FILE *out, const struct lh_finding *finding)
{
    size_t participant = 0, hold = 0;
    struct lh_step step;
    int r = 0;

    while (r == 0 && lh_step_next(finding, &participant, &hold, &step)) {
        const struct lh_frame *place = lh_place_of_stack(finding->process, step.held->stack);
        char *text = lh_step_text(finding, &step);
        fputs("%0A", out);
        r = text != NULL ? put_data(out, text) : -ENOMEM;
        free(text);
        if (r == 0 && place != NULL && place->function != NULL) {
            fputs(" in ", out);
            r = put_data(out, place->function);
        }
        if (r == 0 && place != NULL && place->file != NULL && place->line > 0) {
            fputs(", ", out);
            r = put_data(out, lh_short_path(place->file));
            fprintf(out, ":%d", place->line);
        }
    }
    return r;
}

static int put_place(FILE *out, const struct lh_report *report, const struct lh_finding *finding)
{
    const struct lh_frame *place = lh_place_of_finding(finding);
    int r;

    if (place == NULL || place->file == NULL)
        return 0;
    fputs("file=", out);
    r = put_property(out, lh_place_path(report, place->file));
    if (place->line > 0)
        fprintf(out, ",line=%d", place->line);
    putc(',', out);
    return r;
}

static int put_finding(FILE *out, const struct lh_report *report, const struct lh_finding *finding)
{
    static const char *const commands[LH_SEVERITIES] = {
        [LH_NOTE] = "notice",
        [LH_WARNING] = "warning",
        [LH_ERROR] = "error",
    };
    int r;

    fprintf(out, "::%s ", commands[finding->severity]);
    r = put_place(out, report, finding);
    fprintf(out, "title=%s::", lh_kind_name(finding->kind));
    if (r == 0)
        r = put_data(out,
                     finding->message != NULL ? finding->message : lh_kind_help(finding->kind));
    if (r == 0)
        r = put_steps(out, finding);
    if (r == 0 && finding->remedy != NULL) {
        fputs("%0Aremedy: ", out);
        r = put_data(out, finding->remedy);
    }
    fprintf(out, "%%0Afingerprint: %s\n", finding->fingerprint);
    return r;
}

static void put_incomplete(FILE *out, const struct lh_report *report)
{
    if (!lh_report_complete(report))
        fprintf(out,
                "::warning title=lockhound::the report is incomplete: %" PRIu64
                " records were dropped, or a trace is damaged\n",
                lh_report_dropped(report));
    if (report->findings->cut)
        fputs("::warning title=lockhound::the search was cut; there may be more cycles\n", out);
}

int lh_report_github(const struct lh_report *report, FILE *out)
{
    int r = 0;

    for (size_t i = 0; i < report->findings->n_items && r == 0; i++)
        if (report->all || report->findings->items[i].baseline != LH_BASELINE_KNOWN)
            r = put_finding(out, report, &report->findings->items[i]);
    put_incomplete(out, report);
    return r != 0 ? r : lh_finish(out);
}
