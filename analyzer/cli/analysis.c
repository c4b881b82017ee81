#include "analysis.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "analyses.h"
#include "complain.h"

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

bool lh_analysis_name(struct lh_analysis *analysis)
{
    struct lh_model *model = analysis->model;

    /* The first to start is the program itself; what it started comes after it. */
    if (model->n_processes > 1)
        qsort(model->processes, model->n_processes, sizeof(struct lh_process *), compare_start);
    return good(lh_symbolize(model)) && good(lh_model_name_locks(model));
}

bool lh_analysis_find(struct lh_analysis *analysis, uint64_t max_steps)
{
    struct lh_cycle_limits limits = {.steps = max_steps};

    if (!lh_analysis_name(analysis) ||
        !good(lh_find_deadlocks(analysis->model, analysis->findings)) ||
        !good(lh_find_stalls(analysis->model, analysis->findings)) ||
        !good(lh_find_misuses(analysis->model, analysis->findings)) ||
        !good(lh_find_lockouts(analysis->model, analysis->findings)) ||
        !good(lh_find_races(analysis->model, analysis->findings)) ||
        !good(lh_find_inversions(analysis->model, &limits, analysis->findings)) ||
        !good(lh_find_across(analysis->model, &limits, analysis->findings)) ||
        !good(lh_find_unordered_nesting(analysis->model, analysis->findings)))
        return false;
    lh_findings_sort(analysis->findings);
    return true;
}
