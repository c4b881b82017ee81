/*
 * Strongly connected components of a graph given as sorted pairs, and an order of the nodes in
 * each. Without recursion: graphs may be as deep as they have nodes.
 */
#ifndef LH_ANALYZER_COMPONENTS_H
#define LH_ANALYZER_COMPONENTS_H

#include <stddef.h>
#include <stdint.h>

/* One dependency's edge: sorted by `from` where a function asks for it. */
struct lh_arc {
    uint32_t from, to;
    uint32_t dep, hold;
};

/* Sort by from, to, dep, hold. */
void lh_arcs_sort(struct lh_arc *arcs, size_t n);

/*
 * Number the component of each node, from 0, into ret (n_nodes places). Tarjan: "Depth-first search
 * and linear graph algorithms", SIAM J. Comput. 1972. Arcs are sorted. -ENOMEM.
 */
int lh_components(const struct lh_arc *arcs, size_t n_arcs, uint32_t n_nodes, uint32_t *ret);

/*
 * Reverse postorder of a depth-first search within each component, begun where fewest arcs arrive:
 * writes the nodes that have arcs into ret_order, those of a component side by side, and returns
 * their number in *ret_n. Arcs are sorted and all inside components. -ENOMEM.
 */
int lh_components_order(const struct lh_arc *arcs, size_t n_arcs, uint32_t n_nodes,
                        const uint32_t *component, uint32_t *ret_order, uint32_t *ret_n);

#endif
