/*
 * The lock graph on the level of classes: an edge from each class held to each class wanted
 * meanwhile. Built from the dependencies of a model and the cycles of its findings. All runs of a
 * program make one graph. One thread at a time.
 */
#ifndef LH_REPORTS_CLASS_GRAPH_H
#define LH_REPORTS_CLASS_GRAPH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "finding.h"
#include "model.h"
#include "programs.h"

#define LH_EDGE_SITES 5 /* places remembered of an edge */

/* The findings that something is part of. */
struct lh_part_of {
    size_t first; /* number, from 1; 0: none */
    size_t last;
    size_t count;
};

struct lh_class_node {
    const struct lh_class *class;
    size_t program;     /* of lh_class_graph.programs */
    size_t n_processes; /* runs of the program that have it */
    uint64_t locks;     /* instances */
    uint64_t acquisitions, contended;
    struct lh_part_of findings; /* whose cycles it is in */
    bool drawn;
};

/* Where one class was held and the other wanted. */
struct lh_edge_site {
    const struct lh_process *process;
    const struct lh_frame *held, *wanted; /* NULL: unknown */
};

struct lh_class_edge {
    uint32_t from, to;          /* indexes of nodes */
    uint64_t count;             /* how often */
    bool only_try;              /* it was never waited for: trylock */
    bool only_shared;           /* it was only ever wanted for reading */
    struct lh_part_of findings; /* whose cycles it is in */
    enum lh_filter filter;      /* of a cycle that was filtered, when no finding has it */
    struct lh_edge_site sites[LH_EDGE_SITES];
    size_t n_sites;
    size_t more_sites; /* further pairs of places */
    bool drawn;
};

struct lh_class_graph {
    const struct lh_programs *programs;
    struct lh_class_node *nodes; /* by the numbers of common classes; the first is unused */
    size_t n_nodes;
    struct lh_class_edge *edges; /* sorted by from, to */
    size_t n_edges;
};

/* Everything is `drawn` at first that has an edge. The programs, which must outlive the graph, are
 * those of the model. -ENOMEM. */
int lh_class_graph_build(const struct lh_model *model, const struct lh_programs *programs,
                         const struct lh_findings *findings, struct lh_class_graph *ret);
void lh_class_graph_free(struct lh_class_graph *graph);

/* The held one of the locks that the participant brings together. false: its part in the finding is
 * no edge of the graph. */
bool lh_cycle_edge(const struct lh_participant *participant, const struct lh_held **ret_held);

/* A class that the program locks (not a condition or a barrier). */
bool lh_class_node_is_lock(const struct lh_class_node *node);

#endif
