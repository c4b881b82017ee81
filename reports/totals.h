/* Sums over a whole report, for the lines that introduce or end one. Any thread. */
#ifndef LH_REPORTS_TOTALS_H
#define LH_REPORTS_TOTALS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "report.h"

/* Seen while recording, which may be more than what is still known of. */
uint64_t lh_total_locks(const struct lh_model *model);
uint64_t lh_total_threads(const struct lh_model *model);

void lh_total_severities(const struct lh_findings *findings, size_t ret[LH_SEVERITIES]);
uint64_t lh_total_filtered(const struct lh_findings *findings);

/* The program's path as it was started; "the program" when unknown. */
const char *lh_program_name(const struct lh_report *report);
/* Was the program ended by Lockhound: as it hung, or as its time was over? */
bool lh_ended_by_us(const struct lh_report *report);
/* 0: unknown */
int lh_program_pid(const struct lh_report *report);

#endif
