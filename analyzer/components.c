#include "components.h"

#include <errno.h>
#include <stdlib.h>

static int compare_arcs(const void *left, const void *right)
{
    const struct lh_arc *a = left, *b = right;

    if (a->from != b->from)
        return a->from < b->from ? -1 : 1;
    if (a->to != b->to)
        return a->to < b->to ? -1 : 1;
    if (a->dep != b->dep)
        return a->dep < b->dep ? -1 : 1;
    return (a->hold > b->hold) - (a->hold < b->hold);
}

void lh_arcs_sort(struct lh_arc *arcs, size_t n)
{
    if (n)
        qsort(arcs, n, sizeof(*arcs), compare_arcs);
}

/* first[x]..first[x + 1]: the arcs that leave x. NULL: out of memory. */
static size_t *first_arcs(const struct lh_arc *arcs, size_t n_arcs, uint32_t n_nodes)
{
    size_t *first = calloc((size_t)n_nodes + 2, sizeof(*first)), at = 0;

    if (!first)
        return NULL;
    for (uint32_t node = 0; node <= n_nodes; node++) {
        while (at < n_arcs && arcs[at].from < node)
            at++;
        first[node] = at;
    }
    return first;
}

struct tarjan {
    const struct lh_arc *arcs;
    size_t *first;          /* arcs that leave a node */
    size_t *next;           /* the arc to look at next */
    uint32_t *number, *low; /* number 0: not visited */
    uint32_t *path, *open;  /* nodes being visited; nodes not yet in a component */
    size_t n_path, n_open;
    uint32_t visited, components;
};

static void enter(struct tarjan *state, uint32_t node)
{
    state->number[node] = state->low[node] = ++state->visited;
    state->next[node] = state->first[node];
    state->path[state->n_path++] = node;
    state->open[state->n_open++] = node;
}

static void leave(struct tarjan *state, uint32_t node, uint32_t *component)
{
    state->n_path--;
    if (state->n_path) {
        uint32_t before = state->path[state->n_path - 1];
        if (state->low[before] > state->low[node])
            state->low[before] = state->low[node];
    }
    if (state->low[node] != state->number[node])
        return;
    while (state->n_open) {
        uint32_t member = state->open[--state->n_open];
        component[member] = state->components;
        if (member == node)
            break;
    }
    state->components++;
}

static void visit(struct tarjan *state, uint32_t root, uint32_t *component)
{
    enter(state, root);
    while (state->n_path) {
        uint32_t node = state->path[state->n_path - 1];

        if (state->next[node] == state->first[node + 1]) {
            leave(state, node, component);
            continue;
        }
        uint32_t to = state->arcs[state->next[node]++].to;
        if (!state->number[to])
            enter(state, to);
        else if (component[to] == UINT32_MAX && state->low[node] > state->number[to])
            state->low[node] = state->number[to];
    }
}

int lh_components(const struct lh_arc *arcs, size_t n_arcs, uint32_t n_nodes, uint32_t *ret)
{
    struct tarjan state = {.arcs = arcs};
    size_t n = n_nodes ? n_nodes : 1;
    int error = -ENOMEM;

    state.first = first_arcs(arcs, n_arcs, n_nodes);
    state.next = calloc(n, sizeof(*state.next));
    state.number = calloc(n, sizeof(*state.number));
    state.low = calloc(n, sizeof(*state.low));
    state.path = calloc(n, sizeof(*state.path));
    state.open = calloc(n, sizeof(*state.open));
    if (state.first && state.next && state.number && state.low && state.path && state.open) {
        for (uint32_t node = 0; node < n_nodes; node++)
            ret[node] = UINT32_MAX;
        for (uint32_t node = 0; node < n_nodes; node++)
            if (!state.number[node])
                visit(&state, node, ret);
        error = 0;
    }
    free(state.first);
    free(state.next);
    free(state.number);
    free(state.low);
    free(state.path);
    free(state.open);
    return error;
}

struct order {
    const struct lh_arc *arcs;
    size_t *first, *next;
    uint32_t *path;
    unsigned char *seen;
    uint32_t *nodes; /* filled from the end: reverse postorder */
    uint32_t at;
};

static void order_from(struct order *state, uint32_t root)
{
    size_t depth = 0;

    state->seen[root] = 1;
    state->next[root] = state->first[root];
    state->path[depth++] = root;
    while (depth) {
        uint32_t node = state->path[depth - 1];

        if (state->next[node] == state->first[node + 1]) {
            state->nodes[--state->at] = node;
            depth--;
            continue;
        }
        uint32_t to = state->arcs[state->next[node]++].to;
        if (state->seen[to])
            continue;
        state->seen[to] = 1;
        state->next[to] = state->first[to];
        state->path[depth++] = to;
    }
}

/* best[component]: the node with the fewest arriving arcs, UINT32_MAX: no arcs at all. */
static void find_roots(const struct lh_arc *arcs, size_t n_arcs, uint32_t n_nodes,
                       const uint32_t *component, uint32_t *arriving, uint32_t *best)
{
    for (uint32_t node = 0; node < n_nodes; node++)
        best[node] = UINT32_MAX;
    for (size_t i = 0; i < n_arcs; i++)
        arriving[arcs[i].to]++;
    for (uint32_t node = 0; node < n_nodes; node++) {
        uint32_t *root = &best[component[node]];
        if (arriving[node] && (*root == UINT32_MAX || arriving[node] < arriving[*root]))
            *root = node;
    }
}

int lh_components_order(const struct lh_arc *arcs, size_t n_arcs, uint32_t n_nodes,
                        const uint32_t *component, uint32_t *ret_order, uint32_t *ret_n)
{
    size_t n = n_nodes ? n_nodes : 1;
    struct order state = {.arcs = arcs, .nodes = ret_order, .at = n_nodes};
    uint32_t *arriving = calloc(n, sizeof(*arriving)), *best = calloc(n, sizeof(*best));
    int error = -ENOMEM;

    state.first = first_arcs(arcs, n_arcs, n_nodes);
    state.next = calloc(n, sizeof(*state.next));
    state.path = calloc(n, sizeof(*state.path));
    state.seen = calloc(n, sizeof(*state.seen));
    if (arriving && best && state.first && state.next && state.path && state.seen) {
        find_roots(arcs, n_arcs, n_nodes, component, arriving, best);
        for (uint32_t i = 0; i < n_nodes; i++)
            if (best[i] != UINT32_MAX)
                order_from(&state, best[i]);
        *ret_n = n_nodes - state.at;
        for (uint32_t i = 0; i < *ret_n; i++)
            ret_order[i] = ret_order[state.at + i];
        error = 0;
    }
    free(arriving);
    free(best);
    free(state.first);
    free(state.next);
    free(state.path);
    free(state.seen);
    return error;
}
