/*
 * SARIF 2.1.0 (OASIS), for code scanning: one run; a rule for each kind of finding, with its page
 * as help; results by sarif_result.c. What makes a report incomplete is a notification of the
 * invocation.
 */
#include "report.h"

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "escape.h"
#include "json_parts.h"
#include "kind_pages.h"
#include "sarif_parts.h"
#include "style.h"
#include "words.h"

#define SCHEMA "https://json.schemastore.org/sarif-2.1.0.json"

/* What a finding of the kind usually is; each result has its own level. */
static const char *rule_level(enum lh_kind kind)
{
    switch (kind) {
    case LH_KIND_LOCK_ORDER_INVERSION:
    case LH_KIND_FORK_WHILE_HELD:
    case LH_KIND_INCONSISTENT_LOCKING:
        return "warning";
    case LH_KIND_BLOCKING_WHILE_HELD:
        return "note";
    default:
        return "error";
    }
}

static json_t *rule_help(enum lh_kind kind)
{
    json_t *object = lh_sarif_message(lh_kind_page(kind));

    return lh_json_check(object, lh_json_put(object, "markdown", lh_json_text(lh_kind_page(kind))));
}

/* "LockOrderInversion": what viewers that want a name in this form show. */
static json_t *rule_name(enum lh_kind kind)
{
    char name[64];
    size_t n = 0;
    bool begins = true;

    for (const char *at = lh_kind_name(kind); *at != '\0' && n + 1 < sizeof name; at++) {
        if (*at != '-')
            name[n++] = begins ? (char)toupper((unsigned char)*at) : *at;
        begins = *at == '-';
    }
    name[n] = '\0';
    return json_string(name);
}

/* No helpUri: there is no page on the net that would be it; the whole text is in `help`. */
static json_t *rule(enum lh_kind kind)
{
    json_t *object = json_object(), *level = json_object(), *properties = json_object();
    const char *const tags[] = {"concurrency", "reliability"};

    level = lh_json_check(level, lh_json_put(level, "level", json_string(rule_level(kind))));
    properties = lh_json_check(properties, lh_json_put(properties, "tags", lh_json_texts(tags, 2)));
    return lh_json_check(
        object, lh_json_put(object, "id", json_string(lh_kind_name(kind))) &&
                    lh_json_put(object, "name", rule_name(kind)) &&
                    lh_json_put(object, "shortDescription", lh_sarif_message(lh_kind_help(kind))) &&
                    lh_json_put(object, "fullDescription", lh_sarif_message(lh_kind_help(kind))) &&
                    lh_json_put(object, "help", rule_help(kind)) &&
                    lh_json_put(object, "defaultConfiguration", level) &&
                    lh_json_put(object, "properties", properties));
}

static json_t *tool(void)
{
    json_t *rules = json_array(), *driver = json_object(), *object = json_object();

    for (int kind = 0; kind < LH_KINDS && rules != NULL; kind++)
        rules = lh_json_append(rules, rule((enum lh_kind)kind));
    driver =
        lh_json_check(driver, lh_json_put(driver, "name", json_string("Lockhound")) &&
                                  lh_json_put(driver, "version", json_string(LH_VERSION)) &&
                                  lh_json_put(driver, "semanticVersion", json_string(LH_VERSION)) &&
                                  lh_json_put(driver, "rules", rules));
    return lh_json_check(object, lh_json_put(object, "driver", driver));
}

/* ---- the invocation ---- */

static json_t *notification(const char *level, const char *text)
{
    json_t *object = json_object();

    return lh_json_check(object, lh_json_put(object, "level", json_string(level)) &&
                                     lh_json_put(object, "message", lh_sarif_message(text)));
}

__attribute__((format(printf, 2, 3))) static json_t *add_note(json_t *notes, const char *format,
                                                              ...)
{
    va_list arguments;
    char *text;
    int size;

    va_start(arguments, format);
    size = vasprintf(&text, format, arguments);
    va_end(arguments);
    notes = lh_json_append(notes, size < 0 ? NULL : notification("warning", text));
    if (size >= 0)
        free(text);
    return notes;
}

static json_t *process_notes(json_t *notes, const struct lh_process *process)
{
    if (process->damaged)
        notes = add_note(notes, "the trace %s is damaged: %s", process->path ? process->path : "",
                         process->damage ? process->damage : "some of it is unreadable");
    if (process->state == LH_STATE_STOPPED)
        notes = add_note(notes, "recording of process %" PRIu32 " stopped before its end",
                         process->pid);
    if (process->unknown_python)
        notes = add_note(notes, "process %" PRIu32 ": %s", process->pid, lh_unknown_python_help);
    for (size_t counter = LH_DROP_FIRST; counter < LH_COUNTERS; counter++)
        if (process->counters[counter] > 0)
            notes = add_note(notes, "%" PRIu64 " records of process %" PRIu32 " dropped: %s",
                             process->counters[counter], process->pid, lh_drop_help(counter));
    return notes;
}

static json_t *notifications(const struct lh_report *report)
{
    const struct lh_findings *findings = report->findings;
    json_t *notes = json_array();

    for (size_t i = 0; i < report->model->n_processes; i++)
        notes = process_notes(notes, report->model->processes[i]);
    if (findings->cut)
        notes = add_note(notes, "%s",
                         findings->cut_text != NULL ? findings->cut_text : "the search was cut");
    for (size_t i = 0; i < findings->n_unused_suppressions; i++)
        notes =
            add_note(notes, "the suppression %s matched nothing", findings->unused_suppressions[i]);
    return notes;
}

