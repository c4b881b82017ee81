/*
 * Cycles of the lock graph that no deadlock can come from, counted by the filter that says so.
 */
#ifndef LH_ANALYZER_FILTERED_H
#define LH_ANALYZER_FILTERED_H

#include "filters.h"
#include "finding.h"

/*
 * Count them in findings->filtered_count, and keep examples of distinct classes. A cycle is named
 * by the first filter, in their order, that leaves no way to choose its links. Counts cycles that
 * have an edge that is in no shorter one; with many cycles the work ends after max_steps. -ENOMEM.
 */
int lh_find_filtered(const struct lh_process *process, const struct lh_filter_facts *facts,
                     uint64_t max_steps, struct lh_findings *findings);

#endif
