/* The report for programs: one JSON object, as DESIGN.md section 7 has it. */
#include "report.h"

#include <errno.h>

#include "json_parts.h"
#include "style.h"
#include "totals.h"
#include "words.h"

static const struct lh_process *first_process(const struct lh_report *report)
{
    return report->model->n_processes > 0 ? report->model->processes[0] : NULL;
}

static json_t *arguments(const struct lh_report *report)
{
    const struct lh_process *first = first_process(report);

    if (report->run.argv != NULL)
        return lh_json_texts((const char *const *)report->run.argv, (size_t)report->run.argc);
    if (first != NULL)
        return lh_json_texts(first->argv, first->argc);
    return json_array();
}

static json_t *program(const struct lh_report *report)
{
    const struct lh_process *first = first_process(report);
    json_int_t pid = report->run.pid;
    json_t *object = json_object();

    if (pid == 0 && first != NULL)
        pid = first->pid;
    if (lh_json_put(object, "argv", arguments(report)) &&
        lh_json_put(object, "pid", pid != 0 ? json_integer(pid) : json_null()) &&
        lh_json_put(object, "exit",
                    report->run.exit_known ? json_integer(report->run.exit) : json_null()) &&
        (report->run.signal == 0 ||
         lh_json_put(object, "signal", json_integer(report->run.signal))) &&
        (!lh_ended_by_us(report) || lh_json_put(object, "ended_by", json_string("lockhound"))))
        return object;
    json_decref(object);
    return NULL;
}

static json_t *summary(const struct lh_findings *findings)
{
    size_t counts[LH_KINDS] = {0};
    json_t *object = json_object();

    for (size_t i = 0; i < findings->n_items; i++)
        counts[findings->items[i].kind]++;
    for (int kind = 0; kind < LH_KINDS; kind++)
        if (counts[kind] > 0 && !lh_json_put(object, lh_kind_name((enum lh_kind)kind),
                                             json_integer((json_int_t)counts[kind]))) {
            json_decref(object);
            return NULL;
        }
    return object;
}

static json_t *finding_array(struct lh_json_stacks *stacks, const struct lh_finding *items,
                             size_t n)
{
    json_t *array = json_array();

    for (size_t i = 0; i < n; i++)
        if (json_array_append_new(array, lh_json_finding(stacks, &items[i])) != 0) {
            json_decref(array);
            return NULL;
        }
    return array;
}

static json_t *filtered(const struct lh_findings *findings)
{
    json_t *object = json_object();

    for (int i = 0; i < LH_FILTERS; i++)
        if (findings->filtered_count[i] > 0 &&
            !lh_json_put(object, lh_filter_name((enum lh_filter)i),
                         lh_json_count(findings->filtered_count[i]))) {
            json_decref(object);
            return NULL;
        }
    return object;
}

/* The losses by reason; two reasons that this version does not know share a name and are summed. */
static json_t *drops(const struct lh_model *model)
{
    json_t *object = json_object();

    for (size_t i = 0; i < model->n_processes; i++)
        for (size_t counter = LH_DROP_FIRST; counter < LH_COUNTERS; counter++) {
            uint64_t sum = model->processes[i]->counters[counter];
            const char *name = lh_drop_name(counter);
            json_t *before = json_object_get(object, name);
            if (sum == 0)
                continue;
            if (before != NULL &&
                __builtin_add_overflow(sum, (uint64_t)json_integer_value(before), &sum))
                sum = UINT64_MAX;
            if (!lh_json_put(object, name, lh_json_count(sum))) {
                json_decref(object);
                return NULL;
            }
        }
    return object;
}

static json_t *process_object(const struct lh_process *process)
{
    json_t *object = json_object();

    if (lh_json_put(object, "pid", json_integer(process->pid)) &&
        lh_json_put(object, "ppid", json_integer(process->ppid)) &&
        lh_json_put(object, "argv", lh_json_texts(process->argv, process->argc)) &&
        lh_json_put(object, "forked", json_boolean(process->forked)) &&
        lh_json_put(object, "trace", lh_json_text(process->path)) &&
        (!process->ended_by_us || lh_json_put(object, "ended_by", json_string("lockhound"))) &&
        lh_json_put(object, "damaged",
                    lh_json_text(process->damaged && process->damage == NULL ? "unreadable in part"
                                                                             : process->damage)))
        return object;
    json_decref(object);
    return NULL;
}

static json_t *processes(const struct lh_model *model)
{
    json_t *array = json_array();

    for (size_t i = 0; i < model->n_processes; i++)
        if (json_array_append_new(array, process_object(model->processes[i])) != 0) {
            json_decref(array);
            return NULL;
        }
    return array;
}

static bool any_damaged(const struct lh_model *model)
{
    for (size_t i = 0; i < model->n_processes; i++)
        if (model->processes[i]->damaged)
            return true;
    return false;
}

