#include "style.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "escape.h"

void lh_paint_begin(const struct lh_style *style, enum lh_paint paint)
{
    static const char *const codes[] = {
        [LH_PAINT_BOLD] = "\033[1m",   [LH_PAINT_DIM] = "\033[2m",
        [LH_PAINT_RED] = "\033[1;31m", [LH_PAINT_YELLOW] = "\033[1;33m",
        [LH_PAINT_GREEN] = "\033[32m", [LH_PAINT_CYAN] = "\033[36m",
    };

    if (style->color)
        fputs(codes[paint], style->out);
}

void lh_paint_end(const struct lh_style *style)
{
    if (style->color)
        fputs("\033[0m", style->out);
}

void lh_paint_text(const struct lh_style *style, enum lh_paint paint, const char *text)
{
    lh_paint_begin(style, paint);
    lh_put_terminal(style->out, text);
    lh_paint_end(style);
}

void lh_put_spaces(FILE *out, size_t count)
{
    while (count-- > 0)
        putc(' ', out);
}

void lh_put_wrapped(FILE *out, const char *text, size_t column, size_t indent)
{
    char *words = strdup(text), *rest = words;
    bool first = true;

    if (words == NULL) { /* unbroken is better than nothing */
        lh_put_terminal(out, text);
        return;
    }
    for (char *word; (word = strsep(&rest, " ")) != NULL; first = false) {
        size_t columns = lh_terminal_columns(word);
        if (first) {
            column += columns;
        } else if (column + 1 + columns > LH_LINE_COLUMNS && column > indent) {
            putc('\n', out);
            lh_put_spaces(out, indent);
            column = indent + columns;
        } else {
            putc(' ', out);
            column += 1 + columns;
        }
        lh_put_terminal(out, word);
    }
    free(words);
}

int lh_finish(FILE *out)
{
    if (fflush(out) != 0)
        return errno != 0 ? -errno : -EIO;
    return ferror(out) ? -EIO : 0;
}
