#include "analysis.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "analyses.h"
#include "complain.h"
#include "progress.h"

static bool good(int r)
{
    if (r < 0)
        lh_complain("the analysis failed: %s", strerror(-r));
    return r >= 0;
}

bool lh_analysis_begin(struct lh_analysis *ret)
{
    memset(ret, 0, sizeof(*ret));
    ret->model = lh_model_new();
    ret->findings = lh_findings_new();
    return good(ret->model && ret->findings ? 0 : -ENOMEM);
}

void lh_analysis_end(struct lh_analysis *analysis)
{
    lh_progress_end();
    lh_findings_free(analysis->findings);
    lh_model_free(analysis->model);
}

void lh_analysis_load(struct lh_analysis *analysis, const char *path)
{
    const char *why = NULL;
    int r = lh_model_load(analysis->model, path, &why);

    if (r == 0)
        return;
    lh_complain("%s: %s", path, why ? why : strerror(-r));
    analysis->unreadable++;
}

static int compare_start(const void *a, const void *b)
{
    const struct lh_process *left = *(struct lh_process *const *)a;
    const struct lh_process *right = *(struct lh_process *const *)b;

    if (left->start_realtime != right->start_realtime)
        return left->start_realtime < right->start_realtime ? -1 : 1;
    return strcmp(left->path, right->path);
}

static int symbolize(struct lh_model *model)
{
    int r = 0;

    lh_progress_begin("looking up names", model->n_processes);
    for (size_t i = 0; i < model->n_processes && r == 0; i++) {
        r = lh_symbolize_process(model, model->processes[i]);
        lh_progress_step();
    }
    return r;
}

static bool name(struct lh_analysis *analysis)
{
    struct lh_model *model = analysis->model;

    /* The first to start is the program itself; what it started comes after it. */
    if (model->n_processes > 1)
        qsort(model->processes, model->n_processes, sizeof(struct lh_process *), compare_start);
    return good(symbolize(model)) && good(lh_model_name_locks(model));
}

bool lh_analysis_name(struct lh_analysis *analysis)
{
    bool named = name(analysis);

    lh_progress_end();
    return named;
}

#define ANALYSES 8

static bool done(int r)
{
    lh_progress_step();
    return good(r);
}

static bool find(struct lh_model *model, const struct lh_cycle_limits *limits,
                 struct lh_findings *findings)
{
    lh_progress_begin("analyzing", ANALYSES);
    if (!done(lh_find_deadlocks(model, findings)) || !done(lh_find_stalls(model, findings)) ||
        !done(lh_find_misuses(model, findings)) || !done(lh_find_lockouts(model, findings)) ||
        !done(lh_find_races(model, findings)) ||
        !done(lh_find_inversions(model, limits, findings)) ||
        !done(lh_find_across(model, limits, findings)) ||
        !done(lh_find_unordered_nesting(model, findings)))
        return false;
    lh_findings_sort(findings);
    return true;
}

bool lh_analysis_find(struct lh_analysis *analysis, uint64_t max_steps)
{
    const struct lh_cycle_limits limits = {.steps = max_steps};
    bool found = name(analysis) && find(analysis->model, &limits, analysis->findings);

    lh_progress_end();
    return found;
}
