/*
 * The parts of the HTML report, one file each. All write to `out`, which is memory that ftell()
 * works on, and use the shared tables; html.c puts them together. What a browser without scripts
 * needs is in the markup, everything else in one JSON object that the page's script (reports/html/)
 * reads. One thread at a time.
 */
#ifndef LH_REPORTS_HTML_PARTS_H
#define LH_REPORTS_HTML_PARTS_H

#include <stdio.h>

#include "html_tables.h"
#include "report.h"

struct lh_html_timeout;

struct lh_html {
    const struct lh_report *report;
    FILE *out;
    struct lh_html_tables *tables;
    struct lh_html_timeout *timeout;
    long *static_bytes; /* of cards, so far, for browsers without scripts */
};

/* html_card.c: a finding, its id a letter and a number: "f1"; x: filtered, u: suppressed, t: what
 * the threads of a process did when the time was over */
void lh_html_card(const struct lh_html *html, const struct lh_finding *finding, char letter,
                  size_t number);
void lh_html_card_data(const struct lh_html *html, const struct lh_finding *finding);

/* html_summary.c: what came out, in words and numbers */
void lh_html_put_program(const struct lh_html *html);
void lh_html_summary(const struct lh_html *html);

/* html_run.c: how the run was made, and what was lost */
void lh_html_run(const struct lh_html *html);

/* html_filtered.c: cycles that are no findings, by reason, with examples */
void lh_html_filtered(const struct lh_html *html);
void lh_html_filtered_data(const struct lh_html *html);

/* html_known.c: what a baseline and suppressions say, other than of findings that are there */
bool lh_html_has_known(const struct lh_html *html);
void lh_html_known(const struct lh_html *html);
void lh_html_known_data(const struct lh_html *html);

/* html_timeout.c: what threads did when the time was over; of a run that was not ended it is empty.
 * 0 or -errno */
int lh_html_timeout_new(const struct lh_report *report, struct lh_html_timeout **ret);
void lh_html_timeout_free(struct lh_html_timeout *timeout);
void lh_html_timeout(const struct lh_html *html);
void lh_html_timeout_data(const struct lh_html *html);

/* html_graph.c: the lock graph as a picture, and what the script says of its parts. 0 or -errno */
int lh_html_graph(const struct lh_html *html, FILE *data);

/* html_locks.c: the table of counters. 0 or -errno */
int lh_html_locks(const struct lh_html *html, FILE *data);

/* Made of reports/html/ by embed.py. The sums are what a Content-Security-Policy wants. */
extern const char lh_html_style[], lh_html_script[];
extern const char lh_html_style_sum[], lh_html_script_sum[];

#endif
