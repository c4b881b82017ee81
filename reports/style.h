/*
 * A terminal to write to: colours when wanted, and words broken into lines. One thread at a time.
 */
#ifndef LH_REPORTS_STYLE_H
#define LH_REPORTS_STYLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#define LH_LINE_COLUMNS 96 /* what sentences are broken at; names and places are never broken */

enum lh_paint {
    LH_PAINT_BOLD,
    LH_PAINT_DIM,
    LH_PAINT_RED,
    LH_PAINT_YELLOW,
    LH_PAINT_GREEN,
    LH_PAINT_CYAN,
};

struct lh_style {
    FILE *out;
    bool color;
};

void lh_paint_begin(const struct lh_style *style, enum lh_paint paint);
void lh_paint_end(const struct lh_style *style);
/* A text of ours or of a trace, painted and made harmless. */
void lh_paint_text(const struct lh_style *style, enum lh_paint paint, const char *text);

void lh_put_spaces(FILE *out, size_t count);
/*
 * A sentence that begins at `column` of the current line and goes on at column `indent` of the next
 * ones. No newline after it.
 */
void lh_put_wrapped(FILE *out, const char *text, size_t column, size_t indent);

/* Flush what was written. 0 or -errno, also of what went wrong before. */
int lh_finish(FILE *out);

#endif
