/*
 * Which of graphviz's layout programs suits a selected lock graph. One thread at a time.
 */
#ifndef LH_REPORTS_GRAPH_LAYOUT_H
#define LH_REPORTS_GRAPH_LAYOUT_H

#include "class_graph.h"

/*
 * "dot" puts what is taken first on top, and its work grows with the ranks that edges pass through.
 * Where those are too many (long chains with many shortcuts) it is "sfdp", which has no ranks.
 * NULL: out of memory.
 */
const char *lh_graph_layout(const struct lh_class_graph *graph);

#endif
