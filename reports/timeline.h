/*
 * The timeline of --full traces as trace-event JSON, which Perfetto and chrome://tracing open: a
 * lane a thread, bars for locks held and for waits, arrows from the release of a lock to the next
 * acquisition by another thread. Written as it is read; one thread at a time.
 */
#ifndef LH_REPORTS_TIMELINE_H
#define LH_REPORTS_TIMELINE_H

#include <stdio.h>

#include "model.h"

/*
 * The processes of a model whose locks are named; each must be `full`. Their traces are read once
 * more from process->path. *ret_why gets one line when a trace cannot be read.
 */
int lh_report_timeline(const struct lh_model *model, FILE *out, const char **ret_why);

#endif
