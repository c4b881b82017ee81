/*
 * A finding as a SARIF result. Its code flow has a thread flow for each thread: from the outermost
 * frame of the acquisition to the lock held, then down to the lock wanted, so that a viewer steps
 * through it as the thread ran. The same stacks are there as `stacks`, innermost frame first.
 */
#include "sarif_parts.h"

#include <stdlib.h>
#include <string.h>

#include "escape.h"
#include "json_parts.h"
#include "place.h"
#include "stack_text.h"

json_t *lh_sarif_message(const char *text)
{
    json_t *object = json_object();
    bool empty = text == NULL || *text == '\0';

    return lh_json_check(object, lh_json_put(object, "text", lh_json_text(empty ? "-" : text)));
}

/* ---- places ---- */

static json_t *uri(const char *path)
{
    char *text = NULL;
    size_t size;
    FILE *stream = open_memstream(&text, &size);
    json_t *string = NULL;

    if (stream == NULL)
        return NULL;
    if (path[0] == '/')
        fputs("file://", stream);
    lh_put_uri_path(stream, path);
    if (fclose(stream) == 0)
        string = json_string(text);
    free(text);
    return string;
}

json_t *lh_sarif_file(const struct lh_report *report, const char *path)
{
    const char *shown = lh_place_path(report, path);
    json_t *object = json_object();

    return lh_json_check(object, lh_json_put(object, "uri", uri(shown)) &&
                                     (shown[0] == '/' || lh_json_put(object, "uriBaseId",
                                                                     json_string(LH_SARIF_ROOT))));
}

/* Without a line: the module, and where in it. */
static json_t *physical(const struct lh_report *report, const struct lh_frame *frame)
{
    bool lined = frame->file != NULL && frame->line > 0;
    json_t *object = json_object(), *where = json_object();
    const char *path = frame->file != NULL ? frame->file : frame->module;

    where = lh_json_check(
        where, lined ? lh_json_put(where, "startLine", json_integer(frame->line))
                     : lh_json_put(where, "relativeAddress", lh_json_count(frame->offset)));
    if (path == NULL || *path == '\0') {
        json_decref(where);
        return lh_json_check(object, false);
    }
    return lh_json_check(object,
                         lh_json_put(object, "artifactLocation", lh_sarif_file(report, path)) &&
                             lh_json_put(object, lined ? "region" : "address", where));
}

static json_t *logical(const struct lh_frame *frame)
{
    json_t *array = json_array(), *object = json_object();

    object = lh_json_check(
        object, lh_json_put(object, "fullyQualifiedName", lh_json_text(frame->function)) &&
                    lh_json_put(object, "kind", json_string("function")));
    return lh_json_append(array, object);
}

static bool has_path(const struct lh_frame *frame)
{
    return (frame->file != NULL && *frame->file != '\0') ||
           (frame->file == NULL && frame->module != NULL && *frame->module != '\0');
}

/* message NULL: none. frame NULL: a location without a place. */
static json_t *location(const struct lh_report *report, const struct lh_frame *frame,
                        const char *message)
{
    json_t *object = json_object();

    return lh_json_check(
        object, (frame == NULL || !has_path(frame) ||
                 lh_json_put(object, "physicalLocation", physical(report, frame))) &&
                    (frame == NULL || frame->function == NULL || *frame->function == '\0' ||
                     lh_json_put(object, "logicalLocations", logical(frame))) &&
                    (message == NULL || lh_json_put(object, "message", lh_sarif_message(message))));
}

/* ---- stacks and flows ---- */

static json_t *wrapped(const char *key, json_t *value)
{
    json_t *object = json_object();

    return lh_json_check(object, lh_json_put(object, key, value));
}

static json_t *flow_location(json_t *place, size_t level, const char *importance)
{
    json_t *object = json_object();

    return lh_json_check(object,
                         lh_json_put(object, "location", place) &&
                             lh_json_put(object, "nestingLevel", json_integer((json_int_t)level)) &&
                             lh_json_put(object, "importance", json_string(importance)));
}

