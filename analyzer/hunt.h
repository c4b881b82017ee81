/*
 * The search for cycles over a whole lock graph, shortest first and within bounds.
 *
 * Every cycle is found at one start only, its smallest node. All starts are walked for cycles of
 * two links, then of three, and so on. What a cycle can teach is its keys (the places in the
 * program that its links stand for): once all keys of a component are in cycles shorter than the
 * length at hand, the component is done. A start that uses up its share of steps is stuck and may
 * be resumed later.
 */
#ifndef LH_ANALYZER_HUNT_H
#define LH_ANALYZER_HUNT_H

#include "walk.h"

enum lh_catch {
    LH_CATCH_NEW,    /* taught something */
    LH_CATCH_KNOWN,  /* said what others had said */
    LH_CATCH_ENOUGH, /* end the hunt */
};

enum lh_start_state {
    LH_START_ACTIVE,
    LH_START_STUCK,
    LH_START_DONE,
};

struct lh_start {
    uint32_t node;
    uint32_t length; /* to be walked next */
    enum lh_start_state state;
    uint64_t seen; /* cycles caught at this length before it got stuck */
};

struct lh_hunt {
    const struct lh_lock_graph *graph;
    struct lh_chain *chain;
    struct lh_walk *walk;
    bool any_way; /* keys are edges instead of elements */
    uint32_t max_length;
    uint32_t *covered; /* by key: length of the shortest cycle caught with it, 0: none */
    uint32_t *cursor;  /* by component: how many of its ways are known to be covered */
    struct lh_start *starts;
    uint32_t n_starts;
    bool enough;
    enum lh_catch (*caught)(void *data, struct lh_chain *chain);
    void *data;
    uint64_t skip, again, dull; /* of the walk under way */
    uint32_t component;
};

/* Chain, graph and the callback are the caller's. -ENOMEM. */
int lh_hunt_init(struct lh_hunt *hunt, const struct lh_lock_graph *graph, struct lh_chain *chain,
                 uint32_t max_length, bool any_way);
void lh_hunt_done(struct lh_hunt *hunt);

/* Walk all active starts, until the chain's steps reach `end`. */
void lh_hunt_levels(struct lh_hunt *hunt, uint64_t end);

/* Make stuck starts active again. */
void lh_hunt_resume(struct lh_hunt *hunt);

/* Note a cycle's keys as covered. */
void lh_hunt_cover(struct lh_hunt *hunt, const struct lh_chain *chain);

/* The key that a way stands for. */
uint32_t lh_hunt_key(const struct lh_hunt *hunt, const struct lh_way *way);

/* true: every key of the component is in a cycle that was caught. */
bool lh_hunt_covered(const struct lh_hunt *hunt, uint32_t component);

#endif
