#include "graph_text.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "escape.h"
#include "site.h"
#include "stack_text.h"
#include "words.h"

#define NAME_MOST    60  /* characters of a name in a label */
#define TOOLTIP_MOST 400 /* and in a tooltip */

static const char *class_name(const struct lh_class_node *node)
{
    const char *name = node->class->name;

    return name != NULL && name[0] != '\0' ? name : "(unnamed)";
}

static const char *program_name(const struct lh_report *report)
{
    const struct lh_model *model = report->model;

    if (report->run.argv != NULL && report->run.argc > 0)
        return report->run.argv[0];
    if (model->n_processes > 0 && model->processes[0]->argc > 0)
        return model->processes[0]->argv[0];
    return "the program";
}

static const char *plural(size_t count)
{
    return count == 1 ? "" : "s";
}

static size_t count_cycles(const struct lh_findings *findings)
{
    const struct lh_held *held;
    size_t count = 0;

    for (size_t i = 0; i < findings->n_items; i++)
        for (size_t k = 0; k < findings->items[i].n_participants; k++)
            if (lh_cycle_edge(&findings->items[i].participants[k], &held)) {
                count++;
                break;
            }
    return count;
}

static void put_left_out(FILE *out, const struct lh_selection *selection)
{
    if (!selection->reduced)
        return;
    fprintf(out,
            "Too big to draw: shown are %zu of %zu classes and %zu of %zu edges, those of findings "
            "first, then the busiest.\\l"
            "The rest: --around LOCK, --cycles-only, or a .dot file, which holds all of it.\\l",
            selection->nodes, selection->nodes_asked, selection->edges, selection->edges_asked);
}

static void put_chosen(FILE *out, const struct lh_graph_options *options,
                       const struct lh_selection *selection)
{
    if (options->around != NULL) {
        fputs("Shown: what is next to \"", out);
        lh_put_label(out, options->around, NAME_MOST);
        fputs("\" in the lock graph.\\l", out);
    }
    if (options->cycles_only)
        fputs(selection->nodes > 0 ? "Shown: classes in the cycles of findings.\\l"
                                   : "No finding has a cycle: nothing to show.\\l",
              out);
}

/* Only what the picture has is explained. */
static void put_legend(FILE *out, const struct lh_class_graph *graph)
{
    bool any = false, red = false, dashed = false, dotted = false, thin = false;

    for (size_t i = 0; i < graph->n_edges; i++) {
        const struct lh_class_edge *edge = &graph->edges[i];
        if (!edge->drawn)
            continue;
        any = true;
        red |= edge->findings.first > 0;
        dashed |= edge->only_try;
        dotted |= edge->only_shared && !edge->only_try;
        thin |= edge->findings.first == 0 && edge->filter != LH_FILTER_NONE;
    }
    if (any)
        fputs("A \xe2\x86\x92 B: B was wanted while A was held; \xc3\x97 how often.", out);
    if (red)
        fputs("  Red: in a cycle, # its finding.", out);
    if (dashed)
        fputs("  Dashed: by trylock only.", out);
    if (dotted)
        fputs("  Dotted: for reading only.", out);
    if (thin)
        fputs("  Thin: in a cycle that cannot deadlock, and why.", out);
    if (any)
        fputs("\\l", out);
    fputs(" \\l", out);
}

void lh_graph_title(FILE *out, const struct lh_report *report, const struct lh_class_graph *graph,
                    const struct lh_graph_options *options, const struct lh_selection *selection)
{
    size_t cycles = count_cycles(report->findings);

    fputs("Lock graph of ", out);
    lh_put_label(out, lh_site_basename(program_name(report)), NAME_MOST);
    fprintf(out, ": %zu lock class%s, %zu edge%s, %zu cycle%s\\l", selection->nodes_asked,
            selection->nodes_asked == 1 ? "" : "es", selection->edges_asked,
            plural(selection->edges_asked), cycles, plural(cycles));
    put_chosen(out, options, selection);
    put_left_out(out, selection);
    put_legend(out, graph);
}

void lh_graph_program_label(FILE *out, const struct lh_program *program)
{
    const struct lh_process *first = program->first;

    if (first->argc > 0)
        lh_put_label(out, first->argv[0], NAME_MOST);
    if (program->n_processes > 1)
        fprintf(out, " [%zu processes]", program->n_processes);
    else
        fprintf(out, " [pid %" PRIu32 "]", first->pid);
}

