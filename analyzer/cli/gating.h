/* What decides between a finding and a failure: --suppressions, --baseline and --fail-on. */
#ifndef LH_CLI_GATING_H
#define LH_CLI_GATING_H

#include <stdbool.h>

#include "baseline.h"
#include "gate.h"
#include "suppress.h"

struct lh_gating {
    struct lh_gate gate;
    const char *suppressions_path, *baseline_path; /* NULL: none */
    struct lh_suppressions *suppressions;
    struct lh_baseline *baseline;
};

/* Read the files. Complains and returns false: one cannot be read, or a line of it makes no sense.
 */
bool lh_gating_open(struct lh_gating *gating);
void lh_gating_close(struct lh_gating *gating);

/* Sort out the findings, as their fields say. Complains and returns false when out of memory. */
bool lh_gating_apply(const struct lh_gating *gating, struct lh_findings *findings);

/* Read a baseline; NULL, and it was complained about, when that fails. `text` is its content. */
struct lh_baseline *lh_gating_parse_baseline(const char *path, const char *text);

#endif
