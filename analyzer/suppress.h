/*
 * Suppressions: findings that are not to be told. The syntax is ThreadSanitizer's, so that one file
 * serves both: a line is TYPE:PATTERN, # begins a comment, * in a pattern stands for anything, ^
 * and $ tie it to the start and the end; without them it may lie anywhere in the name.
 *
 *   deadlock: race: mutex:   a function, source file or module of a stack of the finding
 *   called_from_lib:         the module that called the lock function
 *   thread: signal:          accepted; Lockhound has no such findings
 *   fingerprint:             sixteen hexadecimal digits: this one finding
 *
 * Single-threaded.
 */
#ifndef LH_ANALYZER_SUPPRESS_H
#define LH_ANALYZER_SUPPRESS_H

#include <stdbool.h>
#include <stddef.h>

#include "finding.h"

struct lh_suppressions;

/*
 * Read suppressions from a text; `name` is what the file is called in messages. -EINVAL: *ret_line
 * is no suppression and *ret_why says why.
 */
int lh_suppressions_parse(const char *text, const char *name, struct lh_suppressions **ret,
                          size_t *ret_line, const char **ret_why);
void lh_suppressions_free(struct lh_suppressions *suppressions);

/* Move what they match out of the findings, and list those that matched nothing. 0 or -ENOMEM. */
int lh_suppress(struct lh_findings *findings, const struct lh_suppressions *suppressions);

/* Does a pattern match a name, as ThreadSanitizer has it? An empty name is never matched. */
bool lh_suppression_matches(const char *pattern, const char *name);

#endif
