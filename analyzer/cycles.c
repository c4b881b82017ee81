/*
 * Cycles of the lock graph that could deadlock. The base is iGoodlock (Joshi, Park, Sen, Naik: "A
 * Randomized Dynamic Program Analysis Technique for Detecting Real Deadlocks", PLDI 2009): chains
 * of dependencies in which each wants a lock that the next one holds, threads differ and no lock is
 * held by two. Added to it: modes of readers and writers, trylock, create/join order, classes of
 * locks, and a search by components with bounds instead of the join of whole relations.
 */
#include "analyses.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>

#include "filtered.h"
#include "fingerprint.h"
#include "hunt.h"
#include "inversion.h"
#include "pool.h"
#include "prune.h"

#define DEFAULT_STEPS   UINT64_C(50000000)
#define DEFAULT_REPORTS 1000u
#define DEFAULT_LENGTH  64u
#define MAX_LENGTH      4096u
#define MIN_SHARE       500u /* steps for the shortest cycle through one edge */
#define MAX_TELLS       100u /* findings that show one place */
#define DETOUR          8u   /* links longer than the shortest, when filters rule that one out */

struct report {
    uint64_t signature;
    size_t finding; /* index in findings->items */
    bool early;     /* found through an edge: the walk of its start will meet it once more */
};

struct search {
    struct lh_lock_graph *graph;
    struct lh_findings *findings;
    struct lh_chain chain;
    struct lh_hunt hunt;
    struct report *reports;
    size_t n_reports, capacity;
    size_t max_reports; /* at present */
    uint32_t *teller;   /* by element: the report that covers it */
    uint32_t *tells;    /* by element: how many reports show it */
    bool crowded;       /* a place was in more cycles than are shown */
    uint64_t *sequence; /* scratch: the elements of a cycle */
    bool by_edge;       /* the walk under way looks for cycles through one edge */
    int error;
};

static uint64_t sign(struct search *search, const struct lh_chain *chain)
{
    for (size_t i = 0; i < chain->n; i++)
        search->sequence[i] = chain->links[i].way->element;
    return lh_hash_cycle(search->sequence, chain->n);
}

static struct report *find_report(struct search *search, uint64_t signature)
{
    for (size_t i = 0; i < search->n_reports; i++)
        if (search->reports[i].signature == signature)
            return &search->reports[i];
    return NULL;
}

/* All its places are in shorter cycles: it tells nothing new. */
static struct report *find_teller(struct search *search, const struct lh_chain *chain)
{
    for (size_t i = 0; i < chain->n; i++) {
        uint32_t covered = search->hunt.covered[chain->links[i].way->element];
        if (!covered || covered >= chain->n)
            return NULL;
    }
    return &search->reports[search->teller[chain->links[0].way->element]];
}

/* Whoever mends a place that is in so many cycles mends them all: it closes no more of them. */
static void retire(struct search *search, uint32_t element)
{
    for (uint32_t i = 0; i < search->graph->n_ways; i++)
        if (search->graph->ways[i].element == element)
            lh_prune_way(search->graph, &search->graph->ways[i]);
    search->crowded = true;
}

static void note_places(struct search *search, const struct lh_chain *chain)
{
    for (size_t i = 0; i < chain->n; i++) {
        uint32_t element = chain->links[i].way->element;
        if (!search->hunt.covered[element])
            search->teller[element] = (uint32_t)search->n_reports;
        if (++search->tells[element] == MAX_TELLS)
            retire(search, element);
    }
}

static int add_report(struct search *search, const struct lh_chain *chain, uint64_t signature)
{
    struct lh_finding *finding;

    if (lh_grow(&search->reports, &search->capacity, search->n_reports + 1,
                sizeof(*search->reports)) < 0)
        return -ENOMEM;
    finding = lh_findings_add(search->findings);
    if (!finding)
        return -ENOMEM;
    if (lh_inversion_fill(finding, search->findings, search->graph, chain) < 0) {
        search->findings->n_items--;
        return -ENOMEM;
    }
    note_places(search, chain);
    search->reports[search->n_reports++] =
        (struct report){signature, search->findings->n_items - 1, search->by_edge};
    lh_hunt_cover(&search->hunt, chain);
    return 0;
}

static void count_similar(struct search *search, struct report *report)
{
    if (search->by_edge)
        return;
    if (report->early)
        report->early = false;
    else
        search->findings->items[report->finding].similar++;
}

static enum lh_catch caught(void *data, struct lh_chain *chain)
{
    struct search *search = data;
    uint64_t signature = sign(search, chain);
    struct report *report = find_report(search, signature);

