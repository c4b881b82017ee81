#include "graph_draw.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>

#include "graph_text.h"

#define FONT "Helvetica,Arial,sans-serif"

struct drawing {
    const struct lh_class_graph *graph;
    bool brief; /* edges have no labels; tooltips tell all */
    bool in_page;
    Agraph_t *root;
    Agraph_t **clusters; /* by program; NULL when there is but one */
    Agnode_t **nodes;    /* by node of the class graph */
};

static void set(void *object, const char *name, const char *value)
{
    agsafeset(object, (char *)name, (char *)value, (char *)"");
}

static void set_width(Agedge_t *edge, double width)
{
    char value[32];

    snprintf(value, sizeof value, "%.1f", width < 3 ? width : 3);
    set(edge, "penwidth", value);
}

/* A value that is written to a stream first; graphviz copies it. */
struct value {
    FILE *stream;
    char *text;
    size_t size;
};

static bool value_begin(struct value *value)
{
    *value = (struct value){0};
    value->stream = open_memstream(&value->text, &value->size);
    return value->stream != NULL;
}

static void value_set(struct value *value, void *object, const char *name)
{
    if (fclose(value->stream) == 0)
        set(object, name, value->text);
    free(value->text);
}

static void set_defaults(Agraph_t *root)
{
    static const struct {
        int kind;
        const char *name, *value;
    } defaults[] = {
        {AGRAPH, "bgcolor", "#ffffff"},
        {AGRAPH, "fontname", FONT},
        {AGRAPH, "fontsize", "13"},
        {AGRAPH, "fontcolor", "#333333"},
        {AGRAPH, "label", ""},
        {AGRAPH, "labelloc", "t"},
        {AGRAPH, "labeljust", "l"},
        {AGRAPH, "pad", "0.25"},
        {AGRAPH, "nodesep", "0.5"},
        {AGRAPH, "ranksep", "0.7"},
        {AGRAPH, "outputorder", "edgesfirst"},
        {AGNODE, "shape", "box"},
        {AGNODE, "style", "rounded,filled"},
        {AGNODE, "fillcolor", "#eef3fa"},
        {AGNODE, "color", "#6f8fb5"},
        {AGNODE, "penwidth", "1"},
        {AGNODE, "fontname", FONT},
        {AGNODE, "fontsize", "12"},
        {AGNODE, "fontcolor", "#1f2d3d"},
        {AGNODE, "margin", "0.16,0.08"},
        {AGEDGE, "color", "#5b6b7d"},
        {AGEDGE, "fontname", FONT},
        {AGEDGE, "fontsize", "10"},
        {AGEDGE, "fontcolor", "#5b6b7d"},
        {AGEDGE, "arrowsize", "0.8"},
        {AGEDGE, "penwidth", "1"},
        {AGEDGE, "style", "solid"},
    };

    for (size_t i = 0; i < sizeof defaults / sizeof *defaults; i++)
        agattr(root, defaults[i].kind, (char *)defaults[i].name, (char *)defaults[i].value);
}

/* For LH_LAYOUT_BRIEF and beyond: bounds on the network simplex and on the rounds against
 * crossings. */
static void set_limits(Agraph_t *root, enum lh_layout layout)
{
    bool rough = layout != LH_LAYOUT_BRIEF;

    set(root, "nodesep", "0.3");
    set(root, "ranksep", "0.6");
    set(root, "fontsize", "26"); /* of the title: the picture is looked at from afar */
    set(root, "pack", "24");     /* parts that hang apart fill a page, not one long row */
    set(root, "packmode", "graph");
    set(root, "nslimit", rough ? "1" : "4");
    set(root, "nslimit1", rough ? "1" : "4");
    set(root, "mclimit", rough ? "0.1" : "0.5");
    if (rough)
        set(root, "splines", "line");
    if (layout == LH_LAYOUT_SPRING)
        set(root, "overlap", "prism"); /* push nodes apart until none covers another */
}

static Agraph_t *new_cluster(const struct drawing *drawing, const struct lh_class_node *node)
{
    char name[32];
    struct value label;

    snprintf(name, sizeof name, "cluster_%zu", node->program);
    Agraph_t *cluster = agsubg(drawing->root, name, 1);
    if (cluster == NULL || !value_begin(&label))
        return NULL;
    set(cluster, "style", "rounded");
    set(cluster, "fontsize", "12");
    set(cluster, "color", "#c4ccd6");
    lh_graph_program_label(label.stream, lh_programs_at(drawing->graph->programs, node->program));
    value_set(&label, cluster, "label");
    return cluster;
}

/* Made with its first node: an empty one would be drawn badly. NULL: out of memory. */
static Agraph_t *cluster_of(const struct drawing *drawing, const struct lh_class_node *node)
{
    if (drawing->clusters == NULL)
        return drawing->root;
    Agraph_t **cluster = &drawing->clusters[node->program];
    if (*cluster == NULL)
        *cluster = new_cluster(drawing, node);
    return *cluster;
}

static bool put_node_tooltip(const struct lh_class_node *node, Agnode_t *drawn)
{
    struct value tooltip;

    if (!value_begin(&tooltip))
        return false;
    lh_graph_node_tooltip(tooltip.stream, node);
    value_set(&tooltip, drawn, "tooltip");
    return true;
}