/* The frames of a step, outermost first; the last one says what the thread does there. */
static json_t *add_flow(json_t *flow, const struct lh_report *report,
                        const struct lh_process *process, uint32_t stack, const char *message)
{
    struct lh_shown_frames shown = lh_shown_frames(lh_process_stack(process, stack));
    const struct lh_frame **frames = calloc(shown.end + 1, sizeof(*frames));
    size_t n = 0;

    if (frames == NULL)
        return lh_json_append(flow, NULL);
    while ((frames[n] = lh_shown_next(&shown)) != NULL)
        n++;
    for (size_t i = n; i-- > 0 && flow != NULL;)
        flow = lh_json_append(
            flow, flow_location(location(report, frames[i], i == 0 ? message : frames[i]->function),
                                n - 1 - i, i == 0 ? "essential" : "important"));
    if (n == 0)
        flow = lh_json_append(flow, flow_location(location(report, NULL, message), 0, "essential"));
    free(frames);
    return flow;
}

static json_t *stack_object(const struct lh_report *report, const struct lh_process *process,
                            uint32_t stack, const char *message)
{
    struct lh_shown_frames shown = lh_shown_frames(lh_process_stack(process, stack));
    json_t *frames = json_array(), *object = json_object();

    for (const struct lh_frame *frame; frames != NULL && (frame = lh_shown_next(&shown)) != NULL;)
        frames = lh_json_append(frames, wrapped("location", location(report, frame, NULL)));
    return lh_json_check(object, lh_json_put(object, "message", lh_sarif_message(message)) &&
                                     lh_json_put(object, "frames", frames));
}

/* What a viewer shows of one finding, gathered step by step. */
struct parts {
    json_t *related, *stacks, *thread_flows;
    json_t *flow; /* of the thread that is being told */
    const struct lh_participant *thread;
};

static void end_thread(struct parts *parts)
{
    char id[32];

    if (parts->thread == NULL)
        return;
    snprintf(id, sizeof id, "thread %u", (unsigned)parts->thread->thread);
    json_t *object = json_object();
    object = lh_json_check(object, lh_json_put(object, "id", json_string(id)) &&
                                       lh_json_put(object, "locations", parts->flow));
    if (object != NULL && parts->thread->why != NULL)
        object = lh_json_check(
            object, lh_json_put(object, "message", lh_sarif_message(parts->thread->why)));
    parts->thread_flows = lh_json_append(parts->thread_flows, object);
    parts->flow = NULL;
    parts->thread = NULL;
}

static json_t *related(const struct lh_report *report, const struct lh_finding *finding,
                       const struct lh_step *step, const char *text, size_t id)
{
    const struct lh_frame *place = lh_place_of_stack(finding->process, step->held->stack);
    json_t *object = location(report, place, text);

    return lh_json_check(object,
                         object != NULL && lh_json_put(object, "id", json_integer((json_int_t)id)));
}

static void add_step(struct parts *parts, const struct lh_report *report,
                     const struct lh_finding *finding, const struct lh_step *step)
{
    char *text = lh_step_text(finding, step);
    const char *shown = text != NULL ? text : "";
    uint32_t stack = step->held->stack;

    if (parts->thread != step->participant) {
        end_thread(parts);
        parts->thread = step->participant;
        parts->flow = json_array();
    }
    parts->flow = add_flow(parts->flow, report, finding->process, stack, shown);
    parts->stacks =
        lh_json_append(parts->stacks, stack_object(report, finding->process, stack, shown));
    parts->related = lh_json_append(
        parts->related, related(report, finding, step, shown,
                                parts->related ? json_array_size(parts->related) + 1 : 0));
    free(text);
}

static struct parts gather(const struct lh_report *report, const struct lh_finding *finding)
{
    struct parts parts = {json_array(), json_array(), json_array(), NULL, NULL};
    size_t participant = 0, hold = 0;
    struct lh_step step;

    while (lh_step_next(finding, &participant, &hold, &step))
        add_step(&parts, report, finding, &step);
    end_thread(&parts);
    return parts;
}

static json_t *code_flows(const struct lh_finding *finding, json_t *thread_flows)
{
    json_t *flow = json_object();

    flow = lh_json_check(
        flow, lh_json_put(flow, "threadFlows", thread_flows) &&
                  lh_json_put(flow, "message", lh_sarif_message(lh_kind_help(finding->kind))));
    return lh_json_append(json_array(), flow);
}

/* An empty thread flow or code flow is not allowed. */
static bool put_parts(json_t *object, const struct lh_finding *finding, struct parts *parts)
{
    bool flows = parts->thread_flows != NULL && json_array_size(parts->thread_flows) > 0;

    if (!lh_json_put(object, "relatedLocations", parts->related)) {
        json_decref(parts->stacks);
        json_decref(parts->thread_flows);
        return false;
    }
    if (!lh_json_put(object, "stacks", parts->stacks)) {
        json_decref(parts->thread_flows);
        return false;
    }
    if (!flows) {
        bool good = parts->thread_flows != NULL;
        json_decref(parts->thread_flows);
        return good;
    }
    return lh_json_put(object, "codeFlows", code_flows(finding, parts->thread_flows));
}

