/*
 * A test suite runs a program many times, and each run takes a few of its ways. One run that takes
 * A before B, and another that takes B before A, make a deadlock that no run alone shows.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "analyses.h"
#include "message.h"
#include "pool.h"
#include "programs.h"
#include "united.h"

static int compare_programs(const void *a, const void *b)
{
    const struct lh_process *left = *(const struct lh_process *const *)a;
    const struct lh_process *right = *(const struct lh_process *const *)b;
    int order = strcmp(lh_process_program(left), lh_process_program(right));

    if (order)
        return order;
    if (left->start_realtime != right->start_realtime)
        return left->start_realtime < right->start_realtime ? -1 : 1;
    return (left->pid > right->pid) - (left->pid < right->pid);
}

static const struct lh_process *parent_of(const struct lh_united *united,
                                          const struct lh_process *process)
{
    for (size_t i = 0; i < united->n_members && process->forked; i++)
        if (united->members[i] != process && united->members[i]->pid == process->ppid &&
            united->members[i]->start_realtime <= process->start_realtime)
            return united->members[i];
    return NULL;
}

/*
 * The first of those that came from each other by fork(). They share out the work of one run, and
 * what one of them does is often just what the other never does: their orders do not meet.
 */
static const struct lh_process *run_of(const struct lh_united *united, uint32_t stack)
{
    const struct lh_process *process = lh_united_member(united, stack), *parent;

    for (size_t i = 0; i < united->n_members && (parent = parent_of(united, process)); i++)
        process = parent;
    return process;
}

static size_t count_processes(const struct lh_finding *finding)
{
    size_t n = 0;

    for (size_t i = 0; i < finding->n_participants; i++) {
        size_t before = 0;
        while (before < i && finding->participants[before].pid != finding->participants[i].pid)
            before++;
        n += before == i;
    }
    return n;
}

/* Whose stacks the participants have; false: all of one run. */
static bool name_processes(struct lh_finding *finding, const struct lh_united *united)
{
    const struct lh_process *run = run_of(united, finding->participants[0].wants.stack);
    bool across = false;

    for (size_t i = 0; i < finding->n_participants; i++) {
        struct lh_participant *participant = &finding->participants[i];
        participant->pid = lh_united_member(united, participant->wants.stack)->pid;
        across = across || run_of(united, participant->wants.stack) != run;
    }
    finding->across = across;
    finding->n_processes = count_processes(finding);
    return across;
}

static bool is_told(const struct lh_findings *findings, size_t n, const struct lh_finding *finding)
{
    for (size_t i = 0; i < n; i++)
        if (findings->items[i].kind == finding->kind &&
            strcmp(findings->items[i].fingerprint, finding->fingerprint) == 0)
            return true;
    return false;
}

/* " (processes 12 and 34)" for a pair, nothing for longer cycles. */
static const char *where(struct lh_pool *pool, const struct lh_finding *finding)
{
    const char *text = NULL;

    if (finding->n_participants == 2)
        text = lh_pool_printf(pool, " (processes %" PRIu32 " and %" PRIu32 ")",
                              finding->participants[0].pid, finding->participants[1].pid);
    return text ? text : "";
}

static int search(const struct lh_united *united, const struct lh_cycle_limits *limits,
                  struct lh_findings *findings)
{
    struct lh_process *process = united->process;
    const struct lh_model model = {.processes = &process, .n_processes = 1};
    size_t before = findings->n_items, kept = before, filtered = findings->n_filtered;
    uint64_t counts[LH_FILTERS];
    int r;

    /* What is filtered was counted process by process. */
    memcpy(counts, findings->filtered_count, sizeof(counts));
    r = lh_find_inversions(&model, limits, findings);
    memcpy(findings->filtered_count, counts, sizeof(counts));
    findings->n_filtered = filtered;
    for (size_t i = before; i < findings->n_items; i++) {
        struct lh_finding finding = findings->items[i];
        if (!name_processes(&finding, united) || is_told(findings, kept, &finding))
            continue;
        finding.message = lh_pool_printf(findings->pool, "%s; no single run did all of it%s",
                                         finding.message, where(findings->pool, &finding));
        r = finding.message ? r : -ENOMEM;
        findings->items[kept++] = finding;
    }
    findings->n_items = kept;
    return r;
}

static int search_group(struct lh_model *model, const struct lh_programs *programs,
                        const struct lh_process *const *members, size_t n,
                        const struct lh_cycle_limits *limits, struct lh_findings *findings)
{
    struct lh_united united;
    int r = lh_unite(model, programs, members, n, &united);

    if (r == 0 && united.process->n_deps > 1)
        r = search(&united, limits, findings);
    lh_united_done(&united);
    return r;
}

/* Where the runs of the program at `first` end. */
static size_t end_of_runs(const struct lh_process *const *sorted, size_t n, size_t first)
{
    const char *program = lh_process_program(sorted[first]);
    size_t end = first + 1;

    while (*program && end < n && strcmp(program, lh_process_program(sorted[end])) == 0)
        end++;
    return end;
}

int lh_find_across(struct lh_model *model, const struct lh_cycle_limits *limits,
                   struct lh_findings *findings)
{
    size_t n = model->n_processes;
    const struct lh_process **sorted = calloc(n + 1, sizeof(*sorted));
    struct lh_programs *programs = lh_programs_new(model);
    int r = sorted && programs ? 0 : -ENOMEM;

    for (size_t i = 0; i < n && sorted; i++)
        sorted[i] = model->processes[i];
    if (n > 1 && sorted)
        qsort(sorted, n, sizeof(*sorted), compare_programs);
    for (size_t first = 0, end; first < n && !r; first = end) {
        end = end_of_runs(sorted, n, first);
        if (end - first > 1)
            r = search_group(model, programs, sorted + first, end - first, limits, findings);
    }
    lh_programs_free(programs);
    free(sorted);
    return r;
}
