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

#include "entry.h"
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

/* The parts of the two below that are seldom needed. */
struct lh_atomic lh_atomic_enter(uintptr_t addr, enum lh_atomic_kind kind, int order);
void lh_atomic_leave(struct lh_atomic *atomic, enum lh_atomic_kind kind, int order);
void lh_atomic_end_late(struct lh_atomic *atomic, enum lh_atomic_kind kind, int order);

void lh_atomic_fence(int order);

/* A relaxed operation orders nothing where nobody has released anything. lh_object_births() then,
 * else 0. */
static inline uint32_t lh_atomic_is_idle(uintptr_t addr, enum lh_atomic_kind kind, int order)
{
    const struct lh_hot *hot = &lh_hot;

    if (order != __ATOMIC_RELAXED || !hot->epoch || (kind != LH_ATOMIC_LOAD && hot->thread->fenced))
        return 0;
    return lh_object_is_none(hot->thread, addr);
}

static inline __attribute__((always_inline)) struct lh_atomic
lh_atomic_begin(uintptr_t addr, uint32_t size, enum lh_atomic_kind kind, int order, uintptr_t pc)
{
    lh_entry_access(addr, size < LH_GRANULE ? size : LH_GRANULE,
                    LH_WORD_ATOMIC | (kind == LH_ATOMIC_LOAD ? 0 : LH_WORD_WRITE), 0, pc);
    uint32_t births = lh_atomic_is_idle(addr, kind, order);
    if (births)
        return (struct lh_atomic){.addr = addr, .births = births};
    return lh_atomic_enter(addr, kind, order);
}

/* `kind` may be less than what it began as: a comparison that failed is a load. */
static inline void lh_atomic_end(struct lh_atomic *atomic, enum lh_atomic_kind kind, int order)
{
    if (!atomic->births)
        lh_atomic_leave(atomic, kind, order);
    else if (__builtin_expect(atomic->births != lh_object_births(), 0))
        lh_atomic_end_late(atomic, kind, order);
}

#endif
