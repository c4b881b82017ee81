/*
 * Walks from one dependency to the next: is there a way round, and who is on it? Bounded. Under the
 * recorder lock.
 */
#ifndef LH_INTERPOSE_PARTNERS_H
#define LH_INTERPOSE_PARTNERS_H

#include <stdbool.h>

struct lh_dep;

/* Does it close a cycle, or is the lock that it wants alone in one? */
bool lh_dep_closes_cycle(const struct lh_dep *dep);

/* Wake (seen.h) those that are on a way round with it. */
void lh_wake_partners(const struct lh_dep *dep);

#endif
