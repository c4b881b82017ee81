/*
 * Baselines: findings that are known and may stay. A text for people and for diffs, sorted, a block
 * a finding:
 *
 *     lock-order-inversion 0123456789abcdef
 *         severity: warning
 *         message: accounts[].lock and journal are taken in opposite orders
 *         reason: start-up only
 *
 * The first line identifies it; the message is for the reader, the reason from one.
 * Single-threaded.
 */
#ifndef LH_ANALYZER_BASELINE_H
#define LH_ANALYZER_BASELINE_H

#include <stddef.h>
#include <stdio.h>

#include "finding.h"
#include "pool.h"

struct lh_baseline {
    struct lh_known_finding *items;
    size_t n, capacity;
    struct lh_pool *pool; /* owns the texts */
};

struct lh_baseline *lh_baseline_new(void);
void lh_baseline_free(struct lh_baseline *baseline);

/* Add what a text says. -EINVAL: *ret_line makes no sense and *ret_why says why. */
int lh_baseline_parse(struct lh_baseline *baseline, const char *text, size_t *ret_line,
                      const char **ret_why);
/* Add a copy, unless it is there already. */
int lh_baseline_add(struct lh_baseline *baseline, const struct lh_known_finding *known);
int lh_baseline_add_findings(struct lh_baseline *baseline, const struct lh_findings *findings);

/* NULL: not in it. */
const struct lh_known_finding *lh_baseline_find(const struct lh_baseline *baseline,
                                                enum lh_kind kind, const char *fingerprint);

/*
 * Keep the words of an earlier version of the file: of each finding that it has too, the message
 * and the reason are taken from it, so that a new version differs only by what is new or gone.
 */
int lh_baseline_keep_words(struct lh_baseline *baseline, const struct lh_baseline *earlier);

void lh_baseline_sort(struct lh_baseline *baseline);
/* Sorts first. Errors of the stream stay in the stream. */
void lh_baseline_write(struct lh_baseline *baseline, FILE *out);

/* Mark the findings as known or new, and list what vanished. 0 or -ENOMEM. */
int lh_baseline_apply(const struct lh_baseline *baseline, struct lh_findings *findings);

#endif
