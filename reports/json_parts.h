/*
 * Pieces of the JSON report. Every function returns a new reference, NULL when out of memory.
 * jansson's own rule holds: json_array_append_new(array, NULL) and the like fail and free nothing.
 */
#ifndef LH_REPORTS_JSON_PARTS_H
#define LH_REPORTS_JSON_PARTS_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "finding.h"
#include "model.h"
#include "report.h"

/* A string, with U+FFFD for what is no UTF-8; null for NULL. */
json_t *lh_json_text(const char *text);
/* A number; what does not fit a signed 64 bit integer becomes the largest one. */
json_t *lh_json_count(uint64_t count);
/* "0x5581..": a number that may be too big for readers that keep numbers as doubles. */
json_t *lh_json_address(uint64_t address);
json_t *lh_json_texts(const char *const *texts, size_t count);
/* Put a new value into an object; false: out of memory. */
bool lh_json_put(json_t *object, const char *key, json_t *value);

/* Append a new value to an array that may be NULL; NULL, and it is freed, when out of memory. */
json_t *lh_json_append(json_t *array, json_t *value);
/* The object; NULL, and it is freed, when it is not complete. */
json_t *lh_json_check(json_t *object, bool complete);

json_t *lh_json_frame(const struct lh_frame *frame);

/* Stacks that were made already, to be shared by all places that show them. */
struct lh_json_stacks;
struct lh_json_stacks *lh_json_stacks_new(const struct lh_model *model);
void lh_json_stacks_free(struct lh_json_stacks *stacks);
json_t *lh_json_stack(struct lh_json_stacks *stacks, const struct lh_process *process, uint32_t id);

/* A lock as held or wanted. */
json_t *lh_json_held(struct lh_json_stacks *stacks, const struct lh_process *process,
                     const struct lh_held *item, bool wanted);
json_t *lh_json_timeout(struct lh_json_stacks *stacks, const struct lh_model *model,
                        const struct lh_timeout *timeout);
json_t *lh_json_finding(struct lh_json_stacks *stacks, const struct lh_finding *finding);

#endif
