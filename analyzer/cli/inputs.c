#include "inputs.h"

#include "traces.h"

bool lh_inputs_load(struct lh_analysis *analysis, int n, char **paths)
{
    struct lh_traces traces = {0};

    for (int i = 0; i < n; i++) {
        if (!lh_traces_add(&traces, paths[i]))
            analysis->unreadable++;
    }
    for (size_t i = 0; i < traces.n; i++)
        lh_analysis_load(analysis, traces.paths[i]);
    lh_traces_free(&traces);
    return analysis->model->n_processes > 0;
}