static const struct lh_process *first_process(const struct lh_report *report)
{
    return report->model->n_processes > 0 ? report->model->processes[0] : NULL;
}

static json_t *arguments(const struct lh_report *report, bool command)
{
    const struct lh_process *first = first_process(report);
    const char *const *argv = report->run.argv != NULL ? (const char *const *)report->run.argv
                              : first != NULL          ? first->argv
                                                       : NULL;
    size_t argc = report->run.argv != NULL ? (size_t)report->run.argc
                  : first != NULL          ? first->argc
                                           : 0;

    if (argc == 0)
        return command ? json_string("-") : json_array();
    return command ? lh_json_text(argv[0]) : lh_json_texts(argv + 1, argc - 1);
}

static json_t *start_time(const struct lh_process *process)
{
    time_t seconds = (time_t)(process->start_realtime / 1000000000);
    struct tm broken;
    char text[40];

    if (gmtime_r(&seconds, &broken) == NULL || broken.tm_year > 8099 || broken.tm_year < 0 ||
        strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &broken) == 0)
        return NULL;
    return json_string(text);
}

/* The program that was watched; whether the watching itself succeeded is executionSuccessful. */
static json_t *invocation(const struct lh_report *report)
{
    const struct lh_process *first = first_process(report);
    json_t *start = first != NULL ? start_time(first) : NULL;
    json_t *object = json_object();

    return lh_json_check(
        object,
        lh_json_put(object, "executionSuccessful", json_boolean(lh_report_complete(report))) &&
            lh_json_put(object, "commandLine", arguments(report, true)) &&
            lh_json_put(object, "arguments", arguments(report, false)) &&
            (first == NULL || lh_json_put(object, "processId", json_integer(first->pid))) &&
            (start == NULL || lh_json_put(object, "startTimeUtc", start)) &&
            (!report->run.exit_known ||
             lh_json_put(object, "exitCode", json_integer(report->run.exit))) &&
            (report->run.signal == 0 ||
             lh_json_put(object, "exitSignalNumber", json_integer(report->run.signal))) &&
            lh_json_put(object, "toolExecutionNotifications", notifications(report)));
}

/* ---- the run ---- */

static json_t *root_folder(const struct lh_report *report)
{
    char here[PATH_MAX], *text = NULL;
    size_t size;
    const char *path = report->source_root != NULL         ? report->source_root
                       : getcwd(here, sizeof here) != NULL ? here
                                                           : "/";
    FILE *stream = open_memstream(&text, &size);
    json_t *uri = NULL, *folder = json_object(), *object = json_object();

    if (stream != NULL) {
        fputs("file://", stream);
        lh_put_uri_path(stream, path);
        if (path[strlen(path) - 1] != '/')
            putc('/', stream);
        if (fclose(stream) == 0)
            uri = json_string(text);
        free(text);
    }
    folder = lh_json_check(folder, lh_json_put(folder, "uri", uri));
    return lh_json_check(object, lh_json_put(object, LH_SARIF_ROOT, folder));
}

static json_t *results(const struct lh_report *report)
{
    const struct lh_findings *findings = report->findings;
    json_t *array = json_array();

    for (size_t i = 0; i < findings->n_items && array != NULL; i++)
        array = lh_json_append(array, lh_sarif_result(report, &findings->items[i]));
    for (size_t i = 0; i < findings->n_suppressed && array != NULL; i++)
        array = lh_json_append(array, lh_sarif_result(report, &findings->suppressed[i]));
    for (size_t i = 0; i < findings->n_vanished && array != NULL; i++)
        array = lh_json_append(array, lh_sarif_absent(&findings->vanished[i]));
    return array;
}

static json_t *run(const struct lh_report *report)
{
    json_t *object = json_object(), *invocations = json_array();

    invocations = lh_json_append(invocations, invocation(report));
    return lh_json_check(object,
                         lh_json_put(object, "tool", tool()) &&
                             lh_json_put(object, "invocations", invocations) &&
                             lh_json_put(object, "columnKind", json_string("unicodeCodePoints")) &&
                             lh_json_put(object, "originalUriBaseIds", root_folder(report)) &&
                             lh_json_put(object, "results", results(report)));
}

static json_t *build(const struct lh_report *report)
{
    json_t *root = json_object(), *runs = json_array();

    runs = lh_json_append(runs, run(report));
    return lh_json_check(root, lh_json_put(root, "$schema", json_string(SCHEMA)) &&
                                   lh_json_put(root, "version", json_string("2.1.0")) &&
                                   lh_json_put(root, "runs", runs));
}

int lh_report_sarif(const struct lh_report *report, FILE *out)
{
    json_t *root = build(report);
    int r = 0;

    if (root == NULL)
        return -ENOMEM;
    errno = 0;
    if (json_dumpf(root, out, JSON_INDENT(2)) != 0 || putc('\n', out) == EOF)
        r = errno != 0 ? -errno : -EIO;
    json_decref(root);
    return r != 0 ? r : lh_finish(out);
}