/* ---- the result ---- */

static json_t *fingerprints(const char *fingerprint)
{
    return wrapped("lockhound/v1", json_string(fingerprint));
}

static json_t *suppressions(const struct lh_finding *finding)
{
    json_t *array = json_array(), *object = json_object();

    if (finding->suppressed == NULL) {
        json_decref(object);
        return array;
    }
    object = lh_json_check(
        object, lh_json_put(object, "kind", json_string("external")) &&
                    lh_json_put(object, "status", json_string("accepted")) &&
                    lh_json_put(object, "justification", lh_json_text(finding->suppressed)));
    return lh_json_append(array, object);
}

static json_t *properties(const struct lh_finding *finding)
{
    json_t *object = json_object();

    return lh_json_check(
        object, lh_json_put(object, "pid", json_integer(finding->process->pid)) &&
                    (finding->remedy == NULL ||
                     lh_json_put(object, "remedy", lh_json_text(finding->remedy))) &&
                    (finding->reason == NULL ||
                     lh_json_put(object, "baselineReason", lh_json_text(finding->reason))) &&
                    (!finding->timed || lh_json_put(object, "timed", json_true())));
}

/* The message, and what to do: viewers show nothing else beside the line. */
static json_t *result_message(const struct lh_finding *finding)
{
    const char *what = finding->message != NULL ? finding->message : lh_kind_help(finding->kind);
    char *text = NULL;
    json_t *object = NULL;

    if (finding->remedy == NULL)
        return lh_sarif_message(what);
    if (asprintf(&text, "%s. Remedy: %s.", what, finding->remedy) < 0)
        return NULL;
    object = lh_sarif_message(text);
    free(text);
    return object;
}

static json_t *head(const char *kind, enum lh_kind rule, enum lh_severity severity,
                    const char *fingerprint, json_t *message)
{
    json_t *object = json_object();

    if (!lh_json_put(object, "message", message))
        return lh_json_check(object, false);
    return lh_json_check(
        object, lh_json_put(object, "ruleId", json_string(kind)) &&
                    lh_json_put(object, "ruleIndex", json_integer((json_int_t)rule)) &&
                    lh_json_put(object, "level", json_string(lh_severity_name(severity))) &&
                    lh_json_put(object, "partialFingerprints", fingerprints(fingerprint)));
}

static json_t *occurrences(const struct lh_finding *finding)
{
    return lh_json_count(finding->similar == UINT64_MAX ? UINT64_MAX : finding->similar + 1);
}

json_t *lh_sarif_result(const struct lh_report *report, const struct lh_finding *finding)
{
    static const char *const states[] = {
        [LH_BASELINE_NONE] = NULL,
        [LH_BASELINE_NEW] = "new",
        [LH_BASELINE_KNOWN] = "unchanged",
    };
    const char *state = states[finding->baseline];
    json_t *object = head(lh_kind_name(finding->kind), finding->kind, finding->severity,
                          finding->fingerprint, result_message(finding));
    json_t *locations = json_array();

    locations = lh_json_append(locations, location(report, lh_place_of_finding(finding), NULL));
    if (object == NULL) {
        json_decref(locations);
        return NULL;
    }
    if (!lh_json_put(object, "locations", locations))
        return lh_json_check(object, false);
    struct parts parts = gather(report, finding);
    return lh_json_check(
        object, put_parts(object, finding, &parts) &&
                    (state == NULL || lh_json_put(object, "baselineState", json_string(state))) &&
                    lh_json_put(object, "suppressions", suppressions(finding)) &&
                    lh_json_put(object, "occurrenceCount", occurrences(finding)) &&
                    lh_json_put(object, "properties", properties(finding)));
}

json_t *lh_sarif_absent(const struct lh_known_finding *vanished)
{
    json_t *object = head(lh_kind_name(vanished->kind), vanished->kind, vanished->severity,
                          vanished->fingerprint, lh_sarif_message(vanished->message));

    return lh_json_check(object, object != NULL &&
                                     lh_json_put(object, "baselineState", json_string("absent")));
}
