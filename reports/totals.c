#include "totals.h"

static uint64_t count_locks(const struct lh_process *process)
{
    uint64_t count = 0;

    for (size_t i = 1; i < process->n_locks; i++)
        count += process->locks[i].uid != 0;
    return count > process->counters[LH_COUNT_LOCKS] ? count : process->counters[LH_COUNT_LOCKS];
}

static uint64_t count_threads(const struct lh_process *process)
{
    uint64_t seen = process->counters[LH_COUNT_THREADS];

    return process->n_threads > seen ? process->n_threads : seen;
}

uint64_t lh_total_locks(const struct lh_model *model)
{
    uint64_t sum = 0;

    for (size_t i = 0; i < model->n_processes; i++)
        sum += count_locks(model->processes[i]);
    return sum;
}

uint64_t lh_total_threads(const struct lh_model *model)
{
    uint64_t sum = 0;

    for (size_t i = 0; i < model->n_processes; i++)
        sum += count_threads(model->processes[i]);
    return sum;
}

void lh_total_severities(const struct lh_findings *findings, size_t ret[LH_SEVERITIES])
{
    for (size_t i = 0; i < LH_SEVERITIES; i++)
        ret[i] = 0;
    for (size_t i = 0; i < findings->n_items; i++)
        ret[findings->items[i].severity]++;
}

uint64_t lh_total_filtered(const struct lh_findings *findings)
{
    uint64_t sum = 0;

    for (size_t i = 0; i < LH_FILTERS; i++)
        sum += findings->filtered_count[i];
    return sum;
}

static const struct lh_process *first_process(const struct lh_report *report)
{
    return report->model->n_processes > 0 ? report->model->processes[0] : NULL;
}

const char *lh_program_name(const struct lh_report *report)
{
    const struct lh_process *first = first_process(report);
    const char *name = NULL;

    if (report->run.argv != NULL && report->run.argc > 0)
        name = report->run.argv[0];
    else if (first != NULL && first->argc > 0)
        name = first->argv[0];
    return name != NULL ? name : "the program";
}

int lh_program_pid(const struct lh_report *report)
{
    const struct lh_process *first = first_process(report);

    if (report->run.pid != 0)
        return report->run.pid;
    return first != NULL ? (int)first->pid : 0;
}

bool lh_ended_by_us(const struct lh_report *report)
{
    const struct lh_process *first = first_process(report);

    if (report->run.pid != 0)
        return report->run.ended_by_us;
    return first != NULL && first->ended_by_us;
}
