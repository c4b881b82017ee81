/* Which findings make the exit status 66: --fail-on. */
#ifndef LH_CLI_GATE_H
#define LH_CLI_GATE_H

#include <stdbool.h>

#include "finding.h"

struct lh_gate {
    bool severities[LH_SEVERITIES];
    bool kinds[LH_KINDS];
};

void lh_gate_default(struct lh_gate *ret);
/* A comma separated list of severities and kinds, or "none". Complains and returns false. */
bool lh_gate_parse(const char *list, void *gate);
bool lh_gate_covers(const struct lh_gate *gate, enum lh_kind kind, enum lh_severity severity);
/* Mark the findings that fail: at gate level, and not known to a baseline. true: there is one. */
bool lh_gate_mark(const struct lh_gate *gate, struct lh_findings *findings);

#endif
