#include "graph_select.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

const struct lh_graph_bounds lh_graph_readable = {.nodes = 300, .edges = 500};

#define ALONE_MOST 24 /* up to so many nodes, those without an edge are drawn too */

static bool ends_in_cycles(const struct lh_class_graph *graph, const struct lh_class_edge *edge)
{
    return graph->nodes[edge->from].findings.first > 0 && graph->nodes[edge->to].findings.first > 0;
}

static void keep_cycles(struct lh_class_graph *graph)
{
    for (size_t i = 0; i < graph->n_nodes; i++)
        graph->nodes[i].drawn &= graph->nodes[i].findings.first > 0;
    for (size_t i = 0; i < graph->n_edges; i++)
        graph->edges[i].drawn &= ends_in_cycles(graph, &graph->edges[i]);
}

/* Classes that match, their neighbours, the edges between, and findings among them. */
static int keep_around(struct lh_class_graph *graph, const char *text)
{
    bool *matches = calloc(graph->n_nodes + 1, sizeof *matches), any = false;

    if (matches == NULL)
        return -ENOMEM;
    for (size_t i = 0; i < graph->n_nodes; i++) {
        const char *name = graph->nodes[i].class->name;
        matches[i] = name != NULL && strstr(name, text) != NULL;
        any |= matches[i];
        graph->nodes[i].drawn = matches[i];
    }
    for (size_t i = 0; i < graph->n_edges; i++) {
        const struct lh_class_edge *edge = &graph->edges[i];
        if (edge->drawn && (matches[edge->from] || matches[edge->to]))
            graph->nodes[edge->from].drawn = graph->nodes[edge->to].drawn = true;
    }
    for (size_t i = 0; i < graph->n_edges; i++) {
        struct lh_class_edge *edge = &graph->edges[i];
        bool inside = graph->nodes[edge->from].drawn && graph->nodes[edge->to].drawn;
        edge->drawn &=
            matches[edge->from] || matches[edge->to] || (edge->findings.first > 0 && inside);
    }
    free(matches);
    return any ? 0 : -ENOENT;
}

/*
 * Of a graph that is more than a glance, the classes in cycles and their neighbours; all of it when
 * nothing is in a cycle.
 */
static int keep_near_findings(struct lh_class_graph *graph)
{
    bool *near = calloc(graph->n_nodes + 1, sizeof *near), any = false;

    if (near == NULL)
        return -ENOMEM;
    for (size_t i = 0; i < graph->n_edges; i++) {
        const struct lh_class_edge *edge = &graph->edges[i];
        if (graph->nodes[edge->from].findings.first > 0 ||
            graph->nodes[edge->to].findings.first > 0)
            near[edge->from] = near[edge->to] = any = true;
    }
    for (size_t i = 0; any && i < graph->n_nodes; i++)
        graph->nodes[i].drawn &= near[i];
    for (size_t i = 0; any && i < graph->n_edges; i++)
        graph->edges[i].drawn &= near[graph->edges[i].from] && near[graph->edges[i].to];
    free(near);
    return 0;
}

static size_t count_nodes(const struct lh_class_graph *graph)
{
    size_t count = 0;

    for (size_t i = 0; i < graph->n_nodes; i++)
        count += graph->nodes[i].drawn;
    return count;
}

static size_t count_edges(const struct lh_class_graph *graph)
{
    size_t count = 0;

    for (size_t i = 0; i < graph->n_edges; i++)
        count += graph->edges[i].drawn;
    return count;
}

/* Classes that the program locks, and whatever else has an edge. */
static size_t count_locks(const struct lh_class_graph *graph)
{
    size_t count = 0;

    for (size_t i = 0; i < graph->n_nodes; i++)
        count += graph->nodes[i].drawn ||
                 (lh_class_node_is_lock(&graph->nodes[i]) && graph->nodes[i].locks > 0);
    return count;
}

