/* Names of source files as the repository has them, wherever the program was built. */
#ifndef LH_ANALYZER_SOURCE_PATHS_H
#define LH_ANALYZER_SOURCE_PATHS_H

#include "model.h"

/*
 * Rename the source files of all frames: the folder `strip` is taken from their front, or else the
 * folder `root`. Either may be NULL. Call after all analyses.
 */
void lh_model_map_sources(struct lh_model *model, const char *strip, const char *root);

/* What follows the folder in the path; NULL: it does not lie there. */
const char *lh_path_below(const char *path, const char *folder);

#endif
