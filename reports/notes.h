/*
 * What a reader must know about a model before trusting a report on it: traces that are damaged,
 * recording that stopped, events that were lost. One thread at a time.
 */
#ifndef LH_REPORTS_NOTES_H
#define LH_REPORTS_NOTES_H

#include "model.h"
#include "style.h"

/* One "note:" line each; nothing when all is well. */
void lh_put_notes(const struct lh_style *style, const struct lh_model *model);
/* A "note:" line of one's own. */
void lh_put_note(const struct lh_style *style, const char *text);

#endif
