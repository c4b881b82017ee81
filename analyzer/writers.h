/*
 * Who may wait to write a rwlock that lets a waiting writer go first. A reader that comes while one
 * waits stands behind it, and so waits for the readers that are in: between two readers of a cycle
 * there may be a writer, one that takes part in nothing else.
 */
#ifndef LH_ANALYZER_WRITERS_H
#define LH_ANALYZER_WRITERS_H

#include "filters.h"

struct lh_writers;

/* NULL: out of memory. The process must outlive it. */
struct lh_writers *lh_writers_new(const struct lh_process *process);
void lh_writers_free(struct lh_writers *writers);

/* A lock's writers, each in each of its segments; those that wait for good before those that give
 * up after a while. Valid as long as `writers`. */
const struct lh_link *lh_writers_of(const struct lh_writers *writers, uint32_t lock,
                                    uint32_t *ret_n);

#endif
