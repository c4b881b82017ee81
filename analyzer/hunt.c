#include "hunt.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define DULL_LIMIT \
    10000u /* cycles in a row that said nothing new, in a component all of which is told */
#define MIN_SHARE 2000u /* steps */

static bool is_start(const struct lh_lock_graph *graph, uint32_t node)
{
    const struct lh_node *at = &graph->nodes[node];

    for (uint32_t i = 0; i < at->n_in; i++) {
        const struct lh_edge *edge = &graph->edges[graph->incoming[at->first_in + i]];
        if (edge->from > node && edge->n_alive)
            return true;
    }
    return false;
}

static void find_starts(struct lh_hunt *hunt)
{
    for (uint32_t node = 0; node < hunt->graph->n_nodes; node++)
        if (is_start(hunt->graph, node))
            hunt->starts[hunt->n_starts++] = (struct lh_start){.node = node, .length = 2};
}

int lh_hunt_init(struct lh_hunt *hunt, const struct lh_lock_graph *graph, struct lh_chain *chain,
                 uint32_t max_length, bool any_way)
{
    uint32_t n_keys = any_way ? graph->n_edges : graph->n_elements;

    *hunt = (struct lh_hunt){
        .graph = graph, .chain = chain, .max_length = max_length, .any_way = any_way};
    hunt->walk = lh_walk_new(graph, max_length);
    hunt->covered = calloc((size_t)n_keys + 1, sizeof(*hunt->covered));
    hunt->cursor = calloc((size_t)graph->n_components + 1, sizeof(*hunt->cursor));
    hunt->starts = calloc((size_t)graph->n_nodes + 1, sizeof(*hunt->starts));
    if (!hunt->walk || !hunt->covered || !hunt->cursor || !hunt->starts) {
        lh_hunt_done(hunt);
        return -ENOMEM;
    }
    find_starts(hunt);
    return 0;
}

void lh_hunt_done(struct lh_hunt *hunt)
{
    lh_walk_free(hunt->walk);
    free(hunt->covered);
    free(hunt->cursor);
    free(hunt->starts);
    *hunt = (struct lh_hunt){0};
}

uint32_t lh_hunt_key(const struct lh_hunt *hunt, const struct lh_way *way)
{
    return hunt->any_way ? way->edge : way->element;
}

void lh_hunt_cover(struct lh_hunt *hunt, const struct lh_chain *chain)
{
    for (size_t i = 0; i < chain->n; i++) {
        uint32_t *covered = &hunt->covered[lh_hunt_key(hunt, chain->links[i].way)];
        if (!*covered || *covered > chain->n)
            *covered = (uint32_t)chain->n;
    }
}

/* How many of the ways from `from` on are dead or have keys that are in a cycle shorter than
 * `length`. */
static uint32_t skip_told(const struct lh_hunt *hunt, const struct lh_way *ways, uint32_t from,
                          uint32_t n, uint32_t length)
{
    for (; from < n; from++) {
        uint32_t covered = hunt->covered[lh_hunt_key(hunt, &ways[from])];
        if (!ways[from].dead && (!covered || covered >= length))
            break;
    }
    return from;
}

/* Within lh_hunt_levels() lengths only grow and keys stay covered: the cursor need not go back. */
static bool is_told(struct lh_hunt *hunt, uint32_t component, uint32_t length)
{
    uint32_t n;
    const struct lh_way *ways = lh_lock_graph_ways(hunt->graph, component, &n);

    hunt->cursor[component] = skip_told(hunt, ways, hunt->cursor[component], n, length);
    return hunt->cursor[component] == n;
}

bool lh_hunt_covered(const struct lh_hunt *hunt, uint32_t component)
{
    uint32_t n;
    const struct lh_way *ways = lh_lock_graph_ways(hunt->graph, component, &n);

    return skip_told(hunt, ways, 0, n, UINT32_MAX) == n;
}

static bool on_cycle(void *data, struct lh_chain *chain)
{
    struct lh_hunt *hunt = data;

    hunt->again++;
    if (hunt->skip) {
        hunt->skip--;
        return true;
    }
    switch (hunt->caught(hunt->data, chain)) {
    case LH_CATCH_NEW:
        hunt->dull = 0;
        return true;
    case LH_CATCH_KNOWN:
        return ++hunt->dull % DULL_LIMIT != 0 || !lh_hunt_covered(hunt, hunt->component);
    case LH_CATCH_ENOUGH:
        break;
    }
    hunt->enough = true;
    return false;
}

static enum lh_walk_end walk_start(struct lh_hunt *hunt, struct lh_start *start, uint64_t share)
{
    struct lh_walk_range range = {
        .start = start->node,
        .floor = start->node,
        .first_edge = LH_NO_EDGE,
        .length = start->length,
        .any_way = hunt->any_way,
    };
    enum lh_walk_end end;

    hunt->chain->cut = false;
    hunt->chain->max_steps = hunt->chain->steps + share;
    hunt->component = hunt->graph->nodes[start->node].component;
    hunt->skip = start->seen;
    hunt->again = hunt->dull = 0;
    end = lh_walk_cycles(hunt->walk, &range, hunt->chain, on_cycle, hunt);
    start->seen = hunt->again > start->seen ? hunt->again : start->seen;
    return end;
}

static void finish(struct lh_hunt *hunt, struct lh_start *start, enum lh_walk_end end)
{
    if (end == LH_WALK_CUT || hunt->enough) {
        start->state = LH_START_STUCK;
    } else if (end == LH_WALK_DONE) {
        start->state = LH_START_DONE;
    } else {
        start->length++;
        start->seen = 0;
    }
}

static uint32_t count_active(const struct lh_hunt *hunt)
{
    uint32_t n = 0;

    for (uint32_t i = 0; i < hunt->n_starts; i++)
        n += hunt->starts[i].state == LH_START_ACTIVE;
    return n;
}

/* Each start may use its part of what is left; what it leaves over goes to the others. */
static void walk_level(struct lh_hunt *hunt, uint32_t length, uint32_t active, uint64_t end)
{
    for (uint32_t i = 0; i < hunt->n_starts; i++) {
        struct lh_start *start = &hunt->starts[i];
        uint64_t left = end > hunt->chain->steps ? end - hunt->chain->steps : 0;
        uint64_t share = left / (active ? active : 1);

        if (start->state != LH_START_ACTIVE || start->length != length)
            continue;
        active -= active > 0;
        if (is_told(hunt, hunt->graph->nodes[start->node].component, length))
            start->state = LH_START_DONE;
        else if (!left || hunt->enough)
            start->state = LH_START_STUCK;
        else
            finish(hunt, start, walk_start(hunt, start, share > MIN_SHARE ? share : MIN_SHARE));
    }
}

void lh_hunt_levels(struct lh_hunt *hunt, uint64_t end)
{
    memset(hunt->cursor, 0, hunt->graph->n_components * sizeof(*hunt->cursor));
    for (uint32_t length = 2; length <= hunt->max_length; length++) {
        uint32_t active = count_active(hunt);
        if (!active)
            return;
        walk_level(hunt, length, active, end);
    }
}

void lh_hunt_resume(struct lh_hunt *hunt)
{
    hunt->enough = false;
    for (uint32_t i = 0; i < hunt->n_starts; i++)
        if (hunt->starts[i].state == LH_START_STUCK)
            hunt->starts[i].state = LH_START_ACTIVE;
}
