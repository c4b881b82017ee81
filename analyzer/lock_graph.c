#include "lock_graph.h"

#include <errno.h>
#include <stdlib.h>

#include "components.h"
#include "ways.h"

struct builder {
    const struct lh_process *process;
    enum lh_graph_scope scope;
    struct lh_lock_graph *graph;
    struct lh_arc *arcs;
    size_t n_arcs, capacity;
    uint32_t *order; /* node -> lock */
};

bool lh_is_signal(const struct lh_lock *lock)
{
    return lock->kind == LH_LOCK_SEMAPHORE && !lh_semaphore_is_lock(lock->flags);
}

static bool is_lock_kind(const struct lh_lock *lock)
{
    bool kind = lock->kind == LH_LOCK_MUTEX || lock->kind == LH_LOCK_RWLOCK ||
                lock->kind == LH_LOCK_SPIN || lock->kind == LH_LOCK_SEMAPHORE ||
                lock->kind == LH_LOCK_ONCE;

    return kind && lock->uid && !(lock->flags & LH_LOCK_AGGREGATE);
}

bool lh_is_lock(const struct lh_lock *lock)
{
    return is_lock_kind(lock) && !lh_is_signal(lock);
}

static bool is_node(const struct builder *builder, uint32_t index)
{
    const struct lh_lock *lock = lh_process_lock(builder->process, index);

    return builder->scope == LH_GRAPH_ALL ? is_lock_kind(lock) : lh_is_lock(lock);
}

static bool holds_wanted(const struct lh_dep *dep)
{
    for (size_t i = 0; i < dep->n_held; i++)
        if (dep->held[i].lock == dep->wanted.lock)
            return true;
    return false;
}

static bool counts(const struct builder *builder, const struct lh_dep *dep)
{
    if (!dep->id || !dep->n_seen || !is_node(builder, dep->wanted.lock) || holds_wanted(dep))
        return false;
    return builder->scope == LH_GRAPH_ALL || !(dep->wanted.flags & LH_ATTEMPT_TRY);
}

static int add_arcs(struct builder *builder, uint32_t index)
{
    const struct lh_dep *dep = &builder->process->deps[index];

    if (!counts(builder, dep))
        return 0;
    if (lh_grow(&builder->arcs, &builder->capacity, builder->n_arcs + dep->n_held,
                sizeof(*builder->arcs)) < 0)
        return -ENOMEM;
    for (uint32_t i = 0; i < dep->n_held; i++)
        if (is_node(builder, dep->held[i].lock))
            builder->arcs[builder->n_arcs++] =
                (struct lh_arc){dep->held[i].lock, dep->wanted.lock, index, i};
    return 0;
}

static int collect_arcs(struct builder *builder)
{
    for (uint32_t i = 0; i < builder->process->n_deps; i++)
        if (add_arcs(builder, i) < 0)
            return -ENOMEM;
    lh_arcs_sort(builder->arcs, builder->n_arcs);
    return 0;
}

/* Keep arcs inside components only, and number the nodes that are left. */
static int keep_components(struct builder *builder)
{
    uint32_t n = (uint32_t)builder->process->n_locks, n_nodes = 0;
    uint32_t *component = calloc(n ? n : 1, sizeof(*component));
    size_t kept = 0;
    int error = -ENOMEM;

    builder->order = calloc(n ? n : 1, sizeof(*builder->order));
    if (component && builder->order)
        error = lh_components(builder->arcs, builder->n_arcs, n, component);
    if (!error) {
        for (size_t i = 0; i < builder->n_arcs; i++)
            if (component[builder->arcs[i].from] == component[builder->arcs[i].to])
                builder->arcs[kept++] = builder->arcs[i];
        builder->n_arcs = kept;
        error = lh_components_order(builder->arcs, kept, n, component, builder->order, &n_nodes);
    }
    builder->graph->n_nodes = n_nodes;
    if (!error) {
        builder->graph->nodes =
            lh_pool_alloc(builder->graph->pool, (n_nodes + 1) * sizeof(struct lh_node));
        error = builder->graph->nodes ? 0 : -ENOMEM;
    }
    for (uint32_t i = 0; !error && i < n_nodes; i++)
        builder->graph->nodes[i] =
            (struct lh_node){.lock = builder->order[i], .component = component[builder->order[i]]};
    free(component);
    return error;
}

