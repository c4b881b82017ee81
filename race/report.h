/*
 * From a race that was found to its record in the trace: one for each pair of places, with a count.
 */
#ifndef LH_RACE_REPORT_H
#define LH_RACE_REPORT_H

#include <stdint.h>

#include "hot.h"

/* The earlier one of two accesses that do not go together. */
struct lh_finding {
    uint32_t kind; /* enum lh_race_kind; 0: nothing found */
    uint64_t word;
    uint32_t access;
};

/* `addr`: in the granule; word and access: the later one, by this thread. */
void lh_report(struct lh_hot *hot, const struct lh_finding *found, uintptr_t addr, uint64_t word,
               uint32_t access);

void lh_reports_forked(void);

#endif
