/*
 * Text from traces is not to be trusted: names can hold control characters, broken UTF-8 or marks
 * that turn the direction of writing. These functions put such text where it does no harm. Any
 * thread.
 */
#ifndef LH_REPORTS_ESCAPE_H
#define LH_REPORTS_ESCAPE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

/*
 * The character at the start of a NUL-terminated text. Returns its length in bytes, 0 at the end of
 * the text. A byte that is no UTF-8 has length 1 and *ret_valid false.
 */
size_t lh_utf8_next(const char *text, uint32_t *ret_code, bool *ret_valid);

/* A copy (malloc) in which every byte that is no UTF-8 is U+FFFD; NULL: out of memory. */
char *lh_utf8_repair(const char *text);

/* Print for a terminal: whatever is not plainly visible becomes \xNN or \u{NNNN}. */
void lh_put_terminal(FILE *out, const char *text);
/* How many columns lh_put_terminal() takes, for letters that are one column wide. */
size_t lh_terminal_columns(const char *text);

/*
 * Print as XML text or as the value of an attribute: what XML 1.0 cannot hold, and what is not
 * plainly visible, as lh_put_terminal() does it. In text line breaks stay.
 */
void lh_put_xml(FILE *out, const char *text);
void lh_put_xml_attribute(FILE *out, const char *text);

/* Print as a JSON string; at most `limit` characters, then an ellipsis. */
void lh_put_json_string(FILE *out, const char *text, size_t limit);

/* Print as a path of a URI: everything but letters, digits and -._~/ as %NN. */
void lh_put_uri_path(FILE *out, const char *path);

/* Print for a graphviz label or tooltip; at most `limit` characters, then an ellipsis. */
void lh_put_label(FILE *out, const char *text, size_t limit);

/* Print for HTML or XML, between tags or in a quoted attribute; made visible as for a terminal. */
void lh_put_html(FILE *out, const char *text);

/*
 * Print as a JSON string, with its quotes, that may stand inside a <script> element; made visible
 * as for a terminal, except for tabs. At most `limit` characters, then an ellipsis.
 */
void lh_put_script_text(FILE *out, const char *text, size_t limit);

#endif
