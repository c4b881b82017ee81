/*
 * Why a cycle of the lock graph cannot deadlock. Each filter looks at two links of a cycle and says
 * whether both may be in it. To add one: a line in filters.def, a function in filters.c. That the
 * writers between readers (writers.h) fit too is seen to by chain.c, and that a semaphore has units
 * for all links.
 */
#ifndef LH_ANALYZER_FILTERS_H
#define LH_ANALYZER_FILTERS_H

#include "finding.h"
#include "lock_graph.h"
#include "segments.h"

/* One thread's part in a cycle: it holds way->from and wants way->to. */
struct lh_link {
    const struct lh_way *way;
    const struct lh_instance *instance; /* whose; NULL while only ways are looked at */
};

/* What the filters need to know beside the two links. */
struct lh_writers;
struct lh_filter_facts {
    const struct lh_process *process;
    struct lh_segments *segments;
    struct lh_writers *writers;
};

/* Does `wanting` block at `holding` only if a writer waits between them? */
bool lh_needs_writer(const struct lh_way *wanting, const struct lh_way *holding);

struct lh_filter_rule {
    enum lh_filter filter;
    bool of_instances; /* looks at thread or segment, not only at the way */
    bool (*allows)(const struct lh_filter_facts *facts, const struct lh_link *a,
                   const struct lh_link *b);
};

/* Can n links and one with this way have the units of semaphores that they have all at once? */
bool lh_units_suffice(const struct lh_filter_facts *facts, const struct lh_link *links, size_t n,
                      const struct lh_way *way);

/* In the order of filters.def. */
extern const struct lh_filter_rule lh_filter_rules[LH_CYCLE_FILTERS];

/* -ENOMEM. The process must outlive the facts. */
int lh_filter_facts_init(struct lh_filter_facts *facts, const struct lh_process *process);
void lh_filter_facts_done(struct lh_filter_facts *facts);

#endif
