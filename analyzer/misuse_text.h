/*
 * The sentences of findings about wrong uses of locks: what was done, and what to change.
 */
#ifndef LH_ANALYZER_MISUSE_TEXT_H
#define LH_ANALYZER_MISUSE_TEXT_H

#include "finding.h"
#include "pool.h"

/* Fill in message and remedy; participants and locks are there. NULL in them: out of memory. */
void lh_misuse_say(struct lh_finding *finding, struct lh_pool *pool,
                   const struct lh_misuse *misuse);

#endif
