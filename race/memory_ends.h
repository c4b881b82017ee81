/*
 * Memory that is given back, and memory that begins: what is in the shadow of it.
 */
#ifndef LH_RACE_MEMORY_ENDS_H
#define LH_RACE_MEMORY_ENDS_H

#include <stdbool.h>
#include <stdint.h>

#include "hot.h"

/* Nothing is known of this memory from now on. */
void lh_memory_end(struct lh_hot *hot, uintptr_t start, uintptr_t end);

/* The same for a block whose first bytes count as written from now on, by malloc(). */
void lh_memory_mark(struct lh_hot *hot, uintptr_t start, uintptr_t end, uint64_t where);

#endif
