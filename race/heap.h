/*
 * The live heap blocks and where they were allocated, for reports. Known only when something tells
 * of allocations (tsan/malloc.c).
 */
#ifndef LH_RACE_HEAP_H
#define LH_RACE_HEAP_H

#include <stddef.h>
#include <stdint.h>

#include "hot.h"

#define LH_FREED_BLOCKS 256u
#define LH_FRESH_BLOCKS 16u

/* A thread's own part: numbers of blocks. */
struct lh_thread_heap {
    uint32_t fresh[LH_FRESH_BLOCKS], n_fresh; /* unused */
    uint32_t freed[LH_FREED_BLOCKS];          /* the last that it gave back; a ring */
    uint32_t first_freed, next_freed;         /* next_freed is atomic */
};

struct lh_heap_block {
    uintptr_t addr;
    size_t size;
    uint64_t epoch;  /* of the thread that allocated it, as in a word */
    uint32_t access; /* number of the place */
};

void lh_heap_begin(struct lh_hot *hot, uintptr_t addr, size_t size, uintptr_t pc);
/* The block at this address was given back. false: none was known there. */
_Bool lh_heap_end(struct lh_hot *hot, uintptr_t addr);

/* The block that the address lies in, or lay in when it was given back lately. _Bool false: none is
 * known. */
_Bool lh_heap_find(uintptr_t addr, struct lh_heap_block *ret);

void lh_heap_forked(void);

#endif
