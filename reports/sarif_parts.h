/* Pieces of the SARIF report. Every function returns a new reference, NULL when out of memory. */
#ifndef LH_REPORTS_SARIF_PARTS_H
#define LH_REPORTS_SARIF_PARTS_H

#include <jansson.h>

#include "finding.h"
#include "report.h"

#define LH_SARIF_ROOT "SRCROOT" /* what relative names of files are relative to */

/* {"text": ...}; the empty text is not allowed there and becomes "-". */
json_t *lh_sarif_message(const char *text);
/* A file as a URI; one in the source root relative to it. */
json_t *lh_sarif_file(const struct lh_report *report, const char *path);
json_t *lh_sarif_result(const struct lh_report *report, const struct lh_finding *finding);
/* A finding that the baseline has and this run has not. */
json_t *lh_sarif_absent(const struct lh_known_finding *vanished);

#endif
