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
/*
 * The same. A process that still runs is looked at, whether it hangs; when all its threads wait,
 * for the grace time in ns.
 */
bool lh_inputs_load_live(struct lh_analysis *analysis, int n, char **paths, uint64_t grace);

#endif