static bool draw_node(struct drawing *drawing, size_t index)
{
    const struct lh_class_node *node = &drawing->graph->nodes[index];
    struct value label;
    char name[32];

    snprintf(name, sizeof name, "c%zu", index);
    Agraph_t *cluster = cluster_of(drawing, node);
    Agnode_t *drawn = cluster != NULL ? agnode(cluster, name, 1) : NULL;
    drawing->nodes[index] = drawn;
    if (drawn == NULL || !value_begin(&label))
        return false;
    lh_graph_node_label(label.stream, node, drawing->brief);
    value_set(&label, drawn, "label");
    if (drawing->in_page) {
        set(drawn, "id", name);
        set(drawn, "class", node->findings.first > 0 ? "in-cycle" : "");
    } else if (!put_node_tooltip(node, drawn)) {
        return false;
    }
    if (node->findings.first > 0) {
        set(drawn, "color", "#c62828");
        set(drawn, "fillcolor", "#fdeeec");
        set(drawn, "penwidth", "2");
    }
    return true;
}

static void style_edge(Agedge_t *drawn, const struct lh_class_edge *edge)
{
    char count[24];
    double width = 0.9 + 0.3 * log10((double)edge->count + 1);

    snprintf(count, sizeof count, "%" PRIu64, edge->count);
    set(drawn, "count", count); /* for programs that read the .dot file */
    if (edge->only_try)
        set(drawn, "style", "dashed");
    else if (edge->only_shared)
        set(drawn, "style", "dotted");
    if (edge->findings.first > 0) {
        set(drawn, "color", "#c62828");
        set(drawn, "fontcolor", "#c62828");
        set_width(drawn, width > 2 ? width : 2);
    } else if (edge->filter != LH_FILTER_NONE) {
        set_width(drawn, 0.6);
    } else {
        if (edge->only_shared)
            set(drawn, "color", "#98a4b3");
        set_width(drawn, width);
    }
}

static bool put_edge_tooltip(const struct lh_class_graph *graph, const struct lh_class_edge *edge,
                             Agedge_t *drawn)
{
    struct value tooltip;

    if (!value_begin(&tooltip))
        return false;
    lh_graph_edge_tooltip(tooltip.stream, graph, edge);
    value_set(&tooltip, drawn, "edgetooltip");
    return true;
}

/* "e" and the place of the edge in the class graph. */
static void name_edge(const struct lh_class_graph *graph, const struct lh_class_edge *edge,
                      Agedge_t *drawn)
{
    char name[32];

    snprintf(name, sizeof name, "e%zu", (size_t)(edge - graph->edges));
    set(drawn, "id", name);
    if (edge->findings.first > 0)
        set(drawn, "class", "in-cycle");
    else if (edge->filter != LH_FILTER_NONE)
        set(drawn, "class", "filtered");
}

static bool draw_edge(struct drawing *drawing, const struct lh_class_edge *edge)
{
    Agnode_t *from = drawing->nodes[edge->from], *to = drawing->nodes[edge->to];
    Agedge_t *drawn = agedge(drawing->root, from, to, NULL, 1);
    struct value label;

    if (drawn == NULL)
        return false;
    if (drawing->in_page)
        name_edge(drawing->graph, edge, drawn);
    else if (!put_edge_tooltip(drawing->graph, edge, drawn))
        return false;
    style_edge(drawn, edge);
    if (drawing->brief)
        return true;
    if (!value_begin(&label))
        return false;
    lh_graph_edge_label(label.stream, edge);
    value_set(&label, drawn, "label");
    return true;
}

/* What belongs to a finding is drawn last, hence on top. */
static bool draw_all(struct drawing *drawing)
{
    const struct lh_class_graph *graph = drawing->graph;

    for (int pass = 0; pass < 2; pass++)
        for (size_t i = 0; i < graph->n_nodes; i++)
            if (graph->nodes[i].drawn && (graph->nodes[i].findings.first > 0) == (pass == 1) &&
                !draw_node(drawing, i))
                return false;
    for (int pass = 0; pass < 2; pass++)
        for (size_t i = 0; i < graph->n_edges; i++)
            if (graph->edges[i].drawn && (graph->edges[i].findings.first > 0) == (pass == 1) &&
                !draw_edge(drawing, &graph->edges[i]))
                return false;
    return true;
}

static bool put_title(const struct drawing *drawing, const struct lh_report *report,
                      const struct lh_graph_options *options, const struct lh_selection *selection)
{
    struct value title;

    if (!value_begin(&title))
        return false;
    lh_graph_title(title.stream, report, drawing->graph, options, selection);
    value_set(&title, drawing->root, "label");
    return true;
}

Agraph_t *lh_graph_draw(const struct lh_report *report, const struct lh_class_graph *graph,
                        const struct lh_graph_options *options,
                        const struct lh_selection *selection, enum lh_layout layout)
{
    struct drawing drawing = {
        .graph = graph,
        .brief = layout != LH_LAYOUT_FULL,
        .in_page = options->in_page,
        .root = agopen((char *)"locks", Agdirected, NULL),
        .nodes = calloc(graph->n_nodes + 1, sizeof(Agnode_t *)),
    };
    size_t programs = lh_programs_count(graph->programs);
    bool good = drawing.root != NULL && drawing.nodes != NULL;

    if (good && programs > 1) {
        drawing.clusters = calloc(programs, sizeof(Agraph_t *));
        good = drawing.clusters != NULL;
    }

    if (good) {
        set_defaults(drawing.root);
        if (drawing.brief)
            set_limits(drawing.root, layout);
        good = options->in_page || put_title(&drawing, report, options, selection);
    }
    good = good && draw_all(&drawing);
    if (!good && drawing.root != NULL) {
        agclose(drawing.root);
        drawing.root = NULL;
    }
    free(drawing.nodes);
    free(drawing.clusters);
    return drawing.root;
}