static bool put_head(json_t *root, const struct lh_report *report)
{
    const struct lh_findings *findings = report->findings;

    return lh_json_put(root, "lockhound", json_string(LH_VERSION)) &&
           lh_json_put(root, "program", program(report)) &&
           lh_json_put(root, "complete", json_boolean(lh_report_complete(report))) &&
           lh_json_put(root, "dropped", lh_json_count(lh_report_dropped(report))) &&
           (lh_report_dropped(report) == 0 || lh_json_put(root, "drops", drops(report->model))) &&
           lh_json_put(root, "cut", json_boolean(findings->cut)) &&
           (!findings->cut || lh_json_put(root, "cut_text", lh_json_text(findings->cut_text))) &&
           lh_json_put(root, "summary", summary(findings)) &&
           lh_json_put(root, "filtered", filtered(findings));
}

static json_t *vanished(const struct lh_findings *findings)
{
    json_t *array = json_array();

    for (size_t i = 0; i < findings->n_vanished && array != NULL; i++) {
        const struct lh_known_finding *known = &findings->vanished[i];
        json_t *object = json_object();
        object = lh_json_check(
            object,
            lh_json_put(object, "kind", json_string(lh_kind_name(known->kind))) &&
                lh_json_put(object, "severity", json_string(lh_severity_name(known->severity))) &&
                lh_json_put(object, "fingerprint", json_string(known->fingerprint)) &&
                lh_json_put(object, "message", lh_json_text(known->message)) &&
                lh_json_put(object, "reason", lh_json_text(known->reason)));
        array = lh_json_append(array, object);
    }
    return array;
}

/* Only what is there: without suppressions and a baseline the report has no such fields. */
static bool put_gating(json_t *root, const struct lh_report *report, struct lh_json_stacks *stacks)
{
    const struct lh_findings *findings = report->findings;

    return (findings->n_suppressed == 0 ||
            lh_json_put(root, "suppressed", lh_json_count(findings->n_suppressed))) &&
           (findings->n_suppressed == 0 || !report->all ||
            lh_json_put(root, "suppressed_findings",
                        finding_array(stacks, findings->suppressed, findings->n_suppressed))) &&
           (findings->n_unused_suppressions == 0 ||
            lh_json_put(
                root, "unused_suppressions",
                lh_json_texts(findings->unused_suppressions, findings->n_unused_suppressions))) &&
           (findings->n_vanished == 0 || lh_json_put(root, "vanished", vanished(findings)));
}

static bool put_findings(json_t *root, const struct lh_report *report,
                         struct lh_json_stacks *stacks)
{
    const struct lh_findings *findings = report->findings;

    return lh_json_put(root, "findings",
                       finding_array(stacks, findings->items, findings->n_items)) &&
           (!report->all ||
            lh_json_put(root, "filtered_findings",
                        finding_array(stacks, findings->filtered, findings->n_filtered)));
}

/* What watching the running processes left open. */
static json_t *doubts(const struct lh_model *model)
{
    json_t *array = json_array();

    for (size_t i = 0; i < model->n_processes; i++) {
        const struct lh_process *process = model->processes[i];
        json_t *object;
        if (process->doubt == NULL)
            continue;
        object = json_object();
        if (!lh_json_put(object, "pid", json_integer(process->pid)) ||
            !lh_json_put(object, "text", lh_json_text(process->doubt)) ||
            json_array_append(array, object) != 0) {
            json_decref(object);
            json_decref(array);
            return NULL;
        }
        json_decref(object);
    }
    return array;
}

static bool any_doubt(const struct lh_model *model)
{
    for (size_t i = 0; i < model->n_processes; i++)
        if (model->processes[i]->doubt != NULL)
            return true;
    return false;
}

static bool put_hangs(json_t *root, const struct lh_report *report, struct lh_json_stacks *stacks)
{
    const struct lh_timeout *timeout = report->run.timeout;

    return (!any_doubt(report->model) || lh_json_put(root, "doubts", doubts(report->model))) &&
           (timeout == NULL ||
            lh_json_put(root, "timeout", lh_json_timeout(stacks, report->model, timeout)));
}

static json_t *build(const struct lh_report *report, struct lh_json_stacks *stacks)
{
    const struct lh_model *model = report->model;
    json_t *root = json_object();

    if (put_head(root, report) &&
        ((model->n_processes < 2 && !any_damaged(model)) ||
         lh_json_put(root, "processes", processes(model))) &&
        put_findings(root, report, stacks) && put_gating(root, report, stacks) &&
        put_hangs(root, report, stacks))
        return root;
    json_decref(root);
    return NULL;
}

int lh_report_json(const struct lh_report *report, FILE *out)
{
    struct lh_json_stacks *stacks = lh_json_stacks_new(report->model);
    json_t *root = stacks != NULL ? build(report, stacks) : NULL;
    int result = 0;

    if (root == NULL)
        result = -ENOMEM;
    else if (json_dumpf(root, out, JSON_INDENT(2) | JSON_REAL_PRECISION(9)) != 0 ||
             putc('\n', out) == EOF)
        result = errno != 0 ? -errno : -EIO;
    json_decref(root);
    lh_json_stacks_free(stacks);
    return result != 0 ? result : lh_finish(out);
}
