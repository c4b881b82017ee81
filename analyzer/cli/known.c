#include "known.h"

#include <ctype.h>
#include <errno.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "complain.h"
#include "inputs.h"
#include "pool.h"

/* A report begins with a brace, a trace never does. */
static bool is_json(const char *path)
{
    FILE *file = fopen(path, "re");
    int c = EOF;

    while (file && (c = getc(file)) != EOF && isspace(c))
        ;
    if (file)
        fclose(file);
    return c == '{';
}

/* ---- JSON reports ---- */

static int severity_from_name(const char *name)
{
    for (int i = 0; i < LH_SEVERITIES; i++)
        if (strcmp(name, lh_severity_name((enum lh_severity)i)) == 0)
            return i;
    return -1;
}

static const char *text_of(json_t *object, const char *key)
{
    const char *text = json_string_value(json_object_get(object, key));

    return text ? text : "";
}

/* 0, -EINVAL when it is no finding of ours, -ENOMEM. */
static int add_object(struct lh_baseline *to, json_t *object)
{
    const char *fingerprint = text_of(object, "fingerprint");
    int kind = lh_kind_from_name(text_of(object, "kind"));
    int severity = severity_from_name(text_of(object, "severity"));
    struct lh_known_finding known = {.message = text_of(object, "message")};

    if (kind < 0 || severity < 0 || strlen(fingerprint) != 16 ||
        strspn(fingerprint, "0123456789abcdef") != 16)
        return -EINVAL;
    known.kind = (enum lh_kind)kind;
    known.severity = (enum lh_severity)severity;
    memcpy(known.fingerprint, fingerprint, sizeof(known.fingerprint));
    if (json_is_string(json_object_get(object, "reason")))
        known.reason = text_of(object, "reason");
    return lh_baseline_add(to, &known);
}

static int add_report(struct lh_baseline *to, json_t *root)
{
    json_t *findings = json_object_get(root, "findings"), *object;
    size_t i;
    int r = 0;

    if (!json_is_string(json_object_get(root, "lockhound")) || !json_is_array(findings))
        return -EINVAL;
    json_array_foreach(findings, i, object)
    {
        if (r == 0)
            r = add_object(to, object);
    }
    return r;
}

static bool load_report(struct lh_baseline *to, const char *path)
{
    json_error_t error;
    json_t *root = json_load_file(path, 0, &error);
    int r;

    if (!root) {
        lh_complain("%s:%d: %s", path, error.line, error.text);
        return false;
    }
    r = add_report(to, root);
    if (r < 0)
        lh_complain("%s: %s", path,
                    r == -EINVAL ? "not a JSON report of Lockhound (make it with --format json)"
                                 : strerror(-r));
    json_decref(root);
    return r == 0;
}

/* ---- traces ---- */

static bool load_traces(struct lh_baseline *to, int n, char **paths)
{
    struct lh_analysis analysis;
    bool good = n == 0;
    int r = 0;

    if (good)
        return true;
    if (lh_analysis_begin(&analysis) && lh_inputs_load(&analysis, n, paths) &&
        analysis.unreadable == 0 && lh_analysis_find(&analysis, 0)) {
        r = lh_baseline_add_findings(to, analysis.findings);
        good = r == 0;
    }
    if (r < 0)
        lh_complain("the analysis failed: %s", strerror(-r));
    lh_analysis_end(&analysis);
    return good;
}

/* The reports first; what is left are the traces. */
static bool load_all(struct lh_baseline *to, int n, char **paths, char **traces)
{
    int n_traces = 0;
    bool good = true;

    for (int i = 0; i < n; i++) {
        if (is_json(paths[i]))
            good = load_report(to, paths[i]) && good;
        else
            traces[n_traces++] = paths[i];
    }
    return load_traces(to, n_traces, traces) && good;
}

struct lh_baseline *lh_known_load(int n, char **paths)
{
    struct lh_baseline *known = lh_baseline_new();
    char **traces = calloc((size_t)n + 1, sizeof(*traces));
    bool good = known && traces;

    if (!good)
        lh_complain("out of memory");
    good = good && load_all(known, n, paths, traces);
    free(traces);
    if (good)
        return known;
    lh_baseline_free(known);
    return NULL;
}
