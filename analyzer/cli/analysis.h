/* From trace files to findings: loads traces and runs all steps of analyses.h. */
#ifndef LH_CLI_ANALYSIS_H
#define LH_CLI_ANALYSIS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "finding.h"
#include "model.h"

struct lh_analysis {
    struct lh_model *model;
    struct lh_findings *findings;
    size_t unreadable; /* traces that could not be loaded; each was complained about */
};

/* false: out of memory, complained about. */
bool lh_analysis_begin(struct lh_analysis *ret);
void lh_analysis_end(struct lh_analysis *analysis);

/* Load a trace. When that fails, complains and counts it. */
void lh_analysis_load(struct lh_analysis *analysis, const char *path);

/* Names only: what the table of locks needs. Complains and returns false when out of memory. */
bool lh_analysis_name(struct lh_analysis *analysis);
/* Names and findings. max_steps 0: the default bound. */
bool lh_analysis_find(struct lh_analysis *analysis, uint64_t max_steps);

#endif