/* Locks that were never held together with another: shown as long as the picture is small. */
static void add_lone_locks(struct lh_class_graph *graph)
{
    size_t count = count_nodes(graph), lone = 0;

    for (size_t i = 0; i < graph->n_nodes; i++)
        lone += !graph->nodes[i].drawn && lh_class_node_is_lock(&graph->nodes[i]);
    if (count > 0 && count + lone > ALONE_MOST)
        return;
    for (size_t i = 0; i < graph->n_nodes && count < ALONE_MOST; i++)
        if (!graph->nodes[i].drawn && lh_class_node_is_lock(&graph->nodes[i])) {
            graph->nodes[i].drawn = true;
            count++;
        }
}

/* Findings first, in their order; then whatever happened most often. */
static int by_importance(const void *left, const void *right)
{
    const struct lh_class_edge *a = *(struct lh_class_edge *const *)left;
    const struct lh_class_edge *b = *(struct lh_class_edge *const *)right;

    if ((a->findings.first == 0) != (b->findings.first == 0))
        return (a->findings.first == 0) - (b->findings.first == 0);
    if (a->findings.first != b->findings.first)
        return a->findings.first < b->findings.first ? -1 : 1;
    if (a->count != b->count)
        return a->count > b->count ? -1 : 1;
    return a < b ? -1 : a > b;
}

/* More edges than this between so many nodes are a black cloth. */
static size_t edges_most(const struct lh_graph_bounds *bounds, size_t nodes)
{
    size_t most = 60 + 2 * nodes;

    return most < bounds->edges ? most : bounds->edges;
}

static void draw_edge(struct lh_class_graph *graph, struct lh_class_edge *edge,
                      struct lh_selection *drawn, const struct lh_graph_bounds *bounds, size_t most)
{
    struct lh_class_node *from = &graph->nodes[edge->from], *to = &graph->nodes[edge->to];
    size_t more = !from->drawn + (from != to && !to->drawn);

    if (edge->findings.first > 0)
        most = bounds->edges;
    if (drawn->edges >= most || drawn->nodes + more > bounds->nodes)
        return;
    edge->drawn = from->drawn = to->drawn = true;
    drawn->nodes += more;
    drawn->edges++;
}

static int reduce(struct lh_class_graph *graph, const struct lh_selection *asked,
                  const struct lh_graph_bounds *bounds)
{
    struct lh_class_edge **edges = calloc(asked->edges_asked + 1, sizeof(struct lh_class_edge *));
    struct lh_selection drawn = {0};
    size_t n = 0;

    if (edges == NULL)
        return -ENOMEM;
    for (size_t i = 0; i < graph->n_edges; i++)
        if (graph->edges[i].drawn) {
            edges[n++] = &graph->edges[i];
            graph->edges[i].drawn = false;
        }
    for (size_t i = 0; i < graph->n_nodes; i++)
        graph->nodes[i].drawn = false;
    qsort(edges, n, sizeof(struct lh_class_edge *), by_importance);
    for (size_t i = 0; i < n; i++)
        draw_edge(graph, edges[i], &drawn, bounds, edges_most(bounds, asked->nodes_asked));
    free(edges);
    return 0;
}

int lh_graph_select(struct lh_class_graph *graph, const struct lh_graph_options *options,
                    const struct lh_graph_bounds *bounds, struct lh_selection *ret)
{
    struct lh_selection selection = {
        .nodes_all = count_locks(graph),
        .edges_all = graph->n_edges,
    };
    int result = 0;

    if (options->cycles_only)
        keep_cycles(graph);
    if (options->near_findings > 0 && count_nodes(graph) > options->near_findings)
        result = keep_near_findings(graph);
    if (result == 0 && options->around != NULL)
        result = keep_around(graph, options->around);
    else if (result == 0 && !options->cycles_only)
        add_lone_locks(graph);
    if (result != 0)
        return result;
    selection.nodes_asked = count_nodes(graph);
    selection.edges_asked = count_edges(graph);
    selection.reduced =
        bounds != NULL && (selection.nodes_asked > bounds->nodes ||
                           selection.edges_asked > edges_most(bounds, selection.nodes_asked));
    if (selection.reduced)
        result = reduce(graph, &selection, bounds);
    if (result != 0)
        return result;
    selection.nodes = count_nodes(graph);
    selection.edges = count_edges(graph);
    *ret = selection;
    return 0;
}
