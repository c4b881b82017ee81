/*
 * Enumerates the cycles of one length through one node (or one edge) of the lock graph, depth
 * first. Distances back to the start prune it: a chain goes on only where it can still close in
 * time. The chain's filters prune it too, as soon as a link is added.
 */
#ifndef LH_ANALYZER_WALK_H
#define LH_ANALYZER_WALK_H

#include "chain.h"

#define LH_NO_EDGE UINT32_MAX

struct lh_walk;

enum lh_walk_end {
    LH_WALK_DONE,    /* all found; there are no longer ones either */
    LH_WALK_DEEPER,  /* all of this length found; longer ones may be there */
    LH_WALK_STOPPED, /* the callback wanted no more */
    LH_WALK_CUT,     /* the chain's max_steps were used up */
};

struct lh_walk_range {
    uint32_t start;      /* node */
    uint32_t floor;      /* nodes below it are left out */
    uint32_t first_edge; /* the cycle begins with it; LH_NO_EDGE: with any edge of the start */
    uint32_t length;     /* links, at least 2 */
    bool any_way; /* one way an edge is enough: cycles of the graph, whatever the filters say */
};

/* A cycle: all the chain's links. false: stop. */
typedef bool (*lh_walk_found)(void *data, struct lh_chain *chain);

/* NULL: out of memory. `length`: the longest cycle that will be asked for. */
struct lh_walk *lh_walk_new(const struct lh_lock_graph *graph, uint32_t length);
void lh_walk_free(struct lh_walk *walk);

enum lh_walk_end lh_walk_cycles(struct lh_walk *walk, const struct lh_walk_range *range,
                                struct lh_chain *chain, lh_walk_found found, void *data);

/* Length of the shortest cycle of the graph through an edge, 0: longer than `limit`, or cut. */
uint32_t lh_walk_shortest(struct lh_walk *walk, uint32_t edge, uint32_t limit,
                          struct lh_chain *chain);

#endif
