/*
 * The words in a picture of the lock graph: title, legend, labels and tooltips, escaped for
 * graphviz. Everything goes to a stream, usually one in memory. One thread at a time.
 */
#ifndef LH_REPORTS_GRAPH_TEXT_H
#define LH_REPORTS_GRAPH_TEXT_H

#include <stdio.h>

#include "class_graph.h"
#include "graph_select.h"
#include "report.h"

void lh_graph_title(FILE *out, const struct lh_report *report, const struct lh_class_graph *graph,
                    const struct lh_graph_options *options, const struct lh_selection *selection);
void lh_graph_program_label(FILE *out, const struct lh_program *program);
/* `numbers`: with the numbers of the findings, which edges of a big picture do not have. */
void lh_graph_node_label(FILE *out, const struct lh_class_node *node, bool numbers);
void lh_graph_node_tooltip(FILE *out, const struct lh_class_node *node);
void lh_graph_edge_label(FILE *out, const struct lh_class_edge *edge);
void lh_graph_edge_tooltip(FILE *out, const struct lh_class_graph *graph,
                           const struct lh_class_edge *edge);

#endif
