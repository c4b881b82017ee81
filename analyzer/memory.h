/* What the memory of a race is: a variable, or a part of a heap block. */
#ifndef LH_ANALYZER_MEMORY_H
#define LH_ANALYZER_MEMORY_H

#include "finding.h"
#include "pool.h"

/*
 * The memory that both accesses of a race touch, with its name and what guards it. Everything lies
 * in the pool. NULL: out of memory.
 */
const struct lh_memory *lh_memory_of(struct lh_model *model, struct lh_process *process,
                                     const struct lh_race *race, struct lh_pool *pool);

/*
 * What of it is the same from run to run and across rebuilds, added to a hash: the variable without
 * array indexes, or the functions that allocated the block.
 */
uint64_t lh_memory_hash(uint64_t hash, const struct lh_process *process,
                        const struct lh_memory *memory);

/* Does the access hold the guard, and in a mode that is enough for what it does? */
bool lh_access_holds(const struct lh_process *process, const struct lh_access *access,
                     uint32_t guard);

#endif
