/* lockhound diff: which findings are new, which are gone. */
#include <errno.h>
#include <jansson.h>
#include <string.h>

#include "command.h"
#include "complain.h"
#include "escape.h"
#include "flags.h"
#include "gate.h"
#include "json_parts.h"
#include "known.h"
#include "sink.h"

struct diff {
    bool json, all;
    const char *output;
    struct lh_gate gate;
    struct lh_baseline *old, *new;
    struct lh_sink sink;
};

enum change {
    NEW,
    VANISHED,
    UNCHANGED,
    CHANGES,
};

/* The n-th finding that changed so; NULL: there are no more. */
static const struct lh_known_finding *next(const struct diff *diff, enum change change, size_t *i)
{
    const struct lh_baseline *in = change == VANISHED ? diff->old : diff->new;
    const struct lh_baseline *other = change == VANISHED ? diff->new : diff->old;

    while (*i < in->n) {
        const struct lh_known_finding *item = &in->items[(*i)++];
        bool both = lh_baseline_find(other, item->kind, item->fingerprint) != NULL;

        if (both == (change == UNCHANGED))
            return item;
    }
    return NULL;
}

static size_t count(const struct diff *diff, enum change change)
{
    size_t n = 0, i = 0;

    while (next(diff, change, &i))
        n++;
    return n;
}

static void print_text(const struct diff *diff, FILE *out)
{
    static const char marks[] = {[NEW] = '+', [VANISHED] = '-', [UNCHANGED] = '='};
    const struct lh_known_finding *item;

    for (int change = NEW; change < (diff->all ? CHANGES : UNCHANGED); change++) {
        for (size_t i = 0; (item = next(diff, (enum change)change, &i)) != NULL;) {
            fprintf(out, "%c %s %s (%s) ", marks[change], item->fingerprint,
                    lh_kind_name(item->kind), lh_severity_name(item->severity));
            lh_put_terminal(out, item->message);
            putc('\n', out);
        }
    }
    fprintf(out, "lockhound: %zu new, %zu vanished, %zu unchanged\n", count(diff, NEW),
            count(diff, VANISHED), count(diff, UNCHANGED));
}

static json_t *finding_object(const struct lh_known_finding *item)
{
    json_t *object = json_object();

    return lh_json_check(
        object,
        lh_json_put(object, "kind", json_string(lh_kind_name(item->kind))) &&
            lh_json_put(object, "severity", json_string(lh_severity_name(item->severity))) &&
            lh_json_put(object, "fingerprint", json_string(item->fingerprint)) &&
            lh_json_put(object, "message", lh_json_text(item->message)));
}

static int print_json(const struct diff *diff, FILE *out)
{
    static const char *const names[] = {"new", "vanished", "unchanged"};
    json_t *root = json_object();
    const struct lh_known_finding *item;
    int r = 0;

    for (int change = NEW; change < CHANGES && r == 0; change++) {
        json_t *array = json_array();
        for (size_t i = 0; array && (item = next(diff, (enum change)change, &i)) != NULL;)
            array = lh_json_append(array, finding_object(item));
        r = json_object_set_new(root, names[change], array) == 0 ? 0 : -ENOMEM;
    }
    if (r == 0 && (json_dumpf(root, out, JSON_INDENT(2)) != 0 || putc('\n', out) == EOF))
        r = -EIO;
    json_decref(root);
    return r;
}

static int print(struct diff *diff)
{
    const struct lh_known_finding *item;
    bool fails = false;
    int r = 0;

    if (!lh_sink_open(&diff->sink, diff->output, stdout))
        return LH_EXIT_FAILED;
    lh_baseline_sort(diff->old);
    lh_baseline_sort(diff->new);
    lh_sink_begin(&diff->sink);
    if (diff->json)
        r = print_json(diff, diff->sink.file);
    else
        print_text(diff, diff->sink.file);
    if (r == -ENOMEM)
        lh_complain("out of memory");
    if (!lh_sink_close(&diff->sink) || r < 0)
        return LH_EXIT_FAILED;
    for (size_t i = 0; (item = next(diff, NEW, &i)) != NULL;)
        fails = fails || lh_gate_covers(&diff->gate, item->kind, item->severity);
    return fails ? LH_EXIT_FINDINGS : 0;
}

static bool parse_format(const char *value, void *json)
{
    if (strcmp(value, "json") != 0 && strcmp(value, "text") != 0) {
        lh_complain("--format: %s: no such format (text, json)", value);
        return false;
    }
    *(bool *)json = strcmp(value, "json") == 0;
    return true;
}

static int command_diff(const struct lh_command *command, int argc, char **argv)
{
    struct diff diff = {0};
    const struct lh_flag flags[] = {
        {LH_FLAG_PARSE, "format", 0, "FORMAT", "text (default), json", &diff.json, parse_format},
        {LH_FLAG_TEXT, "output", 'o', "FILE", "write there; - is standard output", &diff.output,
         NULL},
        {LH_FLAG_SWITCH, "all", 0, NULL, "show what is unchanged too", &diff.all, NULL},
        {LH_FLAG_PARSE, "fail-on", 0, "KINDS",
         "exit with 66 for new ones of these: severities, kinds, or none (default: error,warning)",
         &diff.gate, lh_gate_parse},
        {0},
    };
    int status, first;

    lh_gate_default(&diff.gate);
    first = lh_flags_parse(command, flags, LH_FLAGS_ANYWHERE, argc, argv, &status);
    if (first < 0)
        return status;
    if (argc - first != 2)
        return lh_flags_misuse(command, "diff: expected two files, OLD and NEW");
    diff.old = lh_known_load(1, argv + first);
    diff.new = diff.old ? lh_known_load(1, argv + first + 1) : NULL;
    status = diff.new ? print(&diff) : LH_EXIT_FAILED;
    lh_sink_discard(&diff.sink);
    lh_baseline_free(diff.old);
    lh_baseline_free(diff.new);
    return status;
}

const struct lh_command lh_command_diff = {
    .name = "diff",
    .synopsis = "OLD NEW [OPTION]...",
    .summary = "Compare the findings of two traces, directories of traces, or JSON reports",
    .details = "Findings are compared by kind and fingerprint: + is new, - vanished, = unchanged.\n"
               "\n"
               "Exit status: 0 when nothing at gate level is new, 66 when something is, 125 when "
               "Lockhound\n"
               "failed or a file could not be read.\n"
               "\n"
               "Examples:\n"
               "  lockhound diff before.json after.json\n"
               "  lockhound diff --fail-on error traces-1.0/ traces-1.1/\n",
    .run = command_diff,
};
