/*
 * The check of an access in full, with its cell locked: other threads may have been there.
 */
#ifndef LH_RACE_JUDGE_H
#define LH_RACE_JUDGE_H

#include <stdint.h>

#include "visit.h"
#include "words.h"

/* With the cell locked, where `before` was; unlocks it. */
void lh_judge(struct lh_visit *visit, struct lh_cell *cell, uint64_t before);

static inline void lh_judge_lock(struct lh_visit *visit, struct lh_cell *cell)
{
    lh_judge(visit, cell, lh_cell_lock(cell));
}

#endif
