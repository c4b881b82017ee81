#include "graph_layout.h"

#include <errno.h>
#include <stdlib.h>

/* Bounds of what dot does in about a second. Spans: ranks passed by all edges together. */
#define FULL_EDGES_MOST  120
#define FULL_SPANS_MOST  500
#define BRIEF_SPANS_MOST 2500
#define ROUGH_SPANS_MOST 12000

/* An estimate of dot's ranks: the longest way to each node, over edges that close no cycle. */
struct ranking {
    const struct lh_class_graph *graph;
    size_t *first_edge; /* of each node: edges are sorted by their start */
    uint32_t *order;    /* nodes in the order in which the search leaves them */
    size_t n_order;
    uint32_t *way;     /* nodes from the start of the search to where it is */
    size_t *next_edge; /* to try from each node of the way */
    uint32_t *rank;
    uint32_t *place; /* of each node in `order`, from 1; 0: not left yet */
    bool *entered;
};

static bool ranking_new(struct ranking *ranking, const struct lh_class_graph *graph)
{
    size_t n = graph->n_nodes + 1;

    *ranking = (struct ranking){
        .graph = graph,
        .first_edge = calloc(n + 1, sizeof(size_t)),
        .order = calloc(n, sizeof(uint32_t)),
        .way = calloc(n, sizeof(uint32_t)),
        .next_edge = calloc(n, sizeof(size_t)),
        .rank = calloc(n, sizeof(uint32_t)),
        .place = calloc(n, sizeof(uint32_t)),
        .entered = calloc(n, sizeof(bool)),
    };
    return ranking->first_edge != NULL && ranking->order != NULL && ranking->way != NULL &&
           ranking->next_edge != NULL && ranking->rank != NULL && ranking->place != NULL &&
           ranking->entered != NULL;
}

static void ranking_free(struct ranking *ranking)
{
    free(ranking->first_edge);
    free(ranking->order);
    free(ranking->way);
    free(ranking->next_edge);
    free(ranking->rank);
    free(ranking->place);
    free(ranking->entered);
}

static void index_edges(const struct ranking *ranking)
{
    const struct lh_class_graph *graph = ranking->graph;

    for (size_t i = 0; i < graph->n_edges; i++)
        ranking->first_edge[graph->edges[i].from + 1]++;
    for (size_t i = 0; i < graph->n_nodes; i++)
        ranking->first_edge[i + 1] += ranking->first_edge[i];
}

/* The next node to enter from `node`; UINT32_MAX: none is left. */
static uint32_t next_node(const struct ranking *ranking, uint32_t node)
{
    while (ranking->next_edge[node] < ranking->first_edge[node + 1]) {
        const struct lh_class_edge *edge = &ranking->graph->edges[ranking->next_edge[node]++];
        if (edge->drawn && !ranking->entered[edge->to])
            return edge->to;
    }
    return UINT32_MAX;
}

static void search_from(struct ranking *ranking, uint32_t start)
{
    size_t depth = 0;

    for (uint32_t node = start;;) {
        if (node != UINT32_MAX) {
            ranking->entered[node] = true;
            ranking->next_edge[node] = ranking->first_edge[node];
            ranking->way[depth++] = node;
        } else {
            uint32_t left = ranking->way[--depth];
            ranking->order[ranking->n_order++] = left;
            ranking->place[left] = (uint32_t)ranking->n_order;
        }
        if (depth == 0)
            return;
        node = next_node(ranking, ranking->way[depth - 1]);
    }
}

/* Left later: nearer to the start. Edges from there downwards close no cycle. */
static void rank_nodes(const struct ranking *ranking)
{
    for (size_t i = ranking->n_order; i-- > 0;) {
        uint32_t from = ranking->order[i];
        for (size_t k = ranking->first_edge[from]; k < ranking->first_edge[from + 1]; k++) {
            const struct lh_class_edge *edge = &ranking->graph->edges[k];
            if (edge->drawn && ranking->place[edge->to] < ranking->place[from] &&
                ranking->rank[edge->to] <= ranking->rank[from])
                ranking->rank[edge->to] = ranking->rank[from] + 1;
        }
    }
}

static uint64_t sum_of_spans(const struct ranking *ranking)
{
    uint64_t sum = 0;

    for (size_t i = 0; i < ranking->graph->n_edges; i++) {
        const struct lh_class_edge *edge = &ranking->graph->edges[i];
        uint32_t from = ranking->rank[edge->from], to = ranking->rank[edge->to];
        if (edge->drawn)
            sum += from > to ? from - to : to - from;
    }
    return sum;
}

static enum lh_layout choose(const struct lh_class_graph *graph, uint64_t spans)
{
    size_t nodes = 0, edges = 0;

    for (size_t i = 0; i < graph->n_nodes; i++)
        nodes += graph->nodes[i].drawn;
    for (size_t i = 0; i < graph->n_edges; i++)
        edges += graph->edges[i].drawn;
    if (edges <= FULL_EDGES_MOST && spans <= FULL_SPANS_MOST)
        return LH_LAYOUT_FULL;
    if (edges <= 2 * nodes && spans <= BRIEF_SPANS_MOST)
        return LH_LAYOUT_BRIEF;
    return spans <= ROUGH_SPANS_MOST ? LH_LAYOUT_ROUGH : LH_LAYOUT_SPRING;
}

int lh_graph_layout(const struct lh_class_graph *graph, enum lh_layout *ret)
{
    struct ranking ranking;
    bool good = ranking_new(&ranking, graph);

    if (good) {
        index_edges(&ranking);
        for (size_t i = 0; i < graph->n_nodes; i++)
            if (graph->nodes[i].drawn && !ranking.entered[i])
                search_from(&ranking, (uint32_t)i);
        rank_nodes(&ranking);
        *ret = choose(graph, sum_of_spans(&ranking));
    }
    ranking_free(&ranking);
    return good ? 0 : -ENOMEM;
}
