/*
 * From dependencies to the edges of the lock graph and the ways to take them (lock_graph.h).
 */
#ifndef LH_ANALYZER_WAYS_H
#define LH_ANALYZER_WAYS_H

#include "components.h"
#include "lock_graph.h"

/* Fill edges, ways and elements of the graph. Arcs are between nodes and sorted. -ENOMEM. */
int lh_ways_build(struct lh_lock_graph *graph, const struct lh_arc *arcs, size_t n);

/*
 * One way made from a dependency and one lock of its held set, outside of any graph. The arrays lie
 * in the pool. -ENOMEM.
 */
int lh_way_of_dep(const struct lh_process *process, uint32_t dep, uint32_t hold,
                  struct lh_pool *pool, struct lh_way *ret);

/* The same for who holds no lock of a cycle: it leads from LH_NO_LOCK. */
int lh_way_of_writer(const struct lh_process *process, uint32_t dep, struct lh_pool *pool,
                     struct lh_way *ret);

#endif
