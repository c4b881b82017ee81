/*
 * A chain of links, d1..dn, that the filters allow side by side: each link wants a lock that the
 * next one holds. A way is pushed if instances (thread, segment) can be chosen for all links so
 * that every pair passes; earlier choices are revised if need be. Where a reader stands behind
 * another one, a writer must be there too that waits between them (writers.h) and passes with all.
 */
#ifndef LH_ANALYZER_CHAIN_H
#define LH_ANALYZER_CHAIN_H

#include "filters.h"

struct lh_chain {
    const struct lh_filter_facts *facts;
    unsigned n_filters; /* only the first so many of the table are asked; 0: all pass */
    uint64_t steps;     /* work done: pairs looked at */
    uint64_t max_steps; /* beyond it every push fails and `cut` is set */
    bool cut;
    size_t n, capacity;
    struct lh_link *links; /* after a push that worked, the writers lie behind the n links */
    size_t n_writers;
    uint32_t *behind;      /* by writer: the lock that it waits for */
    uint32_t *choice;      /* scratch: instance numbers while a choice is searched for */
    struct lh_link *saved; /* scratch: the links before the search */
    struct lh_pair_memory *memory;
};

/* Room for `capacity` links. -ENOMEM. */
int lh_chain_init(struct lh_chain *chain, const struct lh_filter_facts *facts, size_t capacity,
                  unsigned n_filters);
void lh_chain_done(struct lh_chain *chain);

/* false: the filters rule it out (or max_steps is reached); the chain is as before. */
bool lh_chain_push(struct lh_chain *chain, const struct lh_way *way);
void lh_chain_pop(struct lh_chain *chain);

#endif
