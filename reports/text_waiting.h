/*
 * A program that hung for a reason that no analysis knows is ended by a signal, as by Ctrl-C. Who
 * did that is told who waited for whose lock.
 */
#ifndef LH_REPORTS_TEXT_WAITING_H
#define LH_REPORTS_TEXT_WAITING_H

#include "report.h"
#include "style.h"

/* A note of one thread, if there is any. */
void lh_text_waiting(const struct lh_style *style, const struct lh_report *report);

#endif