/* Components of one lock are gone: number the others densely. */
static int number_components(struct lh_lock_graph *graph)
{
    uint32_t n = 0;

    graph->components =
        lh_pool_alloc(graph->pool, (graph->n_nodes + 1) * sizeof(*graph->components));
    if (!graph->components)
        return -ENOMEM;
    for (uint32_t i = 0, last = UINT32_MAX; i < graph->n_nodes; i++) {
        if (graph->nodes[i].component != last)
            graph->components[n++].begin = i;
        last = graph->nodes[i].component;
        graph->nodes[i].component = n - 1;
        graph->components[n - 1].end = i + 1;
    }
    graph->n_components = n;
    return 0;
}

static int rename_arcs(struct builder *builder)
{
    size_t n = builder->process->n_locks;
    uint32_t *node_of = calloc(n ? n : 1, sizeof(*node_of));

    if (!node_of)
        return -ENOMEM;
    for (uint32_t i = 0; i < builder->graph->n_nodes; i++)
        node_of[builder->graph->nodes[i].lock] = i;
    for (size_t i = 0; i < builder->n_arcs; i++) {
        builder->arcs[i].from = node_of[builder->arcs[i].from];
        builder->arcs[i].to = node_of[builder->arcs[i].to];
    }
    lh_arcs_sort(builder->arcs, builder->n_arcs);
    free(node_of);
    return 0;
}

static int index_incoming(struct lh_lock_graph *graph)
{
    uint32_t at = 0;

    graph->incoming = lh_pool_alloc(graph->pool, (graph->n_edges + 1) * sizeof(*graph->incoming));
    if (!graph->incoming)
        return -ENOMEM;
    for (uint32_t i = 0; i < graph->n_edges; i++)
        graph->nodes[graph->edges[i].to].n_in++;
    for (uint32_t i = 0; i < graph->n_nodes; i++) {
        graph->nodes[i].first_in = at;
        at += graph->nodes[i].n_in;
        graph->nodes[i].n_in = 0;
    }
    for (uint32_t i = 0; i < graph->n_edges; i++) {
        struct lh_node *node = &graph->nodes[graph->edges[i].to];
        graph->incoming[node->first_in + node->n_in++] = i;
    }
    return 0;
}

static void index_outgoing(struct lh_lock_graph *graph)
{
    for (uint32_t i = graph->n_edges; i-- > 0;) {
        struct lh_node *node = &graph->nodes[graph->edges[i].from];
        node->first_out = i;
        node->n_out++;
    }
}

static int build(struct builder *builder)
{
    struct lh_lock_graph *graph = builder->graph;
    int error = collect_arcs(builder);

    if (!error)
        error = keep_components(builder);
    if (!error)
        error = number_components(graph);
    if (!error)
        error = rename_arcs(builder);
    if (!error)
        error = lh_ways_build(graph, builder->arcs, builder->n_arcs);
    if (!error)
        error = index_incoming(graph);
    if (!error)
        index_outgoing(graph);
    return error;
}

int lh_lock_graph_new(const struct lh_process *process, enum lh_graph_scope scope,
                      struct lh_lock_graph **ret)
{
    struct lh_lock_graph *graph = calloc(1, sizeof(*graph));
    struct builder builder = {.process = process, .scope = scope, .graph = graph};
    int error;

    if (!graph)
        return -ENOMEM;
    graph->process = process;
    graph->pool = lh_pool_new();
    error = graph->pool ? build(&builder) : -ENOMEM;
    free(builder.arcs);
    free(builder.order);
    if (error)
        lh_lock_graph_free(graph);
    else
        *ret = graph;
    return error;
}

void lh_lock_graph_free(struct lh_lock_graph *graph)
{
    if (!graph)
        return;
    lh_pool_free(graph->pool);
    free(graph);
}

static uint32_t first_way(const struct lh_lock_graph *graph, uint32_t node)
{
    if (node == graph->n_nodes)
        return graph->n_ways;
    return graph->edges[graph->nodes[node].first_out].first_way;
}

const struct lh_way *lh_lock_graph_ways(const struct lh_lock_graph *graph, uint32_t component,
                                        uint32_t *ret_n)
{
    const struct lh_component *nodes = &graph->components[component];
    uint32_t begin = first_way(graph, nodes->begin);

    *ret_n = first_way(graph, nodes->end) - begin;
    return &graph->ways[begin];
}
