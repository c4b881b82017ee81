/*
 * From a race that was found to its record in the trace: one for each pair of places, with a count.
 */
#ifndef LH_RACE_REPORT_H
#define LH_RACE_REPORT_H

#include <stddef.h>
#include <stdint.h>

struct lh_hot;
struct lh_trace_race;

/* Two accesses that do not go together. */
struct lh_finding {
    uint32_t kind;           /* enum lh_race_kind; 0: nothing found */
    uint32_t doubt;          /* enum lh_race_doubt */
    uint64_t earlier, later; /* words */
    uint32_t earlier_access, later_access;
};

/* Tell of it; `addr`: in the granule. With the cell unlocked. Returns the record when it is new. */
struct lh_trace_race *lh_report(const struct lh_finding *found, uintptr_t addr);

/* What was told without a doubt has turned out to deserve this one (enum lh_race_doubt). */
void lh_report_withdraw(const struct lh_finding *found, uint32_t doubt, uintptr_t addr);

/* The stack of the calling thread, as the compiler's calls have it, in the trace. `pc`: where it
 * is. LH_NO_STACK: not recorded. */
uint32_t lh_report_stack(struct lh_hot *hot, uintptr_t pc);

/* From now on nothing is told of these bytes. */
void lh_report_never(uintptr_t start, size_t size);

void lh_reports_forked(void);

#endif
