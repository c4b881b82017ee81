/* The lock graph in the HTML report: the picture, and for the script what each part of it is. */
#include "html_parts.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "class_graph.h"
#include "escape.h"
#include "graph_draw.h"
#include "graph_layout.h"
#include "graph_render.h"
#include "graph_select.h"
#include "words.h"

/* What one can follow on a screen, and a browser moves without delay. */
static const struct lh_graph_bounds bounds = {.nodes = 100, .edges = 180};
/* What is not drawn can be found by its name still, and walked through: so many edges of it. */
#define OTHERS_MOST 6000

static const struct lh_graph_options options = {.near_findings = 40, .in_page = true};

static void put_caption(const struct lh_html *html, const struct lh_selection *selection)
{
    size_t classes = selection->nodes_all;

    fprintf(html->out, "<p class=\"about\">%zu lock class%s, %zu edge%s.", classes,
            classes == 1 ? "" : "es", selection->edges_all, selection->edges_all == 1 ? "" : "s");
    if (selection->nodes < classes || selection->edges < selection->edges_all)
        fprintf(html->out,
                " <b>Drawn are %zu classes and %zu edges</b>: %s. The others are found by their "
                "names, with what is taken before and after them; <code>lockhound graph --around "
                "LOCK</code> draws them, a .dot file has all.",
                selection->nodes, selection->edges,
                selection->reduced ? "those of findings first, then the busiest"
                : selection->edges < selection->edges_all
                    ? "those in the cycles of findings, and their neighbours"
                    : "those that were held together with another");
    fputs("</p>\n", html->out);
}

/* Only what the picture has is explained. */
static void put_legend(FILE *out, const struct lh_class_graph *graph)
{
    bool any = false, cycle = false, tried = false, shared = false, filtered = false;

    for (size_t i = 0; i < graph->n_edges; i++) {
        const struct lh_class_edge *edge = &graph->edges[i];
        if (!edge->drawn)
            continue;
        any = true;
        cycle |= edge->findings.first > 0;
        tried |= edge->only_try;
        shared |= edge->only_shared && !edge->only_try;
        filtered |= edge->findings.first == 0 && edge->filter != LH_FILTER_NONE;
    }
    if (!any)
        return;
    fputs(
        "<ul class=\"legend\">\n<li>A \xe2\x86\x92 B: B was wanted while A was held; \xc3\x97 how "
        "often</li>\n",
        out);
    if (cycle)
        fputs("<li class=\"in-cycle\">thick: in a cycle, # its finding</li>\n", out);
    if (tried)
        fputs("<li>dashed: by trylock only</li>\n", out);
    if (shared)
        fputs("<li>dotted: for reading only</li>\n", out);
    if (filtered)
        fputs("<li>thin: in a cycle that cannot deadlock, and why</li>\n", out);
    fputs("</ul>\n", out);
}

/* Without what stands before the element itself in a file of its own. */
static void put_picture(FILE *out, const struct lh_picture *picture)
{
    const char *start = strstr(picture->bytes, "<svg");

    fputs("<div class=\"canvas\" id=\"canvas\" tabindex=\"0\" role=\"region\" "
          "aria-label=\"Picture of the lock graph\">\n",
          out);
    if (start != NULL)
        fputs(start, out);
    fputs("</div>\n", out);
}

/* "c5":[name, kind, locks, acquisitions, contended, first finding, findings] */
static void put_nodes(const struct lh_class_graph *graph, FILE *data)
{
    const char *separator = "";

    for (size_t i = 0; i < graph->n_nodes; i++) {
        const struct lh_class_node *node = &graph->nodes[i];
        if (!node->drawn)
            continue;
        fprintf(data, "%s\"c%zu\":[", separator, i);
        lh_put_script_text(data, node->class->name != NULL ? node->class->name : "(unnamed)",
                           SIZE_MAX);
        fprintf(data, ",\"%s\",%" PRIu64 ",%" PRIu64 ",%" PRIu64 ",%zu,%zu]",
                lh_lock_kind_name(node->class->kind), node->locks, node->acquisitions,
                node->contended, node->findings.first, node->findings.count);
        separator = ",\n";
    }
}

static void put_sites(const struct lh_html *html, const struct lh_class_edge *edge, FILE *data)
{
    putc('[', data);
    for (size_t i = 0; i < edge->n_sites; i++) {
        const struct lh_edge_site *site = &edge->sites[i];
        fputs(i > 0 ? ",[" : "[", data);
        lh_html_put_number(data, lh_html_frame(html->tables, site->process, site->held));
        putc(',', data);
        lh_html_put_number(data, lh_html_frame(html->tables, site->process, site->wanted));
        putc(']', data);
    }
    fprintf(data, "],%zu", edge->more_sites);
}

