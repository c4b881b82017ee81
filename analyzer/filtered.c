#include "filtered.h"

#include <errno.h>
#include <stdlib.h>

#include "fingerprint.h"
#include "hunt.h"
#include "inversion.h"

#define MAX_LENGTH    16u
#define MAX_EXAMPLES  64u
#define STEPS_A_CYCLE 20000u /* at least, to tell why one cycle is filtered */

struct accounts {
    const struct lh_lock_graph *graph;
    struct lh_hunt hunt;
    struct lh_chain walked;      /* unfiltered: says which edges */
    struct lh_chain chosen;      /* ways of these edges that some filters allow */
    uint32_t *next_way;          /* scratch, for each link */
    uint64_t *classes;           /* scratch, for each link */
    uint64_t told[MAX_EXAMPLES]; /* hash of classes and filter */
    size_t n_told;
    struct lh_findings *findings;
    uint64_t max_steps;
    int error;
};

/* Choose a way for every edge so that the first n_filters allow them all. */
static bool choose_ways(struct accounts *accounts, unsigned n_filters)
{
    const struct lh_lock_graph *graph = accounts->graph;
    struct lh_chain *chosen = &accounts->chosen;
    size_t n = accounts->walked.n;

    chosen->n = 0;
    chosen->n_filters = n_filters;
    accounts->next_way[0] = 0;
    while (chosen->n < n && !chosen->cut) {
        size_t at = chosen->n;
        const struct lh_edge *edge = &graph->edges[accounts->walked.links[at].way->edge];
        bool pushed = false;

        while (!pushed && !chosen->cut && accounts->next_way[at] < edge->n_ways)
            pushed =
                lh_chain_push(chosen, &graph->ways[edge->first_way + accounts->next_way[at]++]);
        if (pushed)
            accounts->next_way[at + 1] = 0;
        else if (at == 0)
            return false;
        else
            lh_chain_pop(chosen);
    }
    return chosen->n == n;
}

/* Half of what is left, so that one hard cycle is told as well as many easy ones. */
static uint64_t share_of(const struct accounts *accounts)
{
    uint64_t used = accounts->walked.steps;
    uint64_t share = accounts->max_steps > used ? (accounts->max_steps - used) / 2 : 0;

    return share > STEPS_A_CYCLE ? share : STEPS_A_CYCLE;
}

/* The first filter that leaves no choice; LH_FILTER_NONE: there is one, or it takes too long to
 * say. */
static enum lh_filter classify(struct accounts *accounts)
{
    accounts->chosen.cut = false;
    accounts->chosen.max_steps = accounts->chosen.steps + share_of(accounts);
    if (choose_ways(accounts, LH_CYCLE_FILTERS))
        return LH_FILTER_NONE;
    for (unsigned n = 1; n <= LH_CYCLE_FILTERS && !accounts->chosen.cut; n++)
        if (!choose_ways(accounts, n))
            return accounts->chosen.cut ? LH_FILTER_NONE : lh_filter_rules[n - 1].filter;
    return LH_FILTER_NONE;
}

static bool is_told(struct accounts *accounts, enum lh_filter filter)
{
    const struct lh_process *process = accounts->graph->process;
    const struct lh_chain *walked = &accounts->walked;
    uint64_t hash;

    for (size_t i = 0; i < walked->n; i++)
        accounts->classes[i] = lh_process_lock(process, walked->links[i].way->from)->class_id;
    hash = lh_hash_number(lh_hash_cycle(accounts->classes, walked->n), filter);
    for (size_t i = 0; i < accounts->n_told; i++)
        if (accounts->told[i] == hash)
            return true;
    if (accounts->n_told < MAX_EXAMPLES)
        accounts->told[accounts->n_told++] = hash;
    return false;
}

/* Show it with links that all filters before this one allow. */
static int keep_example(struct accounts *accounts, enum lh_filter filter)
{
    struct lh_findings *findings = accounts->findings;
    struct lh_finding *example;

    if (findings->n_filtered >= MAX_EXAMPLES || is_told(accounts, filter) ||
        !choose_ways(accounts, (unsigned)filter))
        return 0;
    example = lh_findings_add_filtered(findings, filter);
    if (!example)
        return -ENOMEM;
    return lh_inversion_fill(example, findings, accounts->graph, &accounts->chosen);
}

static enum lh_catch caught(void *data, struct lh_chain *chain)
{
    struct accounts *accounts = data;
    uint64_t before = accounts->chosen.steps;
    enum lh_filter filter = classify(accounts);
    size_t told = accounts->n_told;

    if (filter != LH_FILTER_NONE) {
        accounts->findings->filtered_count[filter]++;
        accounts->error = keep_example(accounts, filter);
    }
    chain->steps += accounts->chosen.steps - before;
    lh_hunt_cover(&accounts->hunt, chain);
    if (accounts->error)
        return LH_CATCH_ENOUGH;
    return accounts->n_told > told ? LH_CATCH_NEW : LH_CATCH_KNOWN;
}

static int prepare(struct accounts *accounts, const struct lh_filter_facts *facts)
{
    int error = lh_chain_init(&accounts->walked, facts, MAX_LENGTH, 0);

    if (!error)
        error = lh_chain_init(&accounts->chosen, facts, MAX_LENGTH, LH_CYCLE_FILTERS);
    if (!error)
        error = lh_hunt_init(&accounts->hunt, accounts->graph, &accounts->walked, MAX_LENGTH, true);
    accounts->next_way = calloc(MAX_LENGTH + 1, sizeof(*accounts->next_way));
    accounts->classes = calloc(MAX_LENGTH + 1, sizeof(*accounts->classes));
    if (!accounts->next_way || !accounts->classes)
        error = -ENOMEM;
    accounts->hunt.caught = caught;
    accounts->hunt.data = accounts;
    return error;
}

int lh_find_filtered(const struct lh_process *process, const struct lh_filter_facts *facts,
                     uint64_t max_steps, struct lh_findings *findings)
{
    struct accounts *accounts = calloc(1, sizeof(*accounts));
    struct lh_lock_graph *graph = NULL;
    int error = accounts ? lh_lock_graph_new(process, LH_GRAPH_ALL, &graph) : -ENOMEM;

    if (!error) {
        accounts->graph = graph;
        accounts->findings = findings;
        accounts->max_steps = max_steps;
        error = prepare(accounts, facts);
    }
    if (!error) {
        lh_hunt_levels(&accounts->hunt, max_steps);
        error = accounts->error;
    }
    if (accounts) {
        lh_hunt_done(&accounts->hunt);
        lh_chain_done(&accounts->walked);
        lh_chain_done(&accounts->chosen);
        free(accounts->next_way);
        free(accounts->classes);
    }
    free(accounts);
    lh_lock_graph_free(graph);
    return error;
}
