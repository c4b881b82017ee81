/*
 * How reports say what is held and wanted: names of locks, manners of holding, the threads'
 * endings. Any thread.
 */
#ifndef LH_REPORTS_HELD_TEXT_H
#define LH_REPORTS_HELD_TEXT_H

#include <stdbool.h>
#include <stdio.h>

#include "finding.h"
#include "model.h"

/* The end " (bank.c:31)" of a class's name; "" when it has none. */
const char *lh_class_place(const char *name);

/*
 * Print what is special about how a lock is held or wanted: "for reading, timed: gives up after a
 * while". Words of ours alone. Returns how many were printed, `before` in front of the first.
 */
int lh_put_manner(FILE *out, const char *before, const struct lh_process *process,
                  const struct lh_held *held, bool wanted);

#endif
