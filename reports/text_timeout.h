/* The part of the text report about a run that was ended because it took too long. */
#ifndef LH_REPORTS_TEXT_TIMEOUT_H
#define LH_REPORTS_TEXT_TIMEOUT_H

#include "report.h"
#include "text_finding.h"

/* Returns 0 or -ENOMEM. */
int lh_text_timeout(const struct lh_text_context *text, const struct lh_timeout *timeout);

#endif
