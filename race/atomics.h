/*
 * Atomic operations and what they order, as C11 and C++11 have it: release sequences, fences with
 * relaxed operations. An operation and the change of the clocks are one step.
 *
 *     struct lh_atomic atomic = lh_atomic_begin(addr, size, LH_ATOMIC_RMW, order, pc);
 *     ... the real operation ...
 *     lh_atomic_end(&atomic, kind, order);
 */
#ifndef LH_RACE_ATOMICS_H
#define LH_RACE_ATOMICS_H

#include <stdbool.h>
#include <stdint.h>

#include "hot.h"
#include "objects.h"

enum lh_atomic_kind { LH_ATOMIC_LOAD, LH_ATOMIC_STORE, LH_ATOMIC_RMW };

struct lh_atomic {
    struct lh_hot *hot; /* NULL: the operation orders nothing */
    struct lh_object *object;
    uintptr_t addr;
    uint32_t
        births; /* nor does it if no object was made since there were so many; 0: in any case */
};

struct lh_atomic lh_atomic_begin(uintptr_t addr, uint32_t size, enum lh_atomic_kind kind, int order,
                                 uintptr_t pc);
/* `kind` may be less than what it began as: a comparison that failed is a load. */
void lh_atomic_end(struct lh_atomic *atomic, enum lh_atomic_kind kind, int order);

void lh_atomic_fence(int order);

#endif
