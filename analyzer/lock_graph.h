/*
 * The lock graph of one process, cut down to what can be part of a cycle. A node is a lock; an edge
 * says that some thread held `from` while it wanted `to`. Only edges inside a strongly connected
 * component of more than one lock are kept.
 *
 * An edge can be taken in several ways: dependencies that differ in what else was held, in modes or
 * in the places in the program. Dependencies that do not differ so are one way with several
 * instances (thread, segment).
 *
 * Nodes are numbered so that those of a component are neighbours, and within it by reverse
 * postorder of a depth-first search: an edge to a smaller number is a retreating edge, and every
 * cycle has one, into its smallest node.
 */
#ifndef LH_ANALYZER_LOCK_GRAPH_H
#define LH_ANALYZER_LOCK_GRAPH_H

#include "model.h"
#include "pool.h"

enum lh_graph_scope {
    LH_GRAPH_BLOCKING, /* dependencies in which a thread can block, on locks that order threads */
    LH_GRAPH_ALL,      /* trylocks and semaphores used as signals, too */
};

struct lh_instance {
    uint32_t thread, segment;
    uint32_t dep;  /* index into lh_process.deps */
    uint32_t hold; /* index into its held set: the edge's lock */
};

struct lh_way {
    uint32_t edge;
    uint32_t from, to; /* lock indexes */
    uint8_t hold_mode, want_mode, want_flags;
    bool is_switch;   /* `from` is a semaphore that was taken under `to` */
    bool dead;        /* no cycle can use it (prune.h) */
    uint32_t element; /* dense number of (classes, places) of the edge: what a person would call one
                         place */
    const uint32_t
        *held; /* every lock held, lock << 1 | mode, sorted; semaphores used as signals left out */
    uint32_t n_held;
    const uint32_t
        *units; /* semaphores that keep others out while all their units are taken; sorted */
    uint32_t n_units;
    uint32_t n_instances;
    const struct lh_instance *instances; /* sorted by thread, then segment */
};

struct lh_edge {
    uint32_t from, to; /* nodes */
    uint32_t first_way, n_ways, n_alive;
    uint32_t n_places; /* elements: different places in the program */
    uint64_t count;    /* how often it occurred */
};

struct lh_node {
    uint32_t lock; /* index */
    uint32_t component;
    uint32_t first_out, n_out; /* edges, sorted by `to` */
    uint32_t first_in, n_in;   /* places in `incoming` */
};

struct lh_component {
    uint32_t begin, end; /* nodes */
};

struct lh_lock_graph {
    const struct lh_process *process;
    struct lh_node *nodes;
    uint32_t n_nodes;
    struct lh_edge *edges;
    uint32_t n_edges;   /* sorted by `from`, then `to` */
    uint32_t *incoming; /* edges, sorted by `to` */
    struct lh_way *ways;
    uint32_t n_ways;
    struct lh_component *components;
    uint32_t n_components;
    uint32_t n_elements;
    struct lh_pool *pool;
};

/* -ENOMEM: nothing is returned. The process must outlive the graph. */
int lh_lock_graph_new(const struct lh_process *process, enum lh_graph_scope scope,
                      struct lh_lock_graph **ret);
void lh_lock_graph_free(struct lh_lock_graph *graph);

/* The ways of a component, which lie side by side. */
const struct lh_way *lh_lock_graph_ways(const struct lh_lock_graph *graph, uint32_t component,
                                        uint32_t *ret_n);

/* true: threads exclude each other by it. Not so a semaphore used as a signal, or the sum of locks.
 */
bool lh_is_lock(const struct lh_lock *lock);
/* true: a semaphore whose taker and poster differ, or with more than one place. */
bool lh_is_signal(const struct lh_lock *lock);

#endif
