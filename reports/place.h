/*
 * Where in the source a finding is, for formats that mark one place of it; and the steps that lead
 * there. Any thread.
 */
#ifndef LH_REPORTS_PLACE_H
#define LH_REPORTS_PLACE_H

#include <stdbool.h>
#include <stdio.h>

#include "finding.h"
#include "report.h"

/*
 * The frame of the program's own code that stands for a stack: the innermost one whose file is
 * known, if any. NULL: the stack has no frames.
 */
const struct lh_frame *lh_place_of_stack(const struct lh_process *process, uint32_t stack);

/*
 * The one place of a finding: where its first thread wants its lock, or else holds one, or else
 * where a lock of it was born. NULL: nothing is known.
 */
const struct lh_frame *lh_place_of_finding(const struct lh_finding *finding);

/* The path as reports show it: relative when it is in the source root. */
const char *lh_place_path(const struct lh_report *report, const char *file);

/* What a thread of a finding holds or wants, as one of the steps that lead to it. */
struct lh_step {
    const struct lh_participant *participant;
    const struct lh_held *held; /* a join has only its stack */
    bool wanted;
};

/* The steps of a finding in the order in which reports tell them; false: there are no more. */
bool lh_step_next(const struct lh_finding *finding, size_t *participant, size_t *hold,
                  struct lh_step *ret);

/* "thread 2 (boy) wants sticks (bank.c:10)"; may hold anything that a trace can. */
void lh_put_step(FILE *out, const struct lh_finding *finding, const struct lh_step *step);
/* The same, malloced; NULL: out of memory. */
char *lh_step_text(const struct lh_finding *finding, const struct lh_step *step);

#endif
