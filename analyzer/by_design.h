/* Is a misuse what a well-known program does on purpose (designs.def)? */
#ifndef LH_ANALYZER_BY_DESIGN_H
#define LH_ANALYZER_BY_DESIGN_H

#include <stdbool.h>

#include "finding.h"

/* Of a finding whose kind and participants are known. */
bool lh_is_by_design(const struct lh_finding *finding);

#endif
