/*
 * A drawn lock graph as the bytes of a picture, by graphviz's own libraries. One thread at a time,
 * as graphviz itself asks for.
 */
#ifndef LH_REPORTS_GRAPH_RENDER_H
#define LH_REPORTS_GRAPH_RENDER_H

#include <graphviz/cgraph.h>
#include <stddef.h>

#include "graph_layout.h"

struct lh_picture {
    char *bytes; /* malloced, with a NUL behind them */
    size_t size;
};

/* format: dot, svg, png, pdf. *ret_why gets one line for people when graphviz cannot do it. */
int lh_graph_render(Agraph_t *graph, enum lh_layout layout, const char *format,
                    struct lh_picture *ret, const char **ret_why);

#endif
