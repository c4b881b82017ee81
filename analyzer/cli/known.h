/* Findings of several files: traces, directories of traces, JSON reports. */
#ifndef LH_CLI_KNOWN_H
#define LH_CLI_KNOWN_H

#include <stddef.h>

#include "baseline.h"

/*
 * What the files show, all traces of them analysed together. Complains about each that cannot be
 * read, and returns NULL when there is one: to leave it out would make findings vanish.
 */
struct lh_baseline *lh_known_load(int n, char **paths);

#endif
