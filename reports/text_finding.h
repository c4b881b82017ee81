/*
 * One finding as text: headline, then each thread with what it holds and wants, the locks, the
 * remedy.
 */
#ifndef LH_REPORTS_TEXT_FINDING_H
#define LH_REPORTS_TEXT_FINDING_H

#include "finding.h"
#include "model.h"
#include "style.h"

struct lh_text_context {
    struct lh_style style;
    const struct lh_model *model;
};

/*
 * `number` is what the lock graph calls the finding; 0: print none. `before` is the finding printed
 * before it, NULL: none. A further race of the same memory is told in short.
 */
void lh_text_finding(const struct lh_text_context *text, const struct lh_finding *finding,
                     const struct lh_finding *before, size_t number);
/* One that the baseline knows, in short: what, and why it may stay. */
void lh_text_known(const struct lh_text_context *text, const struct lh_finding *finding,
                   size_t number);
/* One that a suppression took out, and which. */
void lh_text_suppressed(const struct lh_text_context *text, const struct lh_finding *finding);
/* One thread of a finding: what it holds and wants, without the empty line behind it. */
void lh_text_participant(const struct lh_text_context *text, const struct lh_finding *finding,
                         const struct lh_participant *participant);
/* A cycle that a filter removed, and why. */
void lh_text_filtered(const struct lh_text_context *text, const struct lh_finding *finding);

#endif