/* "e7":[from, to, how often, how, filter, first finding, findings, sites, further sites] */
static void put_edges(const struct lh_html *html, const struct lh_class_graph *graph, FILE *data)
{
    const char *separator = "";

    for (size_t i = 0; i < graph->n_edges; i++) {
        const struct lh_class_edge *edge = &graph->edges[i];
        bool filtered = edge->findings.first == 0 && edge->filter != LH_FILTER_NONE;
        if (!edge->drawn)
            continue;
        fprintf(data,
                "%s\"e%zu\":[\"c%" PRIu32 "\",\"c%" PRIu32 "\",%" PRIu64 ",\"%s\",\"%s\",%zu,%zu,",
                separator, i, edge->from, edge->to, edge->count,
                edge->only_try      ? "by trylock only"
                : edge->only_shared ? "for reading only"
                                    : "",
                filtered ? lh_filter_name(edge->filter) : "", edge->findings.first,
                edge->findings.count);
        put_sites(html, edge, data);
        putc(']', data);
        separator = ",\n";
    }
}

/*
 * Edges that are not drawn, in short: [from, to, how often, held in, wanted in, further places] of
 * one place. Their classes are in the table of locks.
 */
static void put_others(const struct lh_html *html, const struct lh_class_graph *graph, FILE *data)
{
    size_t n = 0;

    for (size_t i = 0; i < graph->n_edges && n < OTHERS_MOST; i++) {
        const struct lh_class_edge *edge = &graph->edges[i];
        const struct lh_edge_site *site = &edge->sites[0];
        if (edge->drawn || edge->n_sites == 0)
            continue;
        fprintf(data, "%s[%" PRIu32 ",%" PRIu32 ",%" PRIu64 ",", n++ > 0 ? "," : "", edge->from,
                edge->to, edge->count);
        lh_html_put_number(data, lh_html_frame(html->tables, site->process, site->held));
        putc(',', data);
        lh_html_put_number(data, lh_html_frame(html->tables, site->process, site->wanted));
        fprintf(data, ",%zu]", edge->more_sites + edge->n_sites - 1);
    }
}

static int draw(const struct lh_html *html, struct lh_class_graph *graph,
                struct lh_selection *selection, struct lh_picture *ret)
{
    enum lh_layout layout;
    const char *why = NULL;
    int result = lh_graph_select(graph, &options, &bounds, selection);

    if (result == 0)
        result = lh_graph_layout(graph, &layout);
    if (result != 0)
        return result;
    Agraph_t *drawn = lh_graph_draw(html->report, graph, &options, selection, layout);
    if (drawn == NULL)
        return -ENOMEM;
    result = lh_graph_render(drawn, layout, "svg", ret, &why);
    agclose(drawn);
    return result;
}

static void put_graph(const struct lh_html *html, const struct lh_class_graph *graph,
                      const struct lh_selection *selection, const struct lh_picture *picture,
                      FILE *data)
{
    put_caption(html, selection);
    put_legend(html->out, graph);
    fputs("<div class=\"graph\">\n", html->out);
    put_picture(html->out, picture);
    fputs("<aside id=\"graph-detail\" aria-live=\"polite\" aria-label=\"What is selected in the "
          "graph\"></aside>\n</div>\n",
          html->out);
    put_nodes(graph, data);
    fputs("},\n\"edges\":{", data);
    put_edges(html, graph, data);
    fputs("},\n\"others\":[", data);
    put_others(html, graph, data);
}

int lh_html_graph(const struct lh_html *html, FILE *data)
{
    struct lh_class_graph graph = {0};
    struct lh_selection selection = {0};
    struct lh_picture picture = {NULL, 0};
    int result = lh_class_graph_build(html->report->model, lh_html_programs(html->tables),
                                      html->report->findings, &graph);

    if (result == 0)
        result = draw(html, &graph, &selection, &picture);
    fputs("<section id=\"graph\" aria-labelledby=\"graph-title\">\n"
          "<h2 id=\"graph-title\">Lock graph</h2>\n",
          html->out);
    fputs("\"nodes\":{", data);
    if (result == 0 && selection.nodes > 0)
        put_graph(html, &graph, &selection, &picture, data);
    else
        fprintf(html->out, "<p class=\"none\">%s</p>\n",
                result == 0 ? "No lock was used." : "The picture could not be drawn by graphviz.");
    fputs(result == 0 && selection.nodes > 0 ? "],\n" : "},\n\"edges\":{},\n\"others\":[],\n",
          data);
    fputs("</section>\n", html->out);
    free(picture.bytes);
    lh_class_graph_free(&graph);
    return result == -ENOTSUP ? 0 : result; /* the rest of the page is good without it */
}
