/*
 * Memory that one lock guards, and always has: a thread that comes with just this lock finds the
 * accesses of others, each made with the lock held, too, and ordered by it. Nothing of that is to
 * be told; the access takes its place among the others, and is counted. It is what would come of
 * judging it, with fewer questions.
 */
#ifndef LH_RACE_GUARDED_H
#define LH_RACE_GUARDED_H

#include <stdbool.h>
#include <stdint.h>

#include "hot.h"

/* With the cell locked, in whose place `in` was. false: it is to be judged; nothing is changed. */
bool lh_pass_guarded(struct lh_hot *hot, uintptr_t addr, uint64_t in, uint64_t word,
                     uint32_t access);

#endif
