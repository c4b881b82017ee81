/*
 * From a chain of links that closes to a finding.
 */
#ifndef LH_ANALYZER_INVERSION_H
#define LH_ANALYZER_INVERSION_H

#include "chain.h"
#include "finding.h"

/*
 * Fill a finding of kind lock-order-inversion: participants, locks, message, remedy, fingerprint.
 * All links of the chain have an instance. Everything is owned by the findings' pool. -ENOMEM.
 */
int lh_inversion_fill(struct lh_finding *finding, struct lh_findings *findings,
                      const struct lh_lock_graph *graph, const struct lh_chain *chain);

/* One participant from a link. -ENOMEM. */
int lh_participant_of_link(struct lh_participant *participant, struct lh_pool *pool,
                           const struct lh_process *process, const struct lh_link *link);

#endif
