/* The TRACE... operands of a command. */
#ifndef LH_CLI_INPUTS_H
#define LH_CLI_INPUTS_H

#include <stdbool.h>

#include "analysis.h"

/*
 * Load files, and what directories hold. Complains about each that cannot be read and counts it in
 * analysis->unreadable; false when nothing at all could be read.
 */
bool lh_inputs_load(struct lh_analysis *analysis, int n, char **paths);

#endif
