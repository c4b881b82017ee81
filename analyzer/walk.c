#include "walk.h"

#include <stdlib.h>

struct frame {
    uint32_t node;
    uint32_t edge, edge_end; /* the edge being tried */
    uint32_t way;            /* the way of it to try next */
};

struct lh_walk {
    const struct lh_lock_graph *graph;
    uint32_t *distance; /* links from a node back to the start */
    uint32_t *mark;     /* the search that set distance */
    uint32_t search;
    uint32_t *queue;
    bool *on_path;
    struct frame *frames;
    bool deeper;
};

struct lh_walk *lh_walk_new(const struct lh_lock_graph *graph, uint32_t length)
{
    struct lh_walk *walk = calloc(1, sizeof(*walk));
    size_t n = graph->n_nodes + 1;

    if (!walk)
        return NULL;
    walk->graph = graph;
    walk->distance = calloc(n, sizeof(*walk->distance));
    walk->mark = calloc(n, sizeof(*walk->mark));
    walk->queue = calloc(n, sizeof(*walk->queue));
    walk->on_path = calloc(n, sizeof(*walk->on_path));
    walk->frames = calloc((size_t)length + 1, sizeof(*walk->frames));
    if (!walk->distance || !walk->mark || !walk->queue || !walk->on_path || !walk->frames) {
        lh_walk_free(walk);
        return NULL;
    }
    return walk;
}

void lh_walk_free(struct lh_walk *walk)
{
    if (!walk)
        return;
    free(walk->distance);
    free(walk->mark);
    free(walk->queue);
    free(walk->on_path);
    free(walk->frames);
    free(walk);
}

static bool spend(struct lh_chain *chain)
{
    if (++chain->steps <= chain->max_steps)
        return true;
    chain->cut = true;
    return false;
}

static bool is_near(const struct lh_walk *walk, uint32_t node)
{
    return walk->mark[node] == walk->search;
}

/*
 * Breadth first against the edges, from the start back to `wanted` (or everywhere when that is the
 * start itself), `depth` links far. Sets walk->deeper if nodes lie further away.
 */
static void measure(struct lh_walk *walk, const struct lh_walk_range *range, uint32_t depth,
                    uint32_t wanted, struct lh_chain *chain)
{
    const struct lh_lock_graph *graph = walk->graph;
    const struct lh_component *all = &graph->components[graph->nodes[range->start].component];
    uint32_t begin = all->begin > range->floor ? all->begin : range->floor;
    uint32_t head = 0, tail = 0;

    walk->search++;
    walk->mark[range->start] = walk->search;
    walk->distance[range->start] = 0;
    walk->queue[tail++] = range->start;
    while (head < tail && tail < all->end - begin) {
        const uint32_t node = walk->queue[head++];
        const struct lh_node *at = &graph->nodes[node];

        if (walk->distance[node] == depth) {
            walk->deeper = true;
            return;
        }
        for (uint32_t i = 0; i < at->n_in; i++) {
            const struct lh_edge *edge = &graph->edges[graph->incoming[at->first_in + i]];
            uint32_t from = edge->from;
            if (!spend(chain))
                return;
            if (from < range->floor || !edge->n_alive || is_near(walk, from))
                continue;
            walk->mark[from] = walk->search;
            walk->distance[from] = walk->distance[node] + 1;
            walk->queue[tail++] = from;
            if (from == wanted)
                return;
        }
    }
}

uint32_t lh_walk_shortest(struct lh_walk *walk, uint32_t edge, uint32_t limit,
                          struct lh_chain *chain)
{
    const struct lh_edge *first = &walk->graph->edges[edge];
    struct lh_walk_range range = {.start = first->from};

    measure(walk, &range, limit ? limit - 1 : 0, first->to, chain);
    return is_near(walk, first->to) ? walk->distance[first->to] + 1 : 0;
}

static void open_frame(struct lh_walk *walk, size_t depth, uint32_t node, uint32_t edge)
{
    const struct lh_node *at = &walk->graph->nodes[node];
    struct frame *frame = &walk->frames[depth];

    walk->on_path[node] = true;
    frame->node = node;
    frame->edge = edge == LH_NO_EDGE ? at->first_out : edge;
    frame->edge_end = edge == LH_NO_EDGE ? at->first_out + at->n_out : edge + 1;
    frame->way = walk->graph->edges[frame->edge].first_way;
}

/* May the chain, now `depth` links long, go on over this edge and still close at the length asked
 * for? */
static bool leads_home(struct lh_walk *walk, const struct lh_walk_range *range, size_t depth,
                       uint32_t to)
{
    uint32_t left = range->length - (uint32_t)depth - 1;

    if (to == range->start)
        return left == 0;
    if (to < range->floor || walk->on_path[to])
        return false;
    if (!is_near(walk, to))
        return false;
    if (walk->distance[to] <= left)
        return true;
    walk->deeper = true;
    return false;
}

/* Push the frame's next way that the filters allow. false: no more in this frame. */
static bool advance(struct lh_walk *walk, const struct lh_walk_range *range, size_t depth,
                    struct lh_chain *chain)
{
    struct frame *frame = &walk->frames[depth];
    const struct lh_lock_graph *graph = walk->graph;

    for (; frame->edge < frame->edge_end && !chain->cut; frame->edge++) {
        const struct lh_edge *edge = &graph->edges[frame->edge];
        uint32_t end = edge->first_way + (range->any_way ? 1 : edge->n_ways);

        if (frame->way < edge->first_way)
            frame->way = edge->first_way;
        if (!spend(chain) || !edge->n_alive || !leads_home(walk, range, depth, edge->to))
            continue;
        while (frame->way < end && !chain->cut) {
            const struct lh_way *way = &graph->ways[frame->way++];
            if (!way->dead && lh_chain_push(chain, way))
                return true;
        }
    }
    return false;
}

static void close_frame(struct lh_walk *walk, size_t depth, struct lh_chain *chain)
{
    walk->on_path[walk->frames[depth].node] = false;
    if (depth)
        lh_chain_pop(chain);
}

/* false: the callback wanted no more. */
static bool descend(struct lh_walk *walk, const struct lh_walk_range *range, struct lh_chain *chain,
                    lh_walk_found found, void *data)
{
    size_t depth = 0;
    bool go_on = true;

    open_frame(walk, 0, range->start, range->first_edge);
    for (;;) {
        if (!go_on || !advance(walk, range, depth, chain)) {
            close_frame(walk, depth, chain);
            if (depth-- == 0)
                return go_on;
            continue;
        }
        uint32_t to = walk->graph->edges[walk->frames[depth].edge].to;
        if (to == range->start) {
            go_on = found(data, chain);
            lh_chain_pop(chain);
        } else {
            open_frame(walk, ++depth, to, LH_NO_EDGE);
        }
    }
}

enum lh_walk_end lh_walk_cycles(struct lh_walk *walk, const struct lh_walk_range *range,
                                struct lh_chain *chain, lh_walk_found found, void *data)
{
    bool go_on;

    walk->deeper = false;
    measure(walk, range, range->length - 1, range->start, chain);
    go_on = chain->cut || descend(walk, range, chain, found, data);
    if (!go_on)
        return LH_WALK_STOPPED;
    if (chain->cut)
        return LH_WALK_CUT;
    return walk->deeper ? LH_WALK_DEEPER : LH_WALK_DONE;
}
