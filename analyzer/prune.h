/*
 * Takes ways out of a lock graph that no cycle can use: those without a way before or after them
 * that the filters allow beside them, and those that then lie in no cycle any more.
 */
#ifndef LH_ANALYZER_PRUNE_H
#define LH_ANALYZER_PRUNE_H

#include "chain.h"

/*
 * Mark ways as dead. Stops when the chain's steps reach `end`; less is pruned then. The chain, made
 * for this graph, is empty before and after. -ENOMEM.
 */
int lh_prune(struct lh_lock_graph *graph, struct lh_chain *chain, uint64_t end);

/* Take one way out. */
void lh_prune_way(struct lh_lock_graph *graph, struct lh_way *way);

#endif
