#include "prune.h"

#include <errno.h>
#include <stdlib.h>

#include "components.h"
#include "writers.h"

#define MAX_ROUNDS 16 /* each may kill what the one before left without a neighbour */

void lh_prune_way(struct lh_lock_graph *graph, struct lh_way *way)
{
    if (way->dead)
        return;
    way->dead = true;
    graph->edges[way->edge].n_alive--;
}

/* Do the filters allow both in one cycle, for some choice of instances? */
static bool fits(struct lh_chain *chain, const struct lh_way *one, const struct lh_way *other)
{
    bool both;

    chain->n = 0;
    both = lh_chain_push(chain, one) && lh_chain_push(chain, other);
    chain->n = 0;
    return both || chain->cut;
}

static bool fits_edge(const struct lh_lock_graph *graph, struct lh_chain *chain,
                      const struct lh_way *way, uint32_t index)
{
    const struct lh_edge *edge = &graph->edges[index];

    for (uint32_t i = 0; edge->n_alive && i < edge->n_ways; i++) {
        const struct lh_way *other = &graph->ways[edge->first_way + i];
        if (!other->dead && fits(chain, way, other))
            return true;
    }
    return false;
}

static bool has_next(const struct lh_lock_graph *graph, struct lh_chain *chain,
                     const struct lh_way *way)
{
    const struct lh_node *node = &graph->nodes[graph->edges[way->edge].to];

    for (uint32_t i = 0; i < node->n_out; i++)
        if (fits_edge(graph, chain, way, node->first_out + i))
            return true;
    return false;
}

static bool has_previous(const struct lh_lock_graph *graph, struct lh_chain *chain,
                         const struct lh_way *way)
{
    const struct lh_node *node = &graph->nodes[graph->edges[way->edge].from];

    for (uint32_t i = 0; i < node->n_in; i++)
        if (fits_edge(graph, chain, way, graph->incoming[node->first_in + i]))
            return true;
    return false;
}

/* Returns whether any way was killed. */
static bool kill_lonely(struct lh_lock_graph *graph, struct lh_chain *chain)
{
    bool any = false;

    for (uint32_t i = 0; i < graph->n_ways && !chain->cut; i++) {
        struct lh_way *way = &graph->ways[i];
        if (way->dead || (has_next(graph, chain, way) && has_previous(graph, chain, way)))
            continue;
        lh_prune_way(graph, way);
        any = true;
    }
    return any;
}

static void kill_edge(struct lh_lock_graph *graph, const struct lh_edge *edge)
{
    for (uint32_t i = 0; i < edge->n_ways; i++)
        lh_prune_way(graph, &graph->ways[edge->first_way + i]);
}

static void kill_between(struct lh_lock_graph *graph, const uint32_t *component)
{
    for (uint32_t i = 0; i < graph->n_edges; i++)
        if (component[graph->edges[i].from] != component[graph->edges[i].to])
            kill_edge(graph, &graph->edges[i]);
}

/* What is common to all ways of a component. */
struct common {
    uint32_t thread;
    bool many_threads;
    const struct lh_way *first;
    uint32_t n_gates; /* of the first way's held set: bits in `gates` */
    uint64_t gates;
};

static bool holds_exclusively(const struct lh_way *way, uint32_t held)
{
    for (uint32_t i = 0; i < way->n_held; i++)
        if (way->held[i] == held)
            return true;
    return false;
}

static void begin_common(struct common *common, const struct lh_way *way)
{
    common->first = way;
    common->thread = way->instances[0].thread;
    common->n_gates = way->n_held < 64 ? way->n_held : 64;
    for (uint32_t i = 0; i < common->n_gates; i++)
        if (!(way->held[i] & 1))
            common->gates |= UINT64_C(1) << i;
}

static void add_to_common(struct common *common, const struct lh_way *way)
{
    if (!common->first)
        begin_common(common, way);
    for (uint32_t i = 0; i < way->n_instances && !common->many_threads; i++)
        common->many_threads = way->instances[i].thread != common->thread;
    for (uint32_t i = 0; common->gates && i < common->n_gates; i++)
        if ((common->gates >> i & 1) && !holds_exclusively(way, common->first->held[i]))
            common->gates &= ~(UINT64_C(1) << i);
}