    if (!report)
        report = find_teller(search, chain);
    if (report) {
        count_similar(search, report);
        return LH_CATCH_KNOWN;
    }
    if (search->n_reports >= search->max_reports)
        return LH_CATCH_ENOUGH;
    search->error = add_report(search, chain, signature);
    return search->error ? LH_CATCH_ENOUGH : LH_CATCH_NEW;
}

/* ---- the second round: the shortest cycle through each edge that no cycle has shown yet ---- */

static bool is_shown(const struct search *search, const struct lh_edge *edge)
{
    for (uint32_t i = 0; i < edge->n_ways; i++)
        if (!search->hunt.covered[search->graph->ways[edge->first_way + i].element])
            return false;
    return true;
}

static bool caught_by_edge(void *data, struct lh_chain *chain)
{
    struct search *search = data;

    return caught(search, chain) == LH_CATCH_KNOWN;
}

static void search_edge(struct search *search, uint32_t index, uint64_t share)
{
    const struct lh_edge *edge = &search->graph->edges[index];
    struct lh_walk_range range = {.start = edge->from, .first_edge = index};
    uint32_t max = search->hunt.max_length;
    enum lh_walk_end end = LH_WALK_DEEPER;

    search->chain.cut = false;
    search->chain.max_steps = search->chain.steps + share;
    range.length = lh_walk_shortest(search->hunt.walk, index, max, &search->chain);
    if (!range.length)
        return;
    for (uint32_t last = range.length + DETOUR;
         end == LH_WALK_DEEPER && range.length <= last && range.length <= max; range.length++)
        end = lh_walk_cycles(search->hunt.walk, &range, &search->chain, caught_by_edge, search);
}

static bool is_searched(const struct search *search, const struct lh_edge *edge, bool retreating,
                        const bool *stuck)
{
    return (edge->from > edge->to) == retreating &&
           stuck[search->graph->nodes[edge->from].component] && !is_shown(search, edge);
}

/* Every cycle has a retreating edge, hence these first. */
static void search_edges(struct search *search, bool retreating, const bool *stuck, uint64_t end)
{
    uint64_t left = 0;

    for (uint32_t i = 0; i < search->graph->n_edges; i++)
        left += is_searched(search, &search->graph->edges[i], retreating, stuck);
    for (uint32_t i = 0; i < search->graph->n_edges && search->chain.steps < end; i++) {
        uint64_t share = left ? (end - search->chain.steps) / left : 0;
        if (search->error || search->n_reports >= search->max_reports)
            return;
        if (!is_searched(search, &search->graph->edges[i], retreating, stuck))
            continue;
        left -= left > 0;
        search_edge(search, i, share > MIN_SHARE ? share : MIN_SHARE);
    }
}

/* Components in which a start is stuck and a place is not yet shown. */
static bool find_stuck(const struct search *search, bool *stuck)
{
    bool any = false;

    for (uint32_t i = 0; i < search->graph->n_components; i++)
        stuck[i] = false;
    for (uint32_t i = 0; i < search->hunt.n_starts; i++)
        if (search->hunt.starts[i].state != LH_START_DONE)
            stuck[search->graph->nodes[search->hunt.starts[i].node].component] = true;
    for (uint32_t i = 0; i < search->graph->n_components; i++) {
        stuck[i] = stuck[i] && !lh_hunt_covered(&search->hunt, i);
        any = any || stuck[i];
    }
    return any;
}

/* ---- all rounds ---- */

static void search_rounds(struct search *search, uint64_t steps, bool *stuck)
{
    size_t all_reports = search->max_reports;

    /* Leave some reports for what dense parts of the graph would crowd out. */
    search->max_reports = all_reports - all_reports / 4;
    lh_hunt_levels(&search->hunt, steps / 4);
    search->max_reports = all_reports;
    if (search->error || !find_stuck(search, stuck))
        return;
    search->by_edge = true;
    search_edges(search, true, stuck, steps / 8 * 3);
    search_edges(search, false, stuck, steps / 2);
    search->by_edge = false;
    lh_hunt_resume(&search->hunt);
    if (!search->error)
        lh_hunt_levels(&search->hunt, steps);
}

