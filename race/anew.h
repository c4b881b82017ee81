/*
 * Memory that a program gives to another use by itself: from a pool, a slab, a list of what is
 * free. Nothing tells of it but the writes of its new owner: it fills the whole piece, alone,
 * without the lock that guarded it before.
 */
#ifndef LH_RACE_ANEW_H
#define LH_RACE_ANEW_H

#include <stdbool.h>
#include <stdint.h>

#include "hot.h"

struct lh_discipline;

/* Has the thread that wrote here without the lock also written what lies around, at that time? */
bool lh_is_begun_anew(const struct lh_hot *hot, uintptr_t addr,
                      const struct lh_discipline *discipline);

#endif
