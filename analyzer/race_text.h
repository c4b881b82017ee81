/*
 * The sentences of findings about races: what the two threads do, and what to change. The finding's
 * participants and memory are filled in. All text lies in the given pool; NULL: out of memory.
 */
#ifndef LH_ANALYZER_RACE_TEXT_H
#define LH_ANALYZER_RACE_TEXT_H

#include "finding.h"
#include "pool.h"

const char *lh_race_message(struct lh_pool *pool, const struct lh_finding *finding);
const char *lh_race_remedy(struct lh_pool *pool, const struct lh_finding *finding);

#endif