static int note_cut(struct search *search, uint64_t steps)
{
    struct lh_findings *findings = search->findings;
    const char *text;

    if (search->n_reports >= search->max_reports)
        text = lh_pool_printf(findings->pool,
                              "the search for cycles ended at %zu findings; there may be more "
                              "once these are mended",
                              search->max_reports);
    else if (search->chain.steps >= steps)
        text = lh_pool_printf(findings->pool,
                              "the search for cycles ended after %" PRIu64
                              " steps; there may be more (raise the bound with --max-steps)",
                              steps);
    else if (search->crowded)
        text = lh_pool_printf(findings->pool,
                              "a place in the program is in more than %u cycles; there may be "
                              "more once it is mended",
                              MAX_TELLS);
    else
        text = lh_pool_printf(findings->pool,
                              "cycles of more than %" PRIu32 " locks were not searched for",
                              search->hunt.max_length);
    findings->cut = true;
    findings->cut_text = text;
    return text ? 0 : -ENOMEM;
}

static int search_all(struct search *search, uint64_t steps)
{
    bool *stuck = calloc(search->graph->n_components + 1, sizeof(*stuck));
    int error = stuck ? 0 : -ENOMEM;

    if (!error) {
        search_rounds(search, steps, stuck);
        error = search->error;
    }
    if (!error && (find_stuck(search, stuck) || search->crowded))
        error = note_cut(search, steps);
    free(stuck);
    return error;
}

static int prepare(struct search *search, const struct lh_filter_facts *facts, uint32_t length,
                   uint64_t steps)
{
    int error = lh_chain_init(&search->chain, facts, length, LH_CYCLE_FILTERS);

    if (!error)
        error = lh_prune(search->graph, &search->chain, steps / 8);
    if (!error)
        error = lh_hunt_init(&search->hunt, search->graph, &search->chain, length, false);
    search->teller = calloc((size_t)search->graph->n_elements + 1, sizeof(*search->teller));
    search->tells = calloc((size_t)search->graph->n_elements + 1, sizeof(*search->tells));
    search->sequence = calloc((size_t)length + 1, sizeof(*search->sequence));
    search->hunt.caught = caught;
    search->hunt.data = search;
    return search->teller && search->tells && search->sequence ? error : -ENOMEM;
}

static void release(struct search *search)
{
    lh_hunt_done(&search->hunt);
    lh_chain_done(&search->chain);
    free(search->reports);
    free(search->teller);
    free(search->tells);
    free(search->sequence);
}

static int search_process(const struct lh_process *process, const struct lh_filter_facts *facts,
                          const struct lh_cycle_limits *limits, uint64_t *steps,
                          struct lh_findings *findings)
{
    struct lh_lock_graph *graph;
    int error = lh_lock_graph_new(process, LH_GRAPH_BLOCKING, &graph);
    struct search search = {.findings = findings};

    if (error)
        return error;
    search.graph = graph;
    search.max_reports = limits->reports;
    error = prepare(&search, facts, limits->length, *steps);
    if (!error)
        error = search_all(&search, *steps);
    *steps = search.chain.steps;
    release(&search);
    lh_lock_graph_free(graph);
    return error;
}

/* Filtered cycles are an extra: they may cost a part of what the search itself may. */
static int analyse(const struct lh_process *process, const struct lh_cycle_limits *limits,
                   uint64_t *steps, struct lh_findings *findings)
{
    struct lh_filter_facts facts;
    uint64_t extra = *steps / 10;
    int error = lh_filter_facts_init(&facts, process);

    if (!error)
        error = search_process(process, &facts, limits, steps, findings);
    if (!error)
        error = lh_find_filtered(process, &facts, extra, findings);
    lh_filter_facts_done(&facts);
    return error;
}

int lh_find_inversions(const struct lh_model *model, const struct lh_cycle_limits *limits,
                       struct lh_findings *findings)
{
    struct lh_cycle_limits bounds = limits ? *limits : (struct lh_cycle_limits){0};

    bounds.steps = bounds.steps ? bounds.steps : DEFAULT_STEPS;
    bounds.reports = bounds.reports ? bounds.reports : DEFAULT_REPORTS;
    bounds.length = bounds.length ? bounds.length : DEFAULT_LENGTH;
    bounds.length = bounds.length < 2 ? 2 : bounds.length;
    bounds.length = bounds.length > MAX_LENGTH ? MAX_LENGTH : bounds.length;
    for (size_t i = 0; i < model->n_processes; i++) {
        uint64_t steps = bounds.steps / (model->n_processes - i);
        int error = analyse(model->processes[i], &bounds, &steps, findings);

        if (error)
            return error;
        bounds.steps = bounds.steps > steps ? bounds.steps - steps : 1;
    }
    return 0;
}
