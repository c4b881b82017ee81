/*
 * How much effort the layout of a selected lock graph is worth: dot's work grows with the ranks
 * that edges pass through, and a picture must come in seconds. One thread at a time.
 */
#ifndef LH_REPORTS_GRAPH_LAYOUT_H
#define LH_REPORTS_GRAPH_LAYOUT_H

#include "class_graph.h"

enum lh_layout {
    LH_LAYOUT_FULL,   /* labels at the edges, all the rounds that dot wants */
    LH_LAYOUT_BRIEF,  /* no labels; parts that hang apart are packed */
    LH_LAYOUT_ROUGH,  /* straight edges, few rounds */
    LH_LAYOUT_SPRING, /* sfdp, which has no ranks: for long chains with many shortcuts */
};

/* -ENOMEM */
int lh_graph_layout(const struct lh_class_graph *graph, enum lh_layout *ret);

#endif
