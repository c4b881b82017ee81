/*
 * A selected lock graph as a graphviz graph: names, colours, labels. One thread at a time, as
 * graphviz itself asks for.
 */
#ifndef LH_REPORTS_GRAPH_DRAW_H
#define LH_REPORTS_GRAPH_DRAW_H

#include <graphviz/cgraph.h>

#include "class_graph.h"
#include "graph_layout.h"
#include "graph_select.h"
#include "report.h"

/* The caller closes it with agclose(). NULL: out of memory. */
Agraph_t *lh_graph_draw(const struct lh_report *report, const struct lh_class_graph *graph,
                        const struct lh_graph_options *options,
                        const struct lh_selection *selection, enum lh_layout layout);

#endif
