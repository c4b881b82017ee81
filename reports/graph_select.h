/*
 * What of the lock graph is drawn: what was asked for, and no more than can be laid out and read.
 */
#ifndef LH_REPORTS_GRAPH_SELECT_H
#define LH_REPORTS_GRAPH_SELECT_H

#include <stdbool.h>
#include <stddef.h>

#include "class_graph.h"
#include "report.h"

/* No more is drawn; of edges fewer between few nodes: see graph_select.c. */
struct lh_graph_bounds {
    size_t nodes, edges;
};

/* What can be laid out in seconds, and read. */
extern const struct lh_graph_bounds lh_graph_readable;

struct lh_selection {
    size_t nodes_all, edges_all;     /* of the program */
    size_t nodes, edges;             /* drawn */
    size_t nodes_asked, edges_asked; /* drawn, were there no bound */
    bool reduced;                    /* the bound left something out */
};

/*
 * Set `drawn` of nodes and edges. `bounds`, unless NULL, are kept to: the edges of findings first,
 * then the busiest. -ENOENT: options->around matches no class; -ENOMEM.
 */
int lh_graph_select(struct lh_class_graph *graph, const struct lh_graph_options *options,
                    const struct lh_graph_bounds *bounds, struct lh_selection *ret);

#endif
