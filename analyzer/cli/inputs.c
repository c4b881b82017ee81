#include "inputs.h"

#include "progress.h"
#include "settle.h"
#include "traces.h"

bool lh_inputs_load(struct lh_analysis *analysis, int n, char **paths)
{
    return lh_inputs_load_live(analysis, n, paths, 0);
}

bool lh_inputs_load_live(struct lh_analysis *analysis, int n, char **paths, uint64_t grace)
{
    struct lh_traces traces = {0};
    struct lh_settled *settled;

    for (int i = 0; i < n; i++) {
        if (!lh_traces_add(&traces, paths[i]))
            analysis->unreadable++;
    }
    /* Before they are read: a process that hangs does not change any more. */
    settled = lh_settle(traces.paths, traces.n, grace);
    lh_progress_begin("reading traces", traces.n);
    for (size_t i = 0; i < traces.n; i++) {
        lh_analysis_load(analysis, traces.paths[i]);
        lh_progress_step();
    }
    lh_settled_apply(settled, analysis->model);
    lh_settled_free(settled);
    lh_traces_free(&traces);
    return analysis->model->n_processes > 0;
}
