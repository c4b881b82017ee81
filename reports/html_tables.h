/*
 * What many cards of the HTML report share, kept once: stack frames with the source lines around
 * them, stacks, locks. An entry gets its number, from 0, when it is first asked for; the numbers
 * are what the page's script looks up. Processes are those of the model and those that findings
 * across several name. Running out of memory is remembered, not returned: the
 * numbers are then wrong, and lh_html_tables_failed() says so. One thread at a time.
 */
#ifndef LH_REPORTS_HTML_TABLES_H
#define LH_REPORTS_HTML_TABLES_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "model.h"
#include "programs.h"
#include "report.h"

#define LH_HTML_NONE UINT32_MAX

struct lh_html_tables;

struct lh_html_tables *lh_html_tables_new(const struct lh_report *report); /* NULL: no memory */
void lh_html_tables_free(struct lh_html_tables *tables);
bool lh_html_tables_failed(const struct lh_html_tables *tables);

/* LH_HTML_NONE for NULL. */
uint32_t lh_html_frame(struct lh_html_tables *tables, const struct lh_process *process,
                       const struct lh_frame *frame);
/* LH_HTML_NONE for a stack of which nothing was recorded. */
uint32_t lh_html_stack(struct lh_html_tables *tables, const struct lh_process *process,
                       uint32_t id);
/* The stack is linked to, by its id among lh_html_put_stacks()'s. */
void lh_html_link_stack(struct lh_html_tables *tables, uint32_t number);
uint32_t lh_html_lock(struct lh_html_tables *tables, const struct lh_process *process,
                      uint32_t index);

const struct lh_programs *lh_html_programs(const struct lh_html_tables *tables);
/* The node of the class graph (class_graph.h) that a class is. */
size_t lh_html_node(const struct lh_html_tables *tables, const struct lh_process *process,
                    uint32_t class_id);

/* "drum (opposite_order.c:9)": the lock's name and the place of its class, for HTML. */
void lh_html_put_lock_name(FILE *out, const struct lh_process *process, uint32_t index);
/* A number of the tables, or null. */
void lh_html_put_number(FILE *out, uint32_t number);

/* Both want a stream that ftell() works on. */
/* The members "excerpts", "frames", "stacks" and "locks" of a JSON object, a comma behind each. */
void lh_html_put_tables(struct lh_html_tables *tables, FILE *out);
/* The stacks as lists with the ids s0, s1, ..., for a browser that runs no scripts. */
void lh_html_put_stacks(struct lh_html_tables *tables, FILE *out);

#endif
