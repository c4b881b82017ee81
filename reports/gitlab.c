/*
 * GitLab's code quality report: a JSON array that a merge request shows beside the changed lines.
 * GitLab compares it with the target branch's by the fingerprints, which must not repeat.
 */
#include "report.h"

#include <errno.h>
#include <string.h>

#include "json_parts.h"
#include "place.h"
#include "style.h"

static json_t *location(const struct lh_report *report, const struct lh_finding *finding)
{
    const struct lh_frame *place = lh_place_of_finding(finding);
    const char *path = place != NULL && place->file != NULL     ? lh_place_path(report, place->file)
                       : place != NULL && place->module != NULL ? place->module
                       : finding->process->argc > 0             ? finding->process->argv[0]
                                                                : "unknown";
    json_t *lines = json_object(), *object = json_object();

    lines = lh_json_check(
        lines, lh_json_put(lines, "begin",
                           json_integer(place != NULL && place->file != NULL && place->line > 0
                                            ? place->line
                                            : 1)));
    return lh_json_check(object, lh_json_put(object, "path", lh_json_text(path)) &&
                                     lh_json_put(object, "lines", lines));
}

static json_t *issue(const struct lh_report *report, const struct lh_finding *finding)
{
    static const char *const severities[LH_SEVERITIES] = {
        [LH_NOTE] = "info",
        [LH_WARNING] = "major",
        [LH_ERROR] = "critical",
    };
    const char *message = finding->message != NULL ? finding->message : lh_kind_help(finding->kind);
    json_t *object = json_object();

    return lh_json_check(
        object, lh_json_put(object, "description", lh_json_text(message)) &&
                    lh_json_put(object, "check_name", json_string(lh_kind_name(finding->kind))) &&
                    lh_json_put(object, "fingerprint", json_string(finding->fingerprint)) &&
                    lh_json_put(object, "severity", json_string(severities[finding->severity])) &&
                    lh_json_put(object, "location", location(report, finding)));
}

/* The same fault in two processes is one issue. */
static bool told_before(const struct lh_findings *findings, size_t place)
{
    for (size_t i = 0; i < place; i++)
        if (strcmp(findings->items[i].fingerprint, findings->items[place].fingerprint) == 0)
            return true;
    return false;
}

int lh_report_gitlab(const struct lh_report *report, FILE *out)
{
    json_t *array = json_array();
    int r = 0;

    for (size_t i = 0; i < report->findings->n_items && array != NULL; i++)
        if (!told_before(report->findings, i))
            array = lh_json_append(array, issue(report, &report->findings->items[i]));
    if (array == NULL)
        return -ENOMEM;
    errno = 0;
    if (json_dumpf(array, out, JSON_INDENT(2)) != 0 || putc('\n', out) == EOF)
        r = errno != 0 ? -errno : -EIO;
    json_decref(array);
    return r != 0 ? r : lh_finish(out);
}