/* "accounts[].lock (bank.c:31)" in two lines, so that nodes stay narrow. */
static void put_name(FILE *out, const char *name)
{
    const char *place = strrchr(name, '(');
    size_t length = strlen(name);

    if (place == NULL || place < name + 2 || place[-1] != ' ' || name[length - 1] != ')') {
        lh_put_label(out, name, NAME_MOST);
        return;
    }
    char *start = strndup(name, (size_t)(place - 1 - name));
    char *end = strndup(place + 1, strlen(place) - 2);
    lh_put_label(out, start != NULL ? start : "", NAME_MOST);
    fputs("\\n", out);
    lh_put_label(out, end != NULL ? end : "", NAME_MOST);
    free(start);
    free(end);
}

static void put_numbers(FILE *out, const struct lh_part_of *findings)
{
    if (findings->first > 0)
        fprintf(out, "#%zu ", findings->first);
    if (findings->count > 1)
        fprintf(out, "and %zu more ", findings->count - 1);
}

void lh_graph_node_label(FILE *out, const struct lh_class_node *node, bool numbers)
{
    put_name(out, class_name(node));
    fprintf(out, "\\n%s", lh_lock_kind_name(node->class->kind));
    if (node->locks > 1)
        fprintf(out, " \xc3\x97 %" PRIu64, node->locks);
    if (numbers && node->findings.first > 0) {
        fputs("\\n", out);
        put_numbers(out, &node->findings);
    }
}

void lh_graph_node_tooltip(FILE *out, const struct lh_class_node *node)
{
    lh_put_label(out, class_name(node), TOOLTIP_MOST);
    fprintf(out, "\\n%s, %" PRIu64 " lock%s\\n%" PRIu64 " acquisitions, %" PRIu64 " contended",
            lh_lock_kind_name(node->class->kind), node->locks, plural(node->locks),
            node->acquisitions, node->contended);
    if (node->n_processes > 1)
        fprintf(out, "\\nin %zu processes", node->n_processes);
}

/* "812", "41.2k", "8.4M": a label has little room. */
static void put_count(FILE *out, uint64_t count)
{
    static const char units[] = "kMGTPE";
    double value = (double)count / 1000;
    size_t unit = 0;

    if (count < 10000) {
        fprintf(out, "%" PRIu64 "\xc3\x97", count);
        return;
    }
    while (value >= 999.5 && units[unit + 1] != '\0') {
        value /= 1000;
        unit++;
    }
    fprintf(out, "%.*f%c\xc3\x97", value < 99.95 ? 1 : 0, value, units[unit]);
}

void lh_graph_edge_label(FILE *out, const struct lh_class_edge *edge)
{
    fputs("  ", out); /* off the line, which may be thick */
    put_numbers(out, &edge->findings);
    if (edge->findings.first == 0 && edge->filter != LH_FILTER_NONE)
        fprintf(out, "%s ", lh_filter_name(edge->filter));
    if (edge->count > 0)
        put_count(out, edge->count);
}

static void put_site(FILE *out, const struct lh_frame *frame)
{
    char *place = NULL;
    size_t size;

    if (frame == NULL) {
        fputs("an unknown place", out);
        return;
    }
    if (frame->function != NULL) {
        lh_put_label(out, frame->function, NAME_MOST);
        putc(' ', out);
    }
    FILE *memory = open_memstream(&place, &size);
    if (memory == NULL)
        return;
    lh_put_place(memory, frame);
    fclose(memory);
    lh_put_label(out, place, TOOLTIP_MOST);
    free(place);
}

static void put_sites(FILE *out, const struct lh_class_edge *edge)
{
    for (size_t i = 0; i < edge->n_sites; i++) {
        fputs("\\nheld since ", out);
        put_site(out, edge->sites[i].held);
        fputs(", wanted in ", out);
        put_site(out, edge->sites[i].wanted);
    }
    if (edge->more_sites > 0)
        fprintf(out, "\\nand %zu more", edge->more_sites);
}

void lh_graph_edge_tooltip(FILE *out, const struct lh_class_graph *graph,
                           const struct lh_class_edge *edge)
{
    lh_put_label(out, class_name(&graph->nodes[edge->from]), TOOLTIP_MOST);
    fputs(" \xe2\x86\x92 ", out);
    lh_put_label(out, class_name(&graph->nodes[edge->to]), TOOLTIP_MOST);
    fprintf(out, ", %" PRIu64 "\xc3\x97", edge->count);
    if (edge->findings.first > 0)
        fprintf(out, "\\nfinding %zu", edge->findings.first);
    else if (edge->filter != LH_FILTER_NONE)
        fprintf(out, "\\nfiltered, %s: %s", lh_filter_name(edge->filter),
                lh_filter_help(edge->filter));
    put_sites(out, edge);
}