/* A component of one thread, or one that a lock lets in one thread at a time. */
static int kill_harmless(struct lh_lock_graph *graph, const uint32_t *component)
{
    struct common *commons = calloc((size_t)graph->n_nodes + 1, sizeof(*commons));

    if (!commons)
        return -ENOMEM;
    for (uint32_t i = 0; i < graph->n_ways; i++)
        if (!graph->ways[i].dead)
            add_to_common(&commons[component[graph->edges[graph->ways[i].edge].from]],
                          &graph->ways[i]);
    for (uint32_t i = 0; i < graph->n_ways; i++) {
        const struct common *common = &commons[component[graph->edges[graph->ways[i].edge].from]];
        if (!common->many_threads || common->gates)
            lh_prune_way(graph, &graph->ways[i]);
    }
    free(commons);
    return 0;
}

/* A node at which nobody writes lets every reader through. */
struct modes {
    bool held_exclusively, wanted_exclusively;
};

static void find_modes(const struct lh_lock_graph *graph, struct modes *modes)
{
    for (uint32_t i = 0; i < graph->n_ways; i++) {
        const struct lh_way *way = &graph->ways[i];
        const struct lh_edge *edge = &graph->edges[way->edge];
        if (way->dead)
            continue;
        if (way->hold_mode != LH_MODE_SHARED)
            modes[edge->from].held_exclusively = true;
        if (way->want_mode != LH_MODE_SHARED)
            modes[edge->to].wanted_exclusively = true;
    }
}

static bool has_writer(const struct lh_filter_facts *facts, uint32_t lock)
{
    uint32_t n;

    lh_writers_of(facts->writers, lock, &n);
    return n != 0;
}

static int kill_readers(struct lh_lock_graph *graph, const struct lh_filter_facts *facts)
{
    struct modes *modes = calloc((size_t)graph->n_nodes + 1, sizeof(*modes));

    if (!modes)
        return -ENOMEM;
    find_modes(graph, modes);
    for (uint32_t i = 0; i < graph->n_ways; i++) {
        struct lh_way *way = &graph->ways[i];
        const struct lh_edge *edge = &graph->edges[way->edge];
        bool read = way->want_mode == LH_MODE_SHARED && !modes[edge->to].held_exclusively &&
                    !has_writer(facts, way->to);
        bool held = way->hold_mode == LH_MODE_SHARED && !modes[edge->from].wanted_exclusively &&
                    !has_writer(facts, way->from);
        if (read || held)
            lh_prune_way(graph, way);
    }
    free(modes);
    return 0;
}

static int find_components(const struct lh_lock_graph *graph, uint32_t *component)
{
    struct lh_arc *arcs = calloc((size_t)graph->n_edges + 1, sizeof(*arcs));
    size_t n = 0;
    int error;

    if (!arcs)
        return -ENOMEM;
    for (uint32_t i = 0; i < graph->n_edges; i++)
        if (graph->edges[i].n_alive)
            arcs[n++] = (struct lh_arc){graph->edges[i].from, graph->edges[i].to, i, 0};
    error = lh_components(arcs, n, graph->n_nodes, component);
    free(arcs);
    return error;
}

/* What whole components tell, in linear time. */
static int kill_coarsely(struct lh_lock_graph *graph, const struct lh_filter_facts *facts)
{
    uint32_t *component = calloc((size_t)graph->n_nodes + 1, sizeof(*component));
    int error = component ? kill_readers(graph, facts) : -ENOMEM;

    if (!error)
        error = find_components(graph, component);
    if (!error)
        kill_between(graph, component);
    if (!error)
        error = kill_harmless(graph, component);
    free(component);
    return error;
}

int lh_prune(struct lh_lock_graph *graph, struct lh_chain *chain, uint64_t end)
{
    int error = kill_coarsely(graph, chain->facts);

    chain->cut = false;
    chain->max_steps = end;
    for (int round = 0; !error && round < MAX_ROUNDS && !chain->cut; round++) {
        if (!kill_lonely(graph, chain))
            break;
        error = kill_coarsely(graph, chain->facts);
    }
    chain->cut = false;
    return error;
}
